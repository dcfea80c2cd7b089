/** The standard normal's 97.5 % point. */
const z = 1.959963984540054;

/**
 * Wilson's 95 % interval for a share.
 * @returns [low, high], each 0–1
 */
export function wilsonInterval(count: number, total: number): readonly [number, number] {
  const share = count / total;
  const denominator = 1 + (z * z) / total;
  const middle = (share + (z * z) / (2 * total)) / denominator;
  const half = (z / denominator) * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
