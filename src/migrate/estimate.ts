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
 * means, with the interval of the difference of the means of ln ms.
 */
export function gainOf(v1: Timed, v2: Timed): Estimate {
  const sampleSize = v1.n + v2.n;
  if (v1.n < minTimed || v2.n < minTimed) return nothing(sampleSize);
  const difference = v2.mean - v1.mean;
  const half = z * Math.sqrt(v1.variance / v1.n + v2.variance / v2.n);
  const gain = (ln: number): number => 1 - Math.exp(ln);
  return { value: gain(difference), low: gain(difference + half), high: gain(difference - half), sampleSize };
}
