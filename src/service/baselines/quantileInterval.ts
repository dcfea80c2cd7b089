import { percentile, type Histogram } from '../../observe/histogram.js';
import { z95, type Estimate } from './rateInterval.js';

/**
 * A quantile with a 95 % interval that holds for any distribution: the ranks that a binomial draw would put around it, and what a
 * bucket leaves open beyond.
 * @param quantile 0–1
 * @returns null where there are too few values for both ranks to exist
 */
export function quantileInterval(histogram: Histogram, quantile: number): Estimate | null {
  const { n } = histogram;
  const half = z95 * Math.sqrt(n * quantile * (1 - quantile));
  const [first, last] = [Math.floor(n * quantile - half), Math.ceil(n * quantile + half) + 1];
  if (first < 1 || last > n) return null;
  const middle = percentile(histogram, quantile);
  const low = percentile(histogram, first / n);
  const high = percentile(histogram, last / n);
  if (middle === null || low === null || high === null) return null;
  return {
    value: middle.value,
    low: low.value / (1 + low.errorRatio),
    high: high.value / (1 - high.errorRatio),
  };
}

/** Mean and variance of the logarithms of the positive values. */
function logMoments({ n, z, l1, l2 }: Histogram): {
  readonly mean: number;
  readonly variance: number;
  readonly n: number;
} {
  const positive = n - z;
  const mean = l1 / positive;
  return { mean, variance: Math.max(0, (l2 - positive * mean * mean) / (positive - 1)), n: positive };
}

/**
 * How many times slower the typical duration is: the ratio of the geometric means, with its 95 % interval.
 * @returns null below 2 positive values on either side
 */
export function slowdownOf(now: Histogram, before: Histogram): Estimate | null {
  if (now.n - now.z < 2 || before.n - before.z < 2) return null;
  const [a, b] = [logMoments(now), logMoments(before)];
  const difference = a.mean - b.mean;
  const half = z95 * Math.sqrt(a.variance / a.n + b.variance / b.n);
  return { value: Math.exp(difference), low: Math.exp(difference - half), high: Math.exp(difference + half) };
}
