import { expect, test } from 'vitest';
import { measurementsOf, metricAttributes } from '../../../src/client/reporter/otlp/conventions.js';
import type { Observation } from '../../../src/observe/observe.js';
import { addToTally, emptyTally } from '../../../src/observe/tally.js';
import { toOtlpMetrics } from '../../../src/service/export/otlpMetrics.js';
import { seriesOf } from '../../../src/service/export/series.js';
import { rowOf } from '../../../src/service/metrics/bucketRows.js';

const atMs = 1_795_244_451_480;
const labels = {
  feature: 'memoryPanel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
  atMs,
} as const;
const measure = { kind: 'measure', unit: '{item}', value: 3 } as const;
/** One of each that either of them sends as a number. */
const observations: readonly Observation[] = [
  { ...labels, kind: 'attempt' },
  { ...labels, kind: 'exposure' },
  { ...labels, kind: 'settled' },
  { ...labels, kind: 'aborted' },
  { ...labels, kind: 'overridden' },
  { ...labels, kind: 'suppressedByBreaker' },
  { ...labels, kind: 'failure', failure: { phase: 'render', name: 'Error', message: 'broke' } },
  { ...labels, kind: 'timing', name: 'chunkLoadMs', valueMs: 1 },
  { ...labels, kind: 'timing', name: 'commitMs', valueMs: 2 },
  { ...labels, kind: 'timing', name: 'fetchMs', valueMs: 3 },
  { ...labels, kind: 'sum', name: 'heapMb', value: 40 },
  { ...labels, kind: 'sum', name: 'fetchErrors', value: 1 },
  { ...labels, ...measure, name: 'searches', measure: 'counter' },
  { ...labels, ...measure, name: 'cart.size', measure: 'gauge' },
  { ...labels, ...measure, name: 'parse', measure: 'histogram' },
];

/** Metrics that both send, each with its type, unit and value, and what it says of the version. */
const fromPage = () =>
  observations.flatMap((observation) =>
    measurementsOf(observation).map(({ name, kind, unit, value }) => [
      name,
      kind === 'count' ? 'sum' : kind,
      unit,
      value,
    ]),
  );
const types = ['histogram', 'histogram', 'gauge', 'sum'];

function fromService() {
  const tally = emptyTally(labels, atMs);
  for (const observation of observations) addToTally(tally, observation);
  const row = rowOf({
    ...tally,
    subject: null,
    unverified: false,
    units: { exposed: 1, error: 0, slow: 0, silent: 0 },
  });
  return toOtlpMetrics({ points: [...seriesOf([row])], fromMs: atMs, untilMs: atMs + 10_000 });
}

const byName = (rows: readonly (readonly unknown[])[]) =>
  [...rows].sort((a, b) => String(a[0]).localeCompare(String(b[0])));

test('a page and the service say the same in the same names, types and units', () => {
  const sent = fromService().map(({ descriptor: { name, unit }, dataPointType, dataPoints: [point] }) => [
    name,
    types[dataPointType],
    unit,
    typeof point?.value === 'object' ? point.value.sum : point?.value,
  ]);
  expect(byName(sent)).toEqual(byName(fromPage()));
});

test('what the service says of a version, a page says in the same words', () => {
  const own = new Map(metricAttributes(observations[0]!).map(({ key, value }) => [key, Object.values(value)[0]]));
  for (const { dataPoints } of fromService())
    for (const [key, value] of Object.entries(dataPoints[0]?.attributes ?? {}))
      if (key !== 'switchback.failure.phase') expect([key, own.get(key)]).toEqual([key, value]);
});
