import { createRequire } from 'node:module';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { expect, test } from 'vitest';
import { createMetricPoints } from '../../../../src/client/reporter/otlp/metricPoints.js';
import { attribute } from '../../../../src/client/reporter/otlp/encoding.js';
import type { Observation } from '../../../../src/observe/observe.js';
import { decodeByExcerpt, encodeJson } from '../../../service/export/otlpMessages.js';
import { checkOtlp } from './checkOtlp.js';
import { readPoints, type ReceivedPoint } from './otlpReceiver.js';

interface Serializer {
  serializeRequest(metrics: ResourceMetrics): Uint8Array;
}
// The writers of OTLP that OpenTelemetry's own exporters use, and which they bring along.
const { JsonMetricsSerializer, ProtobufMetricsSerializer } = createRequire(
  createRequire(import.meta.url).resolve('@opentelemetry/exporter-metrics-otlp-proto'),
)('@opentelemetry/otlp-transformer') as {
  readonly JsonMetricsSerializer: Serializer;
  readonly ProtobufMetricsSerializer: Serializer;
};

const labels = {
  feature: 'memoryPanel',
  version: 'v1',
  arm: 'v1',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
} as const;
const attributes = {
  'feature_flag.key': 'memoryPanel',
  'feature_flag.result.variant': 'v1',
  'feature_flag.result.reason': 'split',
  'feature_flag.provider.name': 'switchback',
  'switchback.assigned': true,
};
const durationsMs = [0, 0, 0.25, 1, 2, 3.5, 16.6, 16.7, 41.2, 41.3, 120, 999, 1_024, 60_000];

/** The same numbers through OpenTelemetry's SDK. */
async function exportByOtel(): Promise<{ readonly json: object; readonly protobuf: Uint8Array }> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'web' }),
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    views: [{ instrumentType: InstrumentType.HISTOGRAM, aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter('react-switchback');
  const commits = meter.createHistogram('switchback.commit.duration', { unit: 'ms' });
  for (const valueMs of durationsMs) commits.record(valueMs, attributes);
  const attempts = meter.createCounter('switchback.attempts', { unit: '{attempt}', valueType: 0 });
  for (let count = 0; count < 3; count++) attempts.add(1, attributes);
  meter.createCounter('switchback.measure.rows', { unit: '{row}' }).add(20.5, attributes);
  meter.createGauge('switchback.heap', { unit: 'MBy' }).record(38.1, attributes);
  await provider.forceFlush();
  const [metrics] = exporter.getMetrics();
  if (!metrics) throw new Error('nothing was exported');
  const json: object = JSON.parse(new TextDecoder().decode(JsonMetricsSerializer.serializeRequest(metrics)));
  await provider.shutdown();
  return { json, protobuf: ProtobufMetricsSerializer.serializeRequest(metrics) };
}

function exportByUs(): object {
  const points = createMetricPoints({ attributes: [attribute('service.name', 'web')] });
  const add = (more: object) => points.add({ ...labels, atMs: 1, ...more } as Observation, 1);
  for (const valueMs of durationsMs) add({ kind: 'timing', name: 'commitMs', valueMs });
  for (let count = 0; count < 3; count++) add({ kind: 'attempt' });
  add({ kind: 'measure', name: 'rows', measure: 'counter', unit: '{row}', value: 20.5 });
  add({ kind: 'sum', name: 'heapMb', value: 38.1 });
  return JSON.parse(points.take(60_000, 2)?.text ?? '{}') as object;
}

interface Buckets {
  readonly offset: number;
  readonly bucketCounts: readonly (string | number)[];
}
interface HistogramPoint {
  readonly scale: number;
  readonly positive: Buckets;
}

/** Which buckets of a coarser scale hold how many. */
function bucketsAt(scale: number, { scale: from, positive }: HistogramPoint): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  positive.bucketCounts.forEach((count, index) => {
    const bucket = (positive.offset + index) >> (from - scale);
    if (Number(count) > 0) counts.set(bucket, (counts.get(bucket) ?? 0) + Number(count));
  });
  return counts;
}

const named = (points: readonly ReceivedPoint[]) => new Map(points.map((one) => [one.metric, one]));
const byName = (a: string, b: string): number => (a < b ? -1 : 1);

test('writes the same numbers as the SDK of OpenTelemetry, in the same fields', async () => {
  const { json: theirs } = await exportByOtel();
  const ours = exportByUs();
  expect(checkOtlp('/v1/metrics', ours)).toEqual([]);

  const theirPoints = named(readPoints(theirs));
  const ourPoints = named(readPoints(ours));
  expect([...ourPoints.keys()].sort(byName)).toEqual([...theirPoints.keys()].sort(byName));
  for (const [metric, our] of ourPoints) {
    const their = theirPoints.get(metric);
    expect([metric, our.kind, our.unit, our.attributes]).toEqual([metric, their?.kind, their?.unit, their?.attributes]);
    // Negative buckets are for negative values, which durations have not; to leave them out is their default.
    const { negative: _, ...point } = their?.point ?? {};
    expect(Object.keys(our.point).sort(byName)).toEqual(Object.keys(point).sort(byName));
    for (const field of ['asDouble', 'sum', 'min', 'max']) expect(our.point[field]).toBe(point[field]);
    // 64-bit integers are strings in OTLP/JSON; theirs are numbers, which receivers take as well.
    for (const field of ['asInt', 'count', 'zeroCount'])
      expect([field, our.point[field]]).toEqual([field, point[field] === undefined ? undefined : String(point[field])]);
  }

  const commit = 'switchback.commit.duration';
  const our = ourPoints.get(commit)?.point as unknown as HistogramPoint;
  const their = theirPoints.get(commit)?.point as unknown as HistogramPoint;
  const scale = Math.min(our.scale, their.scale);
  expect(bucketsAt(scale, our)).toEqual(bucketsAt(scale, their));
});

test('nests as the SDK of OpenTelemetry does', async () => {
  // `description` and the schema's address are optional, and empty there.
  const ignored = new Set(['description', 'droppedAttributesCount', 'version', 'negative', 'schemaUrl']);
  const shapeOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
    if (typeof value !== 'object' || value === null) return 'value';
    const entries = Object.entries(value).filter(([key]) => !ignored.has(key));
    return Object.fromEntries(entries.sort(([a], [b]) => byName(a, b)).map(([key, one]) => [key, shapeOf(one)]));
  };
  const { json: theirs } = await exportByOtel();
  expect(shapeOf(exportByUs())).toEqual(shapeOf(theirs));
});

test('says in protobuf what the SDK of OpenTelemetry says', async () => {
  const { protobuf } = await exportByOtel();
  const theirs = decodeByExcerpt(protobuf);
  const ours = decodeByExcerpt(encodeJson(exportByUs() as Record<string, unknown>));
  // Buckets were compared above; times are those of the run.
  const plain = ({ histogram, startMs: _, endMs: __, ...point }: (typeof ours.points)[number]) => {
    const { scale: ___, offset: ____, bucketCounts: _____, ...rest } = histogram ?? {};
    return { ...point, ...rest };
  };
  expect([ours.resource, ours.scope]).toEqual([theirs.resource, theirs.scope]);
  expect(ours.points.map(plain)).toEqual(theirs.points.map(plain));
});
