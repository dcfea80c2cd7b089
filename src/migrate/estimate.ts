import { wilsonInterval } from '../guard/wilson.js';
import type { Moments } from './moments.js';

/** A figure, how sure it is, and of how many. */
export interface Estimate {
  /** Null where there is too little to say anything. */
  readonly value: number | null;
  /** The 95 % interval. */
  readonly low: number | null;
  readonly high: number | null;
  /** Calls it is of. */
  readonly sampleSize: number;
}

/** 95 % of a normal distribution lie within so many standard errors. */
const z = 1.96;
/** Timed calls of each version below which a gain is not named: the interval is of the normal kind. */
const minTimed = 30;

const nothing = (sampleSize: number): Estimate => ({ value: null, low: null, high: null, sampleSize });

type Timed = Pick<Moments, 'n' | 'mean' | 'variance'>;

/** A share, 0–1, with Wilson's interval. */
export function shareOf(part: number, whole: number): Estimate {
  if (whole === 0) return nothing(0);
  const [low, high] = wilsonInterval(part, whole);
  return { value: part / whole, low, high, sampleSize: whole };
}

/**
 * How much less time v2 takes than v1, 0–1 of v1's: 0.2 is a fifth faster, -0.5 half as slow again. The ratio of the geometric
 * means, with the interval of the difference of the means of ln ms. Each method is compared with itself, and counts as often as v2
 * ran it, so that one version's having had the slower methods is no gain of the other; a method one of them was timed too seldom
 * for is left out.
 */
export function gainOf(methods: readonly { readonly v1: Timed; readonly v2: Timed }[]): Estimate {
  const sizeOf = (those: typeof methods): number => those.reduce((sum, { v1, v2 }) => sum + v1.n + v2.n, 0);
  const compared = methods.filter(({ v1, v2 }) => v1.n >= minTimed && v2.n >= minTimed);
  if (compared.length === 0) return nothing(sizeOf(methods));
  const ofV2 = compared.reduce((sum, { v2 }) => sum + v2.n, 0);
  let difference = 0;
  let variance = 0;
  for (const { v1, v2 } of compared) {
    const weight = v2.n / ofV2;
    difference += weight * (v2.mean - v1.mean);
    variance += weight ** 2 * (v1.variance / v1.n + v2.variance / v2.n);
  }
  const half = z * Math.sqrt(variance);
  const gain = (ln: number): number => 1 - Math.exp(ln);
  return {
    value: gain(difference),
    low: gain(difference + half),
    high: gain(difference - half),
    sampleSize: sizeOf(compared),
  };
}
