import { wilsonInterval } from '../../guard/wilson.js';

/** The standard normal's 97.5 % point. */
export const z95 = 1.959963984540054;

/** A share with the bounds of an interval, each 0–1 (differences: -1 to 1). */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A share of `total`, which is above 0, with Wilson's 95 % interval. */
export function shareOf(count: number, total: number): Estimate {
  const value = count / total;
  const [low, high] = wilsonInterval(count, total);
  // At 0 and 1 a rounding error would put the share outside.
  return { value, low: Math.min(low, value), high: Math.max(high, value) };
}

/**
 * A 95 % interval for the difference of two independent estimates, from their own intervals.
 * @source Newcombe, Statistics in Medicine 17 (1998), method 10; for other estimates Zou and Donner, ibid. 27 (2008)
 */
export function differenceOf(now: Estimate, before: Estimate): Estimate {
  const value = now.value - before.value;
  return {
    value,
    low: value - Math.hypot(now.value - now.low, before.high - before.value),
    high: value + Math.hypot(now.high - now.value, before.value - before.low),
  };
}
