import type { Histogram } from '../../observe/histogram.js';
import { failedTotal, type Counts } from '../../observe/tally.js';
import type { StoredNumbers } from '../store.js';
import { quantileInterval, slowdownOf } from './quantileInterval.js';
import { differenceOf, shareOf, type Estimate } from './rateInterval.js';

/** Below these no difference is told. */
const minimumEpisodes = 30;
const minimumFailures = 5;
const minimumTimings = 30;

/** A number then and now, or why there is too little to say. Intervals are of 95 %. */
export type Difference =
  | {
      readonly status: 'compared';
      readonly baseline: number;
      readonly now: number;
      readonly difference: number;
      readonly low: number;
      readonly high: number;
    }
  | { readonly status: 'tooLittle'; readonly reason: string };

/** How often the typical duration fits into what it is now: 1 is the same. */
export type Slowdown =
  | { readonly status: 'compared'; readonly ratio: number; readonly low: number; readonly high: number }
  | { readonly status: 'tooLittle'; readonly reason: string };

/** How one version of now differs from the baseline's v1. */
export interface Differences {
  /** 0–1. */
  readonly errorRate: Difference;
  /** In ms, by name. */
  readonly timings: Readonly<
    Record<
      string,
      {
        readonly p50Ms: Difference;
        readonly p95Ms: Difference;
        readonly p99Ms: Difference;
        readonly slowdown: Slowdown;
      }
    >
  >;
}

/** Tells how a version of now differs from what v1 was. Never a verdict: the time is another, and so are the users. */
export function compareWithBaseline(now: StoredNumbers, baseline: StoredNumbers): Differences {
  const names = new Set([...Object.keys(baseline.histograms), ...Object.keys(now.histograms)]);
  return {
    errorRate: compareRates(now.counts, baseline.counts),
    timings: Object.fromEntries(
      [...names].sort().map((name) => {
        const [then, present] = [ownHistogram(baseline, name), ownHistogram(now, name)];
        return [
          name,
          {
            p50Ms: compareQuantiles(present, then, 0.5),
            p95Ms: compareQuantiles(present, then, 0.95),
            p99Ms: compareQuantiles(present, then, 0.99),
            slowdown: compareMeans(present, then),
          },
        ];
      }),
    ),
  };
}

const ownHistogram = ({ histograms }: StoredNumbers, name: string): Histogram | null =>
  Object.hasOwn(histograms, name) ? (histograms[name] ?? null) : null;

const tooLittle = (reason: string) => ({ status: 'tooLittle', reason }) as const;

function compareRates(now: Counts, before: Counts): Difference {
  const [failedNow, failedBefore] = [failedTotal(now), failedTotal(before)];
  const [allNow, allBefore] = [failedNow + now.settled, failedBefore + before.settled];
  for (const [when, all] of [
    ['now', allNow],
    ['in the baseline', allBefore],
  ] as const)
    if (all < minimumEpisodes) return tooLittle(`${all} failed or settled ${when}: ${minimumEpisodes} are needed`);
  if (failedNow + failedBefore < minimumFailures)
    return tooLittle(`${failedNow + failedBefore} failed in both together: ${minimumFailures} are needed`);
  return compared(shareOf(failedNow, allNow), shareOf(failedBefore, allBefore));
}

const compared = (now: Estimate, before: Estimate): Difference => {
  const { value, low, high } = differenceOf(now, before);
  return { status: 'compared', baseline: before.value, now: now.value, difference: value, low, high };
};

function compareQuantiles(now: Histogram | null, before: Histogram | null, quantile: number): Difference {
  const [a, b] = [now, before].map((one) => one && quantileInterval(one, quantile));
  if (a && b) return compared(a, b);
  return tooLittle(`${now?.n ?? 0} values now, ${before?.n ?? 0} in the baseline: too few for p${quantile * 100}`);
}

function compareMeans(now: Histogram | null, before: Histogram | null): Slowdown {
  const isEnough = (one: Histogram | null): one is Histogram => one !== null && one.n - one.z >= minimumTimings;
  const found = isEnough(now) && isEnough(before) ? slowdownOf(now, before) : null;
  if (found === null)
    return tooLittle(`${now?.n ?? 0} values now, ${before?.n ?? 0} in the baseline: ${minimumTimings} are needed`);
  return { status: 'compared', ratio: found.value, low: found.low, high: found.high };
}
