import type { Version } from '../../evaluate/snapshot.js';
import { percentile, quantileOf, type Histogram } from '../../observe/histogram.js';
import { emptyCounts, errorRateOf, failedTotal } from '../../observe/tally.js';
import { wilsonInterval } from '../../guard/wilson.js';
import { numbersJson } from '../baselines/baselineJson.js';
import { judgeFeature } from '../metrics/judgeFeature.js';
import { emptyNumbers } from '../metrics/mergeNumbers.js';
import { readDocs as docs } from '../openapi/routes/readDocs.js';
import type { StoredStep, StoredTotals } from '../store.js';
import { featureOf } from './change.js';
import { refuseField } from './problem.js';
import { readStepMs, readTimeMs } from './queries.js';
import type { Call, Route } from './router.js';
import { json, type Service } from './service.js';
import { callStore } from './storeCall.js';

const hourMs = 3_600_000;
const maxRangeMs = 400 * 24 * hourMs;
const healthRangeMs = hourMs / 4;
/** What a chart can show, and a request can read. */
const maxSteps = 500;

/** How v2 does beside v1: in numbers, step by step, and in a word. */
export function numbersRoutes(service: Service): readonly Route[] {
  const { store, clock } = service;

  const rangeOf = (query: URLSearchParams, defaultMs: number) => {
    const toMs = readTimeMs(query, 'to', clock.now());
    const fromMs = readTimeMs(query, 'from', toMs - defaultMs);
    if (fromMs >= toMs) throw refuseField('/from', query.get('from'), 'before to');
    if (toMs - fromMs > maxRangeMs) throw refuseField('/from', query.get('from'), 'at most 400 days before to');
    return { fromMs, toMs, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  };

  const metrics = async ({ param, query }: Call): Promise<Response> => {
    const { feature, sampling } = await featureOf(service, param('key'));
    const { fromMs, toMs, from, to } = rangeOf(query, hourMs);
    const stepMs = readStepMs(query);
    if (stepMs !== null && (toMs - fromMs) / stepMs > maxSteps)
      throw refuseField('/step', query.get('step'), `at most ${maxSteps} steps: at least ${secondsIn(fromMs, toMs)}s`);
    const totals = await callStore(clock, () => store.readTotals(feature, fromMs, toMs));
    const of = (version: Version, assigned: boolean) =>
      comparable(totals.find((found) => found.version === version && found.assigned === assigned));
    return json({
      feature,
      from,
      to,
      sampling,
      versions: { v1: of('v1', true), v2: of('v2', true) },
      // Shown for another reason than the percentage: no part of a comparison.
      outside: { v1: of('v1', false), v2: of('v2', false) },
      stepMs,
      steps: stepMs === null ? null : await readSteps(feature, fromMs, toMs, stepMs, query.get('step')),
    });
  };

  const readSteps = async (feature: string, fromMs: number, toMs: number, stepMs: number, given: string | null) => {
    // The first step is a whole one.
    const firstMs = Math.floor(fromMs / stepMs) * stepMs;
    const found = await callStore(clock, () => store.readSteps(feature, firstMs, toMs, stepMs));
    const longestMs = Math.max(0, ...found.map(({ durationMs }) => durationMs));
    if (longestMs > stepMs)
      throw refuseField('/step', given, `at least ${longestMs / 1_000}s: what is that old is kept in buckets so long`);
    const starts = [...new Set(found.map(({ startMs }) => startMs))];
    const at = (startMs: number, version: Version, assigned: boolean) => {
      const step = found.find((one) => isOf(one, version, assigned) && one.startMs === startMs);
      return step === undefined ? null : numbersJson(step);
    };
    return starts.map((startMs) => ({
      start: new Date(startMs).toISOString(),
      versions: { v1: at(startMs, 'v1', true), v2: at(startMs, 'v2', true) },
      outside: { v1: at(startMs, 'v1', false), v2: at(startMs, 'v2', false) },
    }));
  };

  const health = async ({ param, query }: Call): Promise<Response> => {
    const { feature, percentage, updatedAt } = await featureOf(service, param('key'));
    const { fromMs, toMs, from, to } = rangeOf(query, healthRangeMs);
    const [totals, delivery] = await Promise.all([
      callStore(clock, () => store.readTotals(feature, fromMs, toMs)),
      callStore(clock, () => store.readDelivery(fromMs)),
    ]);
    // With another percentage in between, the users of the window are no draw from this one.
    const isSteady = Date.parse(updatedAt) <= fromMs;
    return json({ feature, from, to, ...judgeFeature({ totals, delivery, percentage: isSteady ? percentage : null }) });
  };

  return [
    { method: 'GET', path: '/api/features/:key/metrics', access: 'viewer', doc: docs.metrics, run: metrics },
    { method: 'GET', path: '/api/features/:key/health', access: 'viewer', doc: docs.featureVerdict, run: health },
  ];
}

const isOf = (step: StoredStep, version: Version, assigned: boolean): boolean =>
  step.version === version && step.assigned === assigned;

/** The shortest step of whole ten seconds that is long enough. */
const secondsIn = (fromMs: number, toMs: number): number => Math.ceil((toMs - fromMs) / maxSteps / 10_000) * 10;

const noUnits = { exposed: 0, error: 0, slow: 0, silent: 0 };

/** One version's numbers: rates 0–1 or null while there is nothing to divide by, durations in ms. */
function comparable(totals: StoredTotals | undefined) {
  const { counts, histograms } = totals ?? { ...emptyNumbers, counts: emptyCounts };
  const failed = failedTotal(counts);
  const all = failed + counts.settled;
  return {
    counts,
    errorRate: errorRateOf(counts),
    errorRateInterval: all === 0 ? null : wilsonInterval(failed, all),
    users: totals?.units ?? noUnits,
    timings: Object.fromEntries(Object.entries(histograms).map(([name, histogram]) => [name, timing(histogram)])),
    ...shownMeasures(totals),
  };
}

function shownMeasures(totals: StoredTotals | undefined) {
  const { sums, measures } = numbersJson(totals ?? emptyNumbers);
  return { sums, measures };
}

const timing = (histogram: Histogram) => ({
  count: histogram.n,
  meanMs: histogram.n === 0 ? null : histogram.sum / histogram.n,
  minMs: histogram.n === 0 ? null : histogram.min,
  maxMs: histogram.n === 0 ? null : histogram.max,
  p50Ms: quantileOf(histogram, 0.5),
  p95Ms: quantileOf(histogram, 0.95),
  p99Ms: quantileOf(histogram, 0.99),
  errorRatio: Math.max(...[0.5, 0.95, 0.99].map((quantile) => percentile(histogram, quantile)?.errorRatio ?? 0)),
});
