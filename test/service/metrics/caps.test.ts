import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyCounts } from '../../../src/observe/tally.js';
import type { AcceptedBucket } from '../../../src/service/store.js';
import { openStore } from '../store/openStore.js';
import { anyBucket, batchOf, bucketOf } from './sampleBuckets.js';

const opened = openStore();
const startMs = 1_795_244_450_000;
const all = async () => (await opened.store.readTotals('memoryPanel', startMs, startMs + 20_000))[1]!;
const counter = { kind: 'counter', unit: '1', n: 1, sum: 1 } as const;
const seriesCount = async () =>
  (
    await opened.sql(
      "SELECT count(*) FILTER (WHERE name LIKE 'm %')::int AS measures, count(*)::int AS all FROM metric_series",
    )
  )[0];

test('a feature has at most 200 series, however many names and stages are sent, and what is more is counted as other', async () => {
  const { store } = opened;
  let leftOut = 0;
  for (let at = 0; at < 30; at += 1) {
    const buckets = Array.from({ length: 10 }, (_, n) =>
      bucketOf({
        stage: `p${at}-s${n}`,
        unverified: n % 2 === 0,
        measures: Object.fromEntries(Array.from({ length: 10 }, (_, m) => [`m${at}x${n}x${m}`, counter])),
      }),
    );
    leftOut += (await store.storeBatch(batchOf(`s${at}`, 1, buckets))).namesLeftOut ?? 0;
  }
  expect(await seriesCount()).toEqual({ measures: 39, all: 187 });
  expect(
    await opened.sql(
      'SELECT count(DISTINCT (version, arm, reason, stage, unverified))::int AS rows FROM metric_buckets',
    ),
  ).toEqual([{ rows: 150 }]);
  const { counts, measures } = await all();
  expect(counts.exposures).toBe(300);
  expect(Object.keys(measures)).toHaveLength(40);
  expect(measures['other']).toEqual({ kind: 'counter', unit: '1', n: 3_000 - 39, sum: 3_000 - 39 });
  // 152 of the 300 rows and all but 39 names.
  expect(leftOut).toBe(3_000 - 39 + 152);
});

test('what cannot be checked leaves room for what can', async () => {
  const { store } = opened;
  for (let at = 0; at < 20; at += 1)
    await store.storeBatch(
      batchOf(
        `s${at}`,
        1,
        Array.from({ length: 10 }, (_, n) => bucketOf({ stage: `f${at}-${n}`, unverified: true })),
      ),
    );
  await store.storeBatch(batchOf('t', 1, [bucketOf({ stage: 'p1-s1' })]));
  const rows = await opened.sql('SELECT stage FROM metric_buckets WHERE NOT unverified');
  expect(rows).toEqual([{ stage: 'p1-s1' }]);
});

test('a name is one kind and one unit; another one under it is other', async () => {
  const { store } = opened;
  await store.storeBatch(batchOf('s', 1, [bucketOf({ measures: { hits: counter } })]));
  const forged = { hits: { ...counter, unit: 'ms', sum: 1e9 }, other: { ...counter, unit: 'By', sum: 7 } };
  expect(await store.storeBatch(batchOf('t', 1, [bucketOf({ measures: forged })]))).toMatchObject({ namesLeftOut: 2 });
  expect((await all()).measures).toEqual({ hits: counter, other: { kind: 'counter', unit: '1', n: 2, sum: 2 } });
});

test('names called __proto__ or constructor are names', async () => {
  const measures = JSON.parse(`{"__proto__":${JSON.stringify(counter)},"constructor":${JSON.stringify(counter)}}`);
  await opened.store.storeBatch(batchOf('s', 1, [bucketOf({ measures })]));
  expect(Object.keys((await all()).measures).sort()).toEqual(['__proto__', 'constructor']);
});

test('a sender speaks for few users of a feature and stage', async () => {
  const { store } = opened;
  const users = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => bucketOf({ subject: String(from + n).padStart(24, '0') }));
  expect(await store.storeBatch(batchOf('s', 1, users(0, 10)))).toEqual({ status: 'stored', gaps: [] });
  expect(await store.storeBatch(batchOf('s', 2, users(0, 40)))).toMatchObject({ status: 'stored', usersLeftOut: 24 });
  expect((await store.storeBatch(batchOf('s', 3, users(100, 5)))).usersLeftOut).toBe(5);
  expect((await store.storeBatch(batchOf('t', 1, users(100, 5)))).usersLeftOut).toBeUndefined();
  // Its buckets count: only the guard's users are bounded.
  expect(await all()).toMatchObject({ counts: { exposures: 60 }, units: { exposed: 21 } });
});

test('a sender brings no more values than a page can', async () => {
  const { store } = opened;
  const much = (attempts: number) => [bucketOf({ counts: { ...emptyCounts, attempts } })];
  expect((await store.storeBatch(batchOf('s', 1, much(90_000)))).status).toBe('stored');
  expect(await store.storeBatch(batchOf('s', 2, much(90_000)))).toEqual({ status: 'limited', gaps: [] });
  expect((await store.storeBatch(batchOf('s', 2, much(1)))).status).toBe('duplicate');
  expect((await store.storeBatch(batchOf('t', 1, much(100_001)))).status).toBe('limited');
  expect((await store.storeBatch(batchOf('s', 3, much(9_000)))).status).toBe('stored');
  expect((await all()).counts.attempts).toBe(99_000);
});

test('starts and lengths that a sender makes up make no more rows', async () => {
  const buckets = Array.from({ length: 200 }, (_, n) => bucketOf({ startMs: startMs + n, durationMs: 1 + n }));
  await opened.store.storeBatch(batchOf('s', 1, buckets));
  expect(await opened.sql('SELECT count(*)::int AS rows FROM metric_buckets')).toEqual([{ rows: 1 }]);
});

test('a number at the end of the range costs nothing, and tells at most so much of what is missing', async () => {
  const { store } = opened;
  const last = Number.MAX_SAFE_INTEGER;
  expect(await store.storeBatch(batchOf('s', last, [bucketOf()]))).toEqual({ status: 'stored', gaps: [[1, last - 1]] });
  expect((await store.readDelivery(0)).missing).toBe(3_000);
});

test('the order of batches does not matter', { timeout: 240_000 }, async () => {
  const read = async (buckets: readonly AcceptedBucket[]) => {
    await opened.sql('TRUNCATE metric_buckets, metric_senders, stage_units');
    for (const [at, bucket] of buckets.entries()) await opened.store.storeBatch(batchOf(`s${at}`, 1, [bucket]));
    const { measures: _, histograms, ...numbers } = await all();
    return { ...numbers, bucketsOf: Object.values(histograms).map(({ s, n, z, o, b }) => ({ s, n, z, o, b })) };
  };
  await fc.assert(
    fc.asyncProperty(fc.array(anyBucket(startMs, 20_000), { minLength: 2, maxLength: 6 }), async (buckets) => {
      expect(await read([...buckets].reverse())).toEqual(await read(buckets));
    }),
    { numRuns: 6 },
  );
});
