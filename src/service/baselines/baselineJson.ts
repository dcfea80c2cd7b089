import { percentile, type Histogram } from '../../observe/histogram.js';
import { failedTotal } from '../../observe/tally.js';
import type { StoredNumbers } from '../store.js';
import type { StoredBaseline } from './baseline.js';
import { shareOf } from './rateInterval.js';

const quantiles = { p50Ms: 0.5, p95Ms: 0.95, p99Ms: 0.99 } as const;

/** A percentile in ms: the true one is within `value` ± `errorRatio` × the true one. */
interface ShownPercentile {
  readonly value: number;
  readonly errorRatio: number;
}

/** Numbers with their sample sizes, intervals of 95 % and error bounds. */
export function numbersJson({ counts, histograms, sums, measures }: StoredNumbers) {
  const failed = failedTotal(counts);
  const all = failed + counts.settled;
  return {
    counts,
    errorRate: all === 0 ? null : { ...shareOf(failed, all), failed, of: all },
    timings: Object.fromEntries(Object.entries(histograms).map(([name, one]) => [name, timingJson(one)])),
    sums,
    measures: Object.fromEntries(
      Object.entries(measures).map(([name, measure]) => [
        name,
        measure.kind === 'histogram'
          ? { kind: measure.kind, unit: measure.unit, ...distributionJson(measure) }
          : measure,
      ]),
    ),
  };
}

function timingJson(histogram: Histogram) {
  const { n, sum, min, max } = histogram;
  const at = (quantile: number): ShownPercentile | null => percentile(histogram, quantile);
  return {
    count: n,
    meanMs: n === 0 ? null : sum / n,
    minMs: n === 0 ? null : min,
    maxMs: n === 0 ? null : max,
    p50Ms: at(quantiles.p50Ms),
    p95Ms: at(quantiles.p95Ms),
    p99Ms: at(quantiles.p99Ms),
  };
}

const distributionJson = (histogram: Histogram) => ({
  n: histogram.n,
  sum: histogram.sum,
  min: histogram.min,
  max: histogram.max,
  p50: percentile(histogram, quantiles.p50Ms),
  p95: percentile(histogram, quantiles.p95Ms),
  p99: percentile(histogram, quantiles.p99Ms),
});

/** A baseline as routes show it: how far it is, and its numbers once it is frozen. */
export function baselineJson(baseline: StoredBaseline, nowMs: number) {
  const { id, feature, from, until, createdAt, createdBy, reason, status } = baseline;
  const [fromMs, untilMs] = [Date.parse(from), Date.parse(until)];
  const share = Math.min(1, Math.max(0, (nowMs - fromMs) / (untilMs - fromMs)));
  return {
    id,
    feature,
    status,
    from,
    until,
    createdAt,
    createdBy,
    reason,
    endedAt: baseline.status === 'recording' ? null : baseline.endedAt,
    /** 0–1. */
    progress: baseline.status === 'completed' ? 1 : share,
    cause: baseline.status === 'spoiled' ? baseline.cause : null,
    numbers: baseline.status === 'completed' ? frozenJson(baseline.numbers) : null,
  };
}

function frozenJson(numbers: Extract<StoredBaseline, { status: 'completed' }>['numbers']) {
  const { users, v2Exposures, delivery } = numbers;
  return {
    ...numbersJson(numbers),
    users,
    v2Exposures,
    delivery: delivery && { ...delivery, rate: delivery.received / delivery.expected },
  };
}
