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

/** @source T. F. Chan, G. H. Golub, R. J. LeVeque, The American Statistician 37 (1983) 242 */
export function mergeMoments(all: readonly Moments[]): Pick<Moments, 'n' | 'mean' | 'variance'> {
  let n = 0;
  let mean = 0;
  let squares = 0;
  for (const one of all) {
    if (one.n === 0) continue;
    const total = n + one.n;
    const apart = one.mean - mean;
    squares += one.variance * (one.n - 1) + (apart * apart * n * one.n) / total;
    mean += (apart * one.n) / total;
    n = total;
  }
  return { n, mean, variance: n < 2 ? 0 : squares / (n - 1) };
}
