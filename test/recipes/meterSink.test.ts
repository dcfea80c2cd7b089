import { readFile } from 'node:fs/promises';
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ExponentialHistogramMetricData,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { createSwitchback, defineFeatures } from 'react-switchback/client';
import { expect, test } from 'vitest';
import { emptyHistogram, percentile, record } from '../../src/observe/histogram.js';
import { rulesSnapshot } from '../harness/snapshot.js';
import { meterSink } from './meterSink.js';

async function openMeter() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    readers: [reader],
    views: [
      {
        instrumentType: InstrumentType.HISTOGRAM,
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 320, recordMinMax: true } },
      },
    ],
  });
  const read = async () => {
    await reader.forceFlush();
    const metrics = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all));
    return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
  };
  return { sink: meterSink(provider.getMeter('switchback')), read, close: () => provider.shutdown() };
}

const attributes = { 'feature_flag.key': 'panel', 'feature_flag.result.variant': 'v2' };
const sumsOf = (metric: MetricData | undefined) =>
  metric?.dataPoints.map(({ attributes: { 'switchback.event': event = 'value' }, value }) => [event, value]);

test('the OpenTelemetry recipe records with a meter what a client observes', async () => {
  const { sink, read, close } = await openMeter();
  const client = createSwitchback({
    features: defineFeatures({ panel: {} }),
    initial: rulesSnapshot({ panel: {} }),
    context: { targetingKey: 'user-1' },
    storage: false,
    sinks: [sink],
  });
  client.measure('panel', 'rows', 3, { kind: 'counter', unit: '{row}' });
  client.measure('panel', 'rows', 4, { kind: 'counter', unit: '{row}' });
  for (const value of [10, 20, 400]) client.measure('panel', 'searchMs', value);
  expect(await client.time('panel', 'saveMs', Promise.resolve('saved'))).toBe('saved');
  client.reportFailure('panel', new TypeError('x is undefined'));
  await expect.poll(async () => (await read()).get('switchback.saveMs')).toBeDefined();

  const metrics = await read();
  expect(sumsOf(metrics.get('switchback.events'))).toEqual([['failure', 1]]);
  expect(metrics.get('switchback.events')?.dataPoints[0]?.attributes).toEqual({
    ...attributes,
    'switchback.event': 'failure',
    'switchback.phase': 'reported',
    'error.type': 'TypeError',
  });
  expect(sumsOf(metrics.get('switchback.rows'))).toEqual([['value', 7]]);
  expect(metrics.get('switchback.rows')?.descriptor.unit).toBe('{row}');
  const search = metrics.get('switchback.searchMs') as ExponentialHistogramMetricData;
  expect(search.descriptor.unit).toBe('ms');
  expect(search.dataPoints[0]).toMatchObject({ attributes, value: { count: 3, sum: 430, min: 10, max: 400 } });
  await close();
});

test('buckets are those of OpenTelemetry', async () => {
  const { read, close, sink } = await openMeter();
  const values = Array.from({ length: 319 }, (_, at) => 0.001 * 1.09 ** at);
  const ours = values.reduce(record, emptyHistogram);
  const base = {
    feature: 'panel',
    version: 'v2',
    arm: 'v2',
    reason: 'SPLIT',
    epoch: 7,
    revision: 1,
    stage: null,
  } as const;
  for (const valueMs of values) sink.observe({ ...base, atMs: 1, kind: 'timing', name: 'commitMs', valueMs }, 'a');
  const { dataPoints } = (await read()).get('switchback.commitMs') as ExponentialHistogramMetricData;
  const { scale, positive, sum, count } = dataPoints[0]!.value;
  expect(count).toBe(ours.n);
  expect(sum).toBeCloseTo(ours.sum, 6);
  // The SDK may keep a finer scale than ours: neighbours together are our buckets.
  expect(scale).toBeGreaterThanOrEqual(ours.s);
  const shift = scale - ours.s;
  const merged = new Map<number, number>();
  positive.bucketCounts.forEach((one, at) => {
    const index = (positive.offset + at) >> shift;
    merged.set(index, (merged.get(index) ?? 0) + one);
  });
  expect(ours.b.map((_, at) => merged.get(ours.o + at) ?? 0)).toEqual(ours.b);
  expect(percentile(ours, 0.5)?.errorRatio).toBeCloseTo(0.043, 3);
  await close();
});

test.each(['sentry.ts', 'meterSink.ts'])('the document shows %s as it is tested', async (name) => {
  const here = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  expect(await here('../../docs/observe.md')).toContain(`\`\`\`ts\n${await here(name)}\`\`\``);
});
