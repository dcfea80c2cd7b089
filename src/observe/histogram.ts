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

/** A histogram that is being filled. */
export type OpenHistogram = { -readonly [Field in keyof Histogram]: Histogram[Field] } & { b: number[] };

export const maxScale = 3;
/** Enough for 0.001 to 10^9 at scale 3; what spreads wider is told apart less finely. */
export const maxBuckets = 320;
/** Values are clamped to these: a thousandth of a microsecond in ms, and what sums can hold. */
const smallest = 1e-6;
const largest = 1e15;

export const emptyHistogram: Histogram = { s: maxScale, n: 0, z: 0, sum: 0, min: 0, max: 0, o: 0, b: [], l1: 0, l2: 0 };

/** The bucket of a positive value at scale 3. */
export const bucketIndex = (value: number): number => Math.ceil(Math.log2(value) * 2 ** maxScale) - 1;

/**
 * Adds one value.
 * @param value 0 or more, such as ms; negative, NaN and infinite values are left out
 */
export function record(histogram: Histogram, value: number): Histogram {
  if (!isRecordable(value)) return histogram;
  const open = { ...histogram, b: [...histogram.b] };
  recordIn(open, value);
  return open;
}

export const isRecordable = (value: number): boolean => value >= 0 && value < Infinity;

/** Adds one recordable value to a histogram that is being filled. */
export function recordIn(histogram: OpenHistogram, value: number): void {
  const clamped = value === 0 ? 0 : Math.min(Math.max(value, smallest), largest);
  histogram.min = histogram.n === 0 ? clamped : Math.min(histogram.min, clamped);
  histogram.max = Math.max(histogram.max, clamped);
  histogram.n++;
  histogram.sum += clamped;
  if (clamped === 0) {
    histogram.z++;
    return;
  }
  const ln = Math.log(clamped);
  histogram.l1 += ln;
  histogram.l2 += ln * ln;
  const index = bucketIndex(clamped);
  const at = (index >> (maxScale - histogram.s)) - histogram.o;
  const isThere = at >= 0 && at < histogram.b.length;
  // Asked first: reaching may put another list of buckets in its place.
  const place = isThere ? at : reach(histogram, index);
  histogram.b[place]!++;
}

/** Makes the buckets reach a value's. @param index its bucket at scale 3 @returns where in `b` it is */
function reach(histogram: OpenHistogram, index: number): number {
  const wanted = (): number => index >> (maxScale - histogram.s);
  if (histogram.b.length === 0) histogram.o = wanted();
  const last = histogram.o + histogram.b.length - 1;
  coarsen(histogram, shiftToFit(Math.min(histogram.o, wanted()), Math.max(last, wanted())));
  const { o, b } = histogram;
  const at = wanted() - o;
  while (b.length <= at) b.push(0);
  if (at >= 0) return at;
  b.unshift(...zeros(-at));
  histogram.o += at;
  return 0;
}

const zeros = (length: number): number[] => new Array<number>(length).fill(0);

/** By how much the scale has to go down so that these buckets and all between them are not too many. */
function shiftToFit(first: number, last: number): number {
  let shift = 0;
  while ((last >> shift) - (first >> shift) >= maxBuckets) shift++;
  return shift;
}

/** Lowers the scale: neighbours become one bucket, which is exact. */
function coarsen(histogram: OpenHistogram, shift: number): void {
  if (shift === 0) return;
  const { o, b } = histogram;
  const first = o >> shift;
  const coarse = b.length === 0 ? [] : zeros(((o + b.length - 1) >> shift) - first + 1);
  b.forEach((count, at) => (coarse[((o + at) >> shift) - first]! += count));
  histogram.s -= shift;
  histogram.o = b.length === 0 ? 0 : first;
  histogram.b = coarse;
}

/** The same values told apart less finely, which loses nothing else. @param scale the present one or less */
export function downscale(histogram: Histogram, scale: number): Histogram {
  if (scale >= histogram.s) return histogram;
  const open = { ...histogram, b: [...histogram.b] };
  coarsen(open, histogram.s - scale);
  return open;
}

/** Merges two histograms: exact, in any order. The coarser scale counts, or one that holds both in 320 buckets. */
export function merge(a: Histogram, b: Histogram): Histogram {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const scale = Math.min(a.s, b.s);
  const parts = [a, b].map((part) => downscale(part, scale)).filter((part) => part.b.length > 0);
  const first = parts.length === 0 ? 0 : Math.min(...parts.map(({ o }) => o));
  const last = Math.max(first - 1, ...parts.map(({ o, b: counts }) => o + counts.length - 1));
  const shift = shiftToFit(first, last);
  const o = first >> shift;
  const counts = last < first ? [] : zeros((last >> shift) - o + 1);
  for (const part of parts) part.b.forEach((count, at) => (counts[((part.o + at) >> shift) - o]! += count));
  return {
    s: scale - shift,
    n: a.n + b.n,
    z: a.z + b.z,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    o,
    b: counts,
    l1: a.l1 + b.l1,
    l2: a.l2 + b.l2,
  };
}

/** A quantile as far as a histogram tells it: the true one is within `value` ± `errorRatio` × the true one. */
export interface Percentile {
  readonly value: number;
  /** 0–1; 0 where it is exact. */
  readonly errorRatio: number;
}

/**
 * Estimates a quantile.
 * @param quantile 0–1; the value at rank ⌈quantile × n⌉ of the sorted ones
 * @returns the middle of the bucket that holds it, within [min, max], and how far off it may be; null when nothing was recorded
 */
export function percentile(histogram: Histogram, quantile: number): Percentile | null {
  const { n, z, s, o, b, min, max } = histogram;
  if (n === 0) return null;
  if (min === max) return { value: min, errorRatio: 0 };
  let rank = Math.max(1, Math.ceil(quantile * n)) - z;
  if (rank <= 0) return { value: 0, errorRatio: 0 };
  const base = 2 ** (2 ** -s);
  const errorRatio = (base - 1) / (base + 1);
  for (const [at, count] of b.entries()) {
    rank -= count;
    if (rank > 0) continue;
    const lower = base ** (o + at);
    return { value: Math.min(Math.max((lower * 2 * base) / (1 + base), min), max), errorRatio };
  }
  return { value: max, errorRatio };
}

/** The value of a percentile alone. @param quantile 0–1 */
export const quantileOf = (histogram: Histogram, quantile: number): number | null =>
  percentile(histogram, quantile)?.value ?? null;
