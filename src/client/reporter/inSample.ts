/** By digits of the digest that decide nothing else: a user is in or out whole, and stays in while the share grows. */
export const isInSample = (subject: string, share: number): boolean =>
  share >= 1 || Number.parseInt(subject.slice(-8), 16) < share * 2 ** 32;
