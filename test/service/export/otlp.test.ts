import { expect, onTestFinished, test } from 'vitest';
import { emptyCounts, type Counts } from '../../../src/observe/tally.js';
import { merge, type Histogram } from '../../../src/observe/histogram.js';
import { systemServiceClock } from '../../../src/service/clock.js';
import { startExport, type ExportScheduler } from '../../../src/service/export/exportScheduler.js';
import { createOtlpSink } from '../../../src/service/export/otlpSink.js';
import type { PointSink } from '../../../src/service/export/pointSink.js';
import type { AcceptedBucket } from '../../../src/service/store.js';
import { openStore } from '../store/openStore.js';
import { startRunning } from '../http/running.js';
import { addUp, batchOf, bucketOf, histogramOf } from './buckets.js';
import { decodeByExcerpt, loadPublished, type DecodedPoint } from './otlpMessages.js';
import { startReceiver, type Receiver } from './receiver.js';

const opened = openStore();
const within = { timeout: 15_000, interval: 50 };
const secret = 'Bearer very-secret-value';

interface Started extends ExportScheduler {
  readonly faults: string[];
}

function start(
  receiver: Receiver,
  holder: string,
  options: Partial<Parameters<typeof createOtlpSink>[0]> = {},
): Started {
  return startWith(sinkFor(receiver, options), holder);
}

const sinkFor = (receiver: Receiver, options: Partial<Parameters<typeof createOtlpSink>[0]> = {}): PointSink =>
  createOtlpSink({
    endpoint: `${receiver.url}/v1/metrics`,
    headers: { authorization: secret },
    everyMs: 1_000,
    timeoutMs: 1_000,
    ...options,
  });

function startWith(sink: PointSink, holder: string): Started {
  const faults: string[] = [];
  const { totals } = opened.store;
  const scheduler = startExport({
    totals,
    sink,
    holder,
    clock: systemServiceClock,
    onInternalFault: (operation, error) => faults.push(`${operation}: ${String(error)}`),
  });
  onTestFinished(() => scheduler.stop());
  onTestFinished(() => sink.close());
  return { ...scheduler, faults };
}

const isWanted = async (): Promise<void> => {
  await expect
    .poll(async () => (await opened.sql('SELECT wanted_at IS NOT NULL AS wanted FROM metric_export'))[0], within)
    .toEqual({ wanted: true });
};

const store = async (sender: number, seq: number, buckets: readonly AcceptedBucket[]): Promise<void> => {
  await opened.store.storeBatch(batchOf(sender, seq, buckets));
  await addUp(opened.serviceUrl);
};

const sumOf = (points: readonly DecodedPoint[], metric: string, attributes: Readonly<Record<string, unknown>> = {}) =>
  points
    .filter((point) => point.metric === metric)
    .filter((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))
    .reduce((sum, { value = 0 }) => sum + value, 0);

const nothingWaits = async (): Promise<void> => {
  await expect
    .poll(async () => (await opened.sql('SELECT count(*)::integer AS count FROM metric_points'))[0], within)
    .toEqual({ count: 0 });
};

test('says counts, durations, sums and measures in OpenTelemetry’s words, as delta points with our buckets', async () => {
  const receiver = await startReceiver();
  start(receiver, 'a', { serviceName: 'shop-flags', resourceAttributes: { 'deployment.environment.name': 'test' } });
  await isWanted();
  const commit = histogramOf(0, 3, 12, 12.5, 900);
  await store(1, 1, [
    bucketOf({
      counts: { ...emptyCounts, attempts: 3, exposures: 2, settled: 1, failed: { ...emptyCounts.failed, render: 1 } },
      histograms: { commitMs: commit, chunkLoadMs: histogramOf(80) },
      sums: { heapMb: { n: 2, sum: 60 }, fetchErrors: { n: 10, sum: 1 } },
      measures: {
        rows: { kind: 'counter', unit: '{row}', n: 2, sum: 7.5 },
        depth: { kind: 'gauge', unit: '1', n: 1, sum: 4, min: 4, max: 4, last: 4 },
        search: { kind: 'histogram', unit: 'ms', ...histogramOf(5, 6) },
      },
    }),
  ]);
  await expect.poll(() => receiver.taken.length, within).toBe(1);
  const [request] = receiver.taken;
  expect(request).toMatchObject({
    path: '/v1/metrics',
    scope: 'react-switchback',
    resource: { 'service.name': 'shop-flags', 'deployment.environment.name': 'test' },
  });
  expect(request!.resource).not.toHaveProperty('service.instance.id');
  expect(request!.headers).toMatchObject({ 'content-type': 'application/x-protobuf', authorization: secret });
  const points = receiver.points();
  const attributes = {
    'feature_flag.key': 'memoryPanel',
    'feature_flag.result.variant': 'v2',
    'feature_flag.provider.name': 'switchback',
    'switchback.assigned': true,
  };
  for (const point of points) {
    expect(point.attributes, point.metric).toMatchObject(attributes);
    expect(point.endMs).toBeGreaterThan(point.startMs);
    if (point.type !== 'gauge') expect(point.temporality, point.metric).toBe('AGGREGATION_TEMPORALITY_DELTA');
    if (point.type === 'sum') expect(point.isMonotonic, point.metric).toBe(true);
  }
  const brief = points
    .filter(({ type }) => type !== 'exponentialHistogram')
    .map(({ metric, type, unit, value, attributes: own }) => [
      metric,
      type,
      unit,
      value,
      own['switchback.failure.phase'],
    ]);
  expect(brief.sort()).toEqual(
    [
      ['switchback.attempts', 'sum', '{attempt}', 3, undefined],
      ['switchback.exposures', 'sum', '{exposure}', 2, undefined],
      ['switchback.settled', 'sum', '{episode}', 1, undefined],
      ['switchback.failures', 'sum', '{failure}', 1, 'render'],
      ['switchback.heap', 'gauge', 'MBy', 30, undefined],
      ['switchback.fetches', 'sum', '{request}', 10, undefined],
      ['switchback.fetch.errors', 'sum', '{request}', 1, undefined],
      ['switchback.measure.rows', 'sum', '{row}', 7.5, undefined],
      ['switchback.measure.depth', 'gauge', '1', 4, undefined],
    ].sort(),
  );
  const histograms = new Map(points.map((point) => [point.metric, point.histogram]));
  expect(histograms.get('switchback.commit.duration')).toEqual({
    count: 5,
    sum: commit.sum,
    min: 0,
    max: 900,
    scale: 3,
    zeroCount: 1,
    offset: commit.o,
    bucketCounts: commit.b,
  });
  expect(histograms.get('switchback.chunk_load.duration')).toMatchObject({ count: 1, sum: 80 });
  expect(histograms.get('switchback.measure.search')).toMatchObject({ count: 2, sum: 11 });
});

test(
  'over 10,000 points and several exports, restarts and a receiver that is down, sums and buckets are exact',
  { timeout: 120_000 },
  async () => {
    const receiver = await startReceiver();
    let exporting = start(receiver, 'first');
    await isWanted();
    const wanted = new Map<string, { counts: Counts; commit: Histogram }>();
    let seed = 42;
    const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 1; round <= 5; round += 1) {
      // Points that wait while the receiver is down go with the next ones.
      receiver.answer = round === 3 ? 503 : 200;
      for (let part = 0; part < 5; part += 1) {
        const buckets = Array.from({ length: 100 }, (_, at) => {
          const feature = `feature${part * 50 + (at >> 1)}`;
          const version = at % 2 === 0 ? 'v1' : 'v2';
          const counts: Counts = {
            ...emptyCounts,
            attempts: 1 + draw(50),
            exposures: 1 + draw(50),
            settled: 1 + draw(50),
            failed: { ...emptyCounts.failed, load: 1 + draw(5) },
          };
          const commit = histogramOf(...Array.from({ length: 3 }, () => 1 + draw(3_000)));
          const before = wanted.get(`${feature} ${version}`);
          wanted.set(`${feature} ${version}`, {
            counts: before === undefined ? counts : add(before.counts, counts),
            commit: before === undefined ? commit : merge(before.commit, commit),
          });
          return bucketOf({ feature, version, arm: version, counts, histograms: { commitMs: commit } });
        });
        await opened.store.storeBatch(batchOf(part, round, buckets));
      }
      await addUp(opened.serviceUrl);
      if (round === 3) {
        await expect.poll(() => receiver.turnedAway.length, within).toBeGreaterThan(0);
        exporting.stop();
        exporting = start(receiver, 'second');
      } else await nothingWaits();
    }
    await nothingWaits();
    const points = receiver.points();
    expect(points.length).toBeGreaterThan(10_000);
    const got = new Map<string, Record<string, number>>();
    const buckets = new Map<string, Map<number, number>>();
    for (const { metric, attributes, value, histogram, startMs, endMs } of points) {
      expect(startMs).toBeLessThan(endMs);
      const key = `${String(attributes['feature_flag.key'])} ${String(attributes['feature_flag.result.variant'])}`;
      const sums = got.get(key) ?? {};
      got.set(key, sums);
      sums[metric] = (sums[metric] ?? 0) + (value ?? histogram?.sum ?? 0);
      if (histogram === undefined) continue;
      expect(histogram.scale).toBe(3);
      const counts = buckets.get(key) ?? new Map<number, number>();
      buckets.set(key, counts);
      histogram.bucketCounts.forEach((count, at) =>
        counts.set(histogram.offset + at, (counts.get(histogram.offset + at) ?? 0) + count),
      );
    }
    expect(got.size).toBe(500);
    for (const [key, { counts, commit }] of wanted) {
      expect(got.get(key), key).toEqual({
        'switchback.attempts': counts.attempts,
        'switchback.exposures': counts.exposures,
        'switchback.settled': counts.settled,
        'switchback.failures': counts.failed.load,
        'switchback.commit.duration': commit.sum,
      });
      const own = [...(buckets.get(key) ?? [])].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
      const expected = commit.b.flatMap((count, at) => (count > 0 ? [[commit.o + at, count]] : []));
      expect(own, key).toEqual(expected);
    }
    expect(await opened.store.totals.readExport()).toMatchObject({
      failures: 0,
      refusedPoints: 0,
      waitingSinceMs: null,
    });
  },
);

const add = (a: Counts, b: Counts): Counts => ({
  ...a,
  attempts: a.attempts + b.attempts,
  exposures: a.exposures + b.exposures,
  settled: a.settled + b.settled,
  failed: { ...a.failed, load: a.failed.load + b.failed.load },
});

test('of several replicas one exports, and another goes on when it stops', async () => {
  const receiver = await startReceiver();
  const first = start(receiver, 'first');
  await isWanted();
  const second = start(receiver, 'second');
  await store(1, 1, [bucketOf()]);
  await nothingWaits();
  first.stop();
  await store(1, 2, [bucketOf()]);
  await nothingWaits();
  expect(sumOf(receiver.points(), 'switchback.attempts')).toBe(2);
  expect([first.faults, second.faults]).toEqual([[], []]);
});

test('what was counted before anybody wanted it is not exported', async () => {
  const receiver = await startReceiver();
  await store(1, 1, [bucketOf()]);
  start(receiver, 'a');
  await isWanted();
  await store(1, 2, [bucketOf({ feature: 'later' })]);
  await nothingWaits();
  expect(sumOf(receiver.points(), 'switchback.attempts')).toBe(1);
  expect(sumOf(receiver.points(), 'switchback.attempts', { 'feature_flag.key': 'later' })).toBe(1);
});

test('after a week in which nobody wanted points, what was collected is let go and it begins anew', async () => {
  const { totals } = opened.store;
  expect(await totals.lease('a', 1_000)).toBe(true);
  await store(1, 1, [bucketOf()]);
  await opened.sql(`UPDATE metric_export SET wanted_at = wanted_at - interval '8 days', leased_until = NULL`);
  await store(1, 2, [bucketOf()]);
  expect(await totals.lease('b', 60_000)).toBe(true);
  expect(await totals.take('b', 100)).toBeNull();
  await store(1, 3, [bucketOf()]);
  expect(await totals.take('b', 1)).toMatchObject({
    points: [{ series: 'counts', value: { counts: { attempts: 1 } } }],
  });
});

test('who lost the lease takes and settles nothing', async () => {
  const { totals } = opened.store;
  expect(await totals.lease('a', 60_000)).toBe(true);
  await store(1, 1, [bucketOf()]);
  expect(await totals.lease('b', 60_000)).toBe(false);
  expect(await totals.take('b', 100)).toBeNull();
  const sent = await totals.take('a', 100);
  await opened.sql('UPDATE metric_export SET leased_until = NULL');
  expect(await totals.lease('b', 60_000)).toBe(true);
  await totals.settle('a', sent?.points ?? [], 0);
  // The same points, with the same times.
  expect(await totals.take('b', 100)).toEqual(sent);
});

test('a receiver that took points and could not say so gets the same points again, to the byte of their values and times', async () => {
  const receiver = await startReceiver();
  receiver.answer = 'cut';
  start(receiver, 'a');
  await isWanted();
  await store(1, 1, [bucketOf()]);
  await expect.poll(() => receiver.taken.length, within).toBeGreaterThan(0);
  // Meanwhile more is counted: it is no part of what is sent again.
  await store(1, 2, [bucketOf()]);
  await expect.poll(() => receiver.taken.length, within).toBeGreaterThan(1);
  receiver.answer = 200;
  await nothingWaits();
  const sent = receiver.taken.map(({ points }) => JSON.stringify(points));
  const repeated = sent.filter((one) => one === sent[0]);
  expect(repeated.length).toBeGreaterThan(1);
  const once = [...new Set(sent)].flatMap((one) => JSON.parse(one) as DecodedPoint[]);
  expect(sumOf(once, 'switchback.attempts')).toBe(2);
});

test('points that the receiver will never take are counted and let go; the next ones go on', async () => {
  const receiver = await startReceiver();
  receiver.answer = 400;
  const exporting = start(receiver, 'a');
  await isWanted();
  await store(1, 1, [bucketOf()]);
  await nothingWaits();
  receiver.answer = 200;
  await store(1, 2, [bucketOf()]);
  await nothingWaits();
  expect(receiver.turnedAway.length).toBe(1);
  expect(sumOf(receiver.points(), 'switchback.attempts')).toBe(1);
  expect(await opened.store.totals.readExport()).toMatchObject({ refusedPoints: 2, sentPoints: 2, failures: 0 });
  expect(exporting.faults).toEqual(['metric export: Error: the receiver answers 400']);
});

test('points that the receiver rejects of a request it takes are counted, with its words in the log', async () => {
  const receiver = await startReceiver();
  receiver.said = { rejectedDataPoints: 1, errorMessage: `too old\n for ${secret}` };
  const running = await startRunning(opened.store, { pointSink: sinkFor(receiver) });
  const health = async () => ((await (await running.get('/api/health')).json()) as { export: unknown }).export;
  await isWanted();
  await store(1, 1, [bucketOf()]);
  await nothingWaits();
  // The bucket is of two series: counts, and a duration.
  await expect.poll(health, within).toMatchObject({ status: 'ok', refusedPoints: 1, sentPoints: 1, failures: 0 });
  await expect
    .poll(async () => (await running.get('/metrics')).text(), within)
    .toMatch(/^switchback_export_refused_points_total 1$/m);
  expect(running.faults).toEqual(['metric export: Error: the receiver rejects 1 points: too old  for …']);
  receiver.said = { errorMessage: 'use gzip' };
  await store(1, 2, [bucketOf()]);
  await expect.poll(health, within).toMatchObject({ refusedPoints: 1, sentPoints: 3, failures: 0 });
  expect(running.faults.slice(1)).toEqual(['metric export: Error: the receiver warns: use gzip']);
  // A secret that is cut is one still, and so is one without its scheme.
  receiver.said = { errorMessage: `${'.'.repeat(190)}${secret} and ${secret.slice(7)}` };
  await store(1, 3, [bucketOf()]);
  await expect.poll(health, within).toMatchObject({ refusedPoints: 1, sentPoints: 5, failures: 0 });
  expect(running.faults.slice(2)).toEqual([`metric export: Error: the receiver warns: ${'.'.repeat(190)}… and …`]);
  // What is no answer of the protocol is none of its words.
  receiver.said = Buffer.from('<html>taken</html>');
  await store(1, 4, [bucketOf()]);
  await expect.poll(health, within).toMatchObject({ refusedPoints: 1, sentPoints: 7, failures: 0 });
  expect(running.faults).toHaveLength(3);
  // Nor is a number believed that would fill the counter.
  receiver.said = { rejectedDataPoints: Number.MAX_SAFE_INTEGER };
  await store(1, 5, [bucketOf()]);
  await expect.poll(health, within).toMatchObject({ refusedPoints: 1_000_001, sentPoints: 7, failures: 0 });
});

test('a receiver that is down, silent or forbids harms nothing: it shows on the page of health, without secrets', async () => {
  const receiver = await startReceiver();
  receiver.answer = 401;
  const sink = createOtlpSink({
    endpoint: `${receiver.url}/v1/metrics?key=very-secret-value`,
    headers: { authorization: secret },
    everyMs: 1_000,
    timeoutMs: 500,
  });
  const running = await startRunning(opened.store, { pointSink: sink });
  const health = async () => ((await (await running.get('/api/health')).json()) as { export: unknown }).export;
  await isWanted();
  await store(1, 1, [bucketOf()]);
  const failing = (failure: string) => ({ status: 'failing', failure, failures: expect.any(Number), sentPoints: 0 });
  await expect.poll(health, within).toMatchObject(failing('the receiver answers 401'));
  receiver.answer = 'silence';
  await expect.poll(health, within).toMatchObject({ ...failing(''), failure: expect.not.stringContaining('401') });
  // Meanwhile batches are stored, and what waits does not grow with time.
  for (let seq = 2; seq <= 20; seq += 1) await store(1, seq, [bucketOf()]);
  expect(await opened.sql('SELECT count(*)::integer AS count FROM metric_points')).toEqual([{ count: 4 }]);
  receiver.answer = 200;
  await expect.poll(health, { timeout: 60_000, interval: 200 }).toMatchObject({ status: 'ok', waitingSince: null });
  expect(sumOf(receiver.points(), 'switchback.attempts')).toBe(20);
  expect(running.faults.join('\n')).toContain('metric export');
  expect(JSON.stringify([running.faults, await health()])).not.toContain('very-secret');
}, 120_000);

test.each([
  ['no address', { endpoint: 'collector:4318' }],
  ['an address that is none of http', { endpoint: 'ftp://very-secret@collector' }],
  ['a pause that is too short', { endpoint: 'http://collector', everyMs: 10 }],
  ['a header that is none', { endpoint: 'http://collector', headers: { 'a b': 'very-secret' } }],
  ['a header with a line break', { endpoint: 'http://collector', headers: { a: 'very-secret\r\nb: c' } }],
])('refuses %s, without showing what may be a secret', (_, options) => {
  let message = '';
  try {
    createOtlpSink(options);
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain('otlp.');
  expect(message).not.toContain('very-secret');
});

test('the published definition reads what our own excerpt of it reads', async () => {
  const published = await loadPublished();
  const receiver = await startReceiver();
  start(receiver, 'a', { compression: 'gzip' });
  await isWanted();
  await store(1, 1, [bucketOf({ sums: { heapMb: { n: 1, sum: 31 } } })]);
  await nothingWaits();
  const [request] = receiver.taken;
  expect(request!.headers['content-encoding']).toBe('gzip');
  expect(published(request!.bytes)).toEqual(decodeByExcerpt(request!.bytes));
  expect(published(request!.bytes).points.length).toBe(5);
});
