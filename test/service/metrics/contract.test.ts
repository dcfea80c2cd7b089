import { expect, test } from 'vitest';
import { emptyHistogram, record } from '../../../src/observe/histogram.js';
import type { FlagStore } from '../../../src/service/store.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { openStore } from '../store/openStore.js';
import { batchOf, bucketOf } from './sampleBuckets.js';

const opened = openStore();
const startMs = 1_795_244_450_000;
const stores: readonly (readonly [string, () => FlagStore])[] = [
  ['PostgreSQL', () => opened.store],
  ['memory', () => createMemoryStore()],
];

test.each(stores)('%s: takes each number of a sender once and names what is missing', async (_, open) => {
  const store = open();
  expect(await store.storeBatch(batchOf('s', 3, [bucketOf()]))).toEqual({ status: 'stored', gaps: [[1, 2]] });
  expect(await store.storeBatch(batchOf('s', 3, [bucketOf()]))).toEqual({ status: 'duplicate', gaps: [[1, 2]] });
  expect(await store.storeBatch(batchOf('s', 1, []))).toEqual({ status: 'stored', gaps: [[2, 2]] });
  expect(await store.storeBatch(batchOf('t', 1, [bucketOf()]))).toEqual({ status: 'stored', gaps: [] });
});

test.each(stores)('%s: tells another batch under a number from the same one again', async (_, open) => {
  const store = open();
  const first = { ...batchOf('s', 1, [bucketOf()]), checksum: '0000000a' };
  expect(await store.storeBatch(first)).toEqual({ status: 'stored', gaps: [] });
  expect(await store.storeBatch(first)).toEqual({ status: 'duplicate', gaps: [] });
  const forged = { ...first, checksum: '0000000b', buckets: [bucketOf(), bucketOf()] };
  expect(await store.storeBatch(forged)).toEqual({ status: 'duplicate', gaps: [], differs: true });
  const [, v2] = await store.readTotals('memoryPanel', startMs, startMs + 10_000);
  expect(v2?.counts.exposures).toBe(1);
});

test.each(stores)('%s: reads totals and steps of everything that was measured', async (_, open) => {
  const store = open();
  const measured = {
    histograms: { commitMs: record(emptyHistogram, 8) },
    sums: { heapMb: { n: 1, sum: 40 } },
    measures: { hits: { kind: 'counter', unit: '1', n: 2, sum: 5 } },
  } as const;
  const outside = { version: 'v1', arm: 'none', reason: 'DEFAULT' } as const;
  await store.storeBatch(batchOf('s', 1, [bucketOf(measured), bucketOf({ startMs: startMs + 70_000, ...measured })]));
  await store.storeBatch(batchOf('t', 1, [bucketOf({ ...measured, ...outside })]));
  const totals = await store.readTotals('memoryPanel', startMs, startMs + 80_000);
  expect(totals.map(({ version, assigned }) => [version, assigned])).toEqual([
    ['v1', true],
    ['v2', true],
    ['v1', false],
    ['v2', false],
  ]);
  expect(totals[1]).toMatchObject({
    counts: { exposures: 2 },
    histograms: { commitMs: { n: 2, sum: 16 } },
    sums: { heapMb: { n: 2, sum: 80 } },
    measures: { hits: { kind: 'counter', unit: '1', n: 4, sum: 10 } },
    units: { exposed: 1 },
  });
  const steps = await store.readSteps('memoryPanel', startMs, startMs + 80_000, 60_000);
  const first = Math.floor(startMs / 60_000) * 60_000;
  expect(steps.map((step) => [step.startMs, step.version, step.assigned, step.durationMs]).sort()).toEqual([
    [first, 'v1', false, 10_000],
    [first, 'v2', true, 10_000],
    [first + 120_000, 'v2', true, 10_000],
  ]);
  expect(await store.readSteps('memoryPanel', startMs + 10_000, startMs + 20_000, 10_000)).toEqual([]);
  expect(await store.readSteps('unknown', 0, Date.now() * 2, 86_400_000)).toEqual([]);
});

test.each(stores)('%s: adds up what arrived, what was dropped and what is missing', async (_, open) => {
  const store = open();
  const dropped = { queueFull: 1, expired: 2, storage: 3 };
  await store.storeBatch({ ...batchOf('s', 1, [bucketOf()]), dropped });
  await store.storeBatch(batchOf('s', 4, [bucketOf()]));
  await store.storeBatch(batchOf('s', 4, [bucketOf()]));
  // A bucket here has three values; two batches of that size are missing.
  expect(await store.readDelivery(0)).toEqual({ senders: 1, received: 6, dropped: 6, missing: 6 });
});
