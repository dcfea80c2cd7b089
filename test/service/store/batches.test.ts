import { expect, test } from 'vitest';
import { emptyHistogram, record } from '../../../src/observe/histogram.js';
import { emptyCounts } from '../../../src/observe/tally.js';
import type { AcceptedBucket, BatchToStore } from '../../../src/service/store.js';
import { openStore } from './openStore.js';

const opened = openStore();
const startMs = 1_795_244_450_000;
const histogramOf = (...values: number[]) => values.reduce(record, emptyHistogram);

const bucketOf = (changes: Partial<AcceptedBucket> = {}): AcceptedBucket => ({
  feature: 'memoryPanel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
  startMs,
  durationMs: 10_000,
  unverified: false,
  subject: 'a'.repeat(24),
  counts: { ...emptyCounts, attempts: 1, exposures: 1, settled: 1 },
  units: { exposed: 1, error: 0, slow: 0, silent: 0 },
  histograms: { commitMs: histogramOf(12) },
  sums: {},
  measures: {},
  ...changes,
});
const batchOf = (senderId: string, seq: number, buckets: readonly AcceptedBucket[] = [bucketOf()]): BatchToStore => ({
  senderId,
  seq,
  buckets,
  dropped: { queueFull: 1, expired: 0, storage: 2 },
});
const totalsOf = async (version: 'v1' | 'v2') =>
  (await opened.store.readTotals('memoryPanel', startMs, startMs + 10_000)).find(
    (totals) => totals.version === version,
  );

test('keeps v1 as a fallback, by default or held out of the comparison', async () => {
  const { store } = opened;
  const outside = bucketOf({ version: 'v1', arm: 'none' });
  await store.storeBatch(batchOf('s', 1, [bucketOf(), outside, { ...outside, startMs: startMs + 1_000 }]));
  const totals = await store.readTotals('memoryPanel', startMs, startMs + 10_000);
  const exposures = totals.map(({ version, assigned, counts }) => [version, assigned, counts.exposures]);
  expect(exposures).toEqual([
    ['v1', true, 0],
    ['v2', true, 1],
    ['v1', false, 2],
    ['v2', false, 0],
  ]);
});

test('stores a batch once', async () => {
  const { store } = opened;
  expect(await store.storeBatch(batchOf('s', 1))).toEqual({ status: 'stored', gaps: [] });
  expect(await store.storeBatch(batchOf('s', 1))).toEqual({ status: 'duplicate', gaps: [] });
  expect(await store.storeBatch(batchOf('t', 1))).toEqual({ status: 'stored', gaps: [] });
  expect((await totalsOf('v2'))?.counts).toMatchObject({ attempts: 2, exposures: 2, settled: 2 });
  expect(await totalsOf('v1')).toMatchObject({ counts: emptyCounts, histograms: {}, units: { exposed: 0 } });
});

test('stores one of many copies that arrive at once', async () => {
  const { store } = opened;
  const results = await Promise.all(Array.from({ length: 10 }, () => store.storeBatch(batchOf('s', 1))));
  expect(results.filter(({ status }) => status === 'stored')).toHaveLength(1);
  expect((await totalsOf('v2'))?.counts.exposures).toBe(1);
});

test('tells which numbers are missing, until they come', async () => {
  const { store } = opened;
  await store.storeBatch(batchOf('s', 0, []));
  expect((await store.storeBatch(batchOf('s', 4, []))).gaps).toEqual([[1, 3]]);
  expect((await store.storeBatch(batchOf('s', 2, []))).gaps).toEqual([
    [1, 1],
    [3, 3],
  ]);
  await store.storeBatch(batchOf('s', 3, []));
  expect((await store.storeBatch(batchOf('s', 1, []))).gaps).toEqual([]);
});

test('counts from 1, so that a lost first batch is missed', async () => {
  expect((await opened.store.storeBatch(batchOf('s', 3, []))).gaps).toEqual([[1, 2]]);
});

test('keeps the row of a sender with endless gaps small', async () => {
  const { store, sql } = opened;
  await store.storeBatch(batchOf('s', 0, []));
  for (let seq = 2; seq < 400; seq += 2) await store.storeBatch(batchOf('s', seq, []));
  const { gaps } = await store.storeBatch(batchOf('s', 400, []));
  expect(gaps).toHaveLength(127);
  expect(gaps.at(-1)).toEqual([399, 399]);
  expect(
    await sql('SELECT dropped_queue_full::int AS full, dropped_storage::int AS storage FROM metric_senders'),
  ).toEqual([{ full: 201, storage: 402 }]);
});

test('merges counts and histograms exactly, from many senders at once', async () => {
  const { store } = opened;
  const values = Array.from({ length: 120 }, (_, n) => 0.5 + n * 7.3);
  await Promise.all(
    values.map((value, n) =>
      store.storeBatch(
        batchOf(`sender${n}`, 1, [
          bucketOf({ histograms: { commitMs: histogramOf(value), constructor: histogramOf(1) } }),
          bucketOf({ version: 'v1', arm: 'v1', histograms: {} }),
          bucketOf({ histograms: {}, counts: { ...emptyCounts, failed: { ...emptyCounts.failed, render: 1 } } }),
        ]),
      ),
    ),
  );
  const v2 = await totalsOf('v2');
  const merged = histogramOf(...values);
  expect(v2?.counts).toMatchObject({ exposures: 120, failed: { render: 120, load: 0 } });
  expect(v2?.histograms['commitMs']).toMatchObject({
    n: 120,
    o: merged.o,
    b: merged.b,
    min: merged.min,
    max: merged.max,
  });
  expect(v2?.histograms['commitMs']?.l2).toBeCloseTo(merged.l2, 6);
  expect(v2?.histograms['constructor']).toMatchObject({ n: 120, b: [120] });
  expect((await totalsOf('v1'))?.counts.exposures).toBe(120);
});

test('counts a user once per arm, however often and in whatever order the bits come', async () => {
  const { store } = opened;
  const units = { exposed: 1, error: 0, slow: 0, silent: 0 };
  await store.storeBatch(batchOf('s', 1, [bucketOf({ units: { ...units, error: 1 } }), bucketOf({ units })]));
  await store.storeBatch(batchOf('s', 2, [bucketOf({ units: { ...units, silent: 1 } }), bucketOf({ stage: 'p1-s2' })]));
  await store.storeBatch(
    batchOf('s', 3, [
      bucketOf({ stage: '' }),
      bucketOf({ subject: 'b'.repeat(24), version: 'v1' }),
      bucketOf({ subject: 'c'.repeat(24), version: 'v1', arm: 'none' }),
      bucketOf({ subject: null }),
    ]),
  );
  expect((await totalsOf('v2'))?.units).toEqual({ exposed: 2, error: 1, slow: 0, silent: 1 });
  expect((await totalsOf('v1'))?.units.exposed).toBe(0);
});

test('tells when v2 was last shown', async () => {
  const { store } = opened;
  await store.storeBatch(
    batchOf('s', 1, [
      bucketOf(),
      bucketOf({ startMs: startMs + 10_000 }),
      bucketOf({ startMs: startMs + 20_000, version: 'v1' }),
      bucketOf({ startMs: startMs + 30_000, counts: { ...emptyCounts, attempts: 1 } }),
    ]),
  );
  expect(await store.readV2Since(['memoryPanel'], startMs)).toEqual({ exposures: 2, lastSeenAtMs: startMs + 10_000 });
  expect(await store.readV2Since(['memoryPanel'], startMs + 10_001)).toEqual({ exposures: 0, lastSeenAtMs: null });
  expect(await store.readV2Since([], 0)).toEqual({ exposures: 0, lastSeenAtMs: null });
});

test('leaves nothing of a batch that cannot be stored', async () => {
  const { store } = opened;
  const bad = bucketOf({ feature: 'x'.repeat(65) });
  await expect(store.storeBatch(batchOf('s', 1, [bucketOf(), bad]))).rejects.toMatchObject({ code: 'invalid' });
  expect((await totalsOf('v2'))?.counts.exposures).toBe(0);
  expect(await store.storeBatch(batchOf('s', 1))).toMatchObject({ status: 'stored' });
});
