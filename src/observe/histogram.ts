/**
 * Base-2 exponential histogram of OpenTelemetry, positive values only, with Σ and Σ² of ln(value) beside it. Field names are
 * the wire's: `s` scale, `n` count, `z` zeros, `o` index of the first bucket, `b` bucket counts, `l1` Σ ln, `l2` Σ ln².
 * Bucket `i` covers (base^i, base^(i+1)] with base = 2^(2^-s); a value's relative error is at most (base-1)/(base+1), 4.3 % at scale 3.
 */
export interface Histogram {
  readonly s: number;
  readonly n: number;
  readonly z: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly o: number;
  readonly b: readonly number[];
  readonly l1: number;
  readonly l2: number;
}

const scale = 3;
/** Values are clamped to [0.001, 10^9], so that a histogram has at most 320 buckets. */
const smallest = 1e-3;
const largest = 1e9;

export const emptyHistogram: Histogram = { s: scale, n: 0, z: 0, sum: 0, min: 0, max: 0, o: 0, b: [], l1: 0, l2: 0 };

/** The bucket of a positive value at scale 3. */
export const bucketIndex = (value: number): number => Math.ceil(Math.log2(value) * 2 ** scale) - 1;

/**
 * Adds one value.
 * @param value 0 or more, such as ms; negative, NaN and infinite values are left out
 */
export function record(histogram: Histogram, value: number): Histogram {
  if (!Number.isFinite(value) || value < 0) return histogram;
  if (value === 0) return merge(histogram, { ...emptyHistogram, n: 1, z: 1 });
  const clamped = Math.min(Math.max(value, smallest), largest);
  const ln = Math.log(clamped);
  const single = {
    n: 1,
    sum: clamped,
    min: clamped,
    max: clamped,
    o: bucketIndex(clamped),
    b: [1],
    l1: ln,
    l2: ln * ln,
  };
  return merge(histogram, { ...emptyHistogram, ...single });
}

/** Merges two histograms of the same scale: exact, in any order. */
export function merge(a: Histogram, b: Histogram): Histogram {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const summed = {
    s: a.s,
    n: a.n + b.n,
    z: a.z + b.z,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    l1: a.l1 + b.l1,
    l2: a.l2 + b.l2,
  };
  if (b.b.length === 0) return { ...summed, o: a.o, b: a.b };
  if (a.b.length === 0) return { ...summed, o: b.o, b: b.b };
  const first = Math.min(a.o, b.o);
  const length = Math.max(a.o + a.b.length, b.o + b.b.length) - first;
  const counts = new Array<number>(length).fill(0);
  for (const { o, b: added } of [a, b]) added.forEach((count, at) => (counts[o - first + at]! += count));
  return { ...summed, o: first, b: counts };
}

/**
 * Estimates a quantile.
 * @param quantile 0–1
 * @returns the middle of the bucket that holds it, within [min, max]; null when nothing was recorded
 */
export function quantileOf(histogram: Histogram, quantile: number): number | null {
  if (histogram.n === 0) return null;
  let rank = Math.max(1, Math.ceil(quantile * histogram.n)) - histogram.z;
  if (rank <= 0) return 0;
  const base = 2 ** (2 ** -histogram.s);
  for (const [at, count] of histogram.b.entries()) {
    rank -= count;
    if (rank > 0) continue;
    const lower = base ** (histogram.o + at);
    return Math.min(Math.max((lower * 2 * base) / (1 + base), histogram.min), histogram.max);
  }
  return histogram.max;
}
