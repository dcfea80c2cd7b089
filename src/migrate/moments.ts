/** Number, mean and variance of what was added, in one pass. @source B. P. Welford, Technometrics 4 (1962) 419 */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Of the sample; 0 for fewer than two. */
  readonly variance: number;
  add(value: number): void;
}

export function emptyMoments(): Moments {
  let n = 0;
  let mean = 0;
  let squares = 0;
  return {
    get n() {
      return n;
    },
    get mean() {
      return mean;
    },
    get variance() {
      return n < 2 ? 0 : squares / (n - 1);
    },
    add(value) {
      const before = value - mean;
      mean += before / ++n;
      squares += before * (value - mean);
    },
  };
}
