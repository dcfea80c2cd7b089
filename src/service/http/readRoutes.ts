import { quantileOf, type Histogram } from '../../observe/histogram.js';
import { emptyCounts, errorRateOf } from '../../observe/tally.js';
import { readDocs as docs } from '../openapi/routes/readDocs.js';
import type { StoredTotals } from '../store.js';
import { featureOf } from './change.js';
import { readCount, readFeatureQuery, readLimit, readTimeMs } from './queries.js';
import { refuseField } from './problem.js';
import type { Call, Route } from './router.js';
import { json, type Service } from './service.js';
import { callStore } from './storeCall.js';

const defaultRangeMs = 3_600_000;

/** What happened: who changed what, and how v2 does beside v1. */
export function readRoutes(service: Service): readonly Route[] {
  const { store, clock } = service;

  const audit = async ({ query }: Call): Promise<Response> => {
    const limit = readLimit(query);
    const feature = readFeatureQuery(query);
    const beforeId = readCount(query, 'before');
    const filter = {
      limit,
      ...(feature === undefined ? {} : { feature }),
      ...(beforeId === undefined ? {} : { beforeId }),
    };
    const entries = await callStore(clock, () => store.readAudit(filter));
    const next = entries.length < limit ? null : (entries.at(-1)?.id ?? null);
    return json({ entries, next });
  };

  const metrics = async ({ param, query }: Call): Promise<Response> => {
    const { feature } = await featureOf(service, param('key'));
    const toMs = readTimeMs(query, 'to', clock.now());
    const fromMs = readTimeMs(query, 'from', toMs - defaultRangeMs);
    if (fromMs >= toMs) throw refuseField('/from', query.get('from'), 'before to');
    const totals = await callStore(clock, () => store.readTotals(feature, fromMs, toMs));
    const of = (version: 'v1' | 'v2', assigned: boolean) =>
      comparable(totals.find((found) => found.version === version && found.assigned === assigned));
    return json({
      feature,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      versions: { v1: of('v1', true), v2: of('v2', true) },
      // Shown for another reason than the percentage: no part of a comparison.
      outside: { v1: of('v1', false), v2: of('v2', false) },
    });
  };

  return [
    { method: 'GET', path: '/api/audit', access: 'viewer', doc: docs.audit, run: audit },
    { method: 'GET', path: '/api/features/:key/metrics', access: 'viewer', doc: docs.metrics, run: metrics },
  ];
}

const noUnits = { exposed: 0, error: 0, slow: 0, silent: 0 };

/** One version's numbers: rates 0–1 or null while there is nothing to divide by, durations in ms. */
function comparable(totals: StoredTotals | undefined) {
  const counts = totals?.counts ?? emptyCounts;
  const histograms = Object.entries(totals?.histograms ?? {});
  return {
    counts,
    errorRate: errorRateOf(counts),
    users: totals?.units ?? noUnits,
    timings: Object.fromEntries(histograms.map(([name, histogram]) => [name, timing(histogram)])),
  };
}

const timing = (histogram: Histogram) => ({
  count: histogram.n,
  meanMs: histogram.n === 0 ? null : histogram.sum / histogram.n,
  minMs: histogram.n === 0 ? null : histogram.min,
  maxMs: histogram.n === 0 ? null : histogram.max,
  p50Ms: quantileOf(histogram, 0.5),
  p95Ms: quantileOf(histogram, 0.95),
  p99Ms: quantileOf(histogram, 0.99),
});
