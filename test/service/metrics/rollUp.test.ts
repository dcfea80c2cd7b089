import { fork } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Measures } from '../../../src/observe/measure.js';
import { openDatabase } from '../../../src/service/database.js';
import { rollUp } from '../../../src/service/metrics/rollUp.js';
import type { AcceptedBucket, StoredNumbers, StoredStep } from '../../../src/service/store.js';
import { bundleForNode } from '../../harness/nodeBundle.js';
import { openStore } from '../store/openStore.js';
import { anyBucket, batchOf, bucketOf } from './sampleBuckets.js';

// The store itself only adds up what is fresh: all else is what the tests say.
const ever = 87_600;
const opened = openStore({
  retention: { tenSecondsHours: ever, minutesHours: ever, hoursHours: ever, daysHours: ever },
});
let program: Awaited<ReturnType<typeof bundleForNode>>;
beforeAll(async () => {
  program = await bundleForNode(new URL('./rollingProcess.ts', import.meta.url));
});
afterAll(() => program.remove());
const dayMs = 86_400_000;
const hourMs = 3_600_000;
// Longer ago than anything here is kept fine.
const firstMs = Math.floor(Date.now() / dayMs) * dayMs - 10 * dayMs;
const toMinutes = [{ durationMs: 60_000, afterMs: dayMs }];
const toDays = [60_000, hourMs, dayMs].map((durationMs) => ({ durationMs, afterMs: dayMs }));
const noTotals = async (): Promise<void> => {};

async function roll(levels: Parameters<typeof rollUp>[1]): Promise<boolean> {
  const database = openDatabase({
    config: { connectionString: opened.serviceUrl },
    deadlineMs: 30_000,
    onInternalFault: (_, error) => {
      throw error;
    },
  });
  try {
    return await rollUp(database, levels, noTotals);
  } finally {
    await database.close();
  }
}

/** The store does the same every 5 s: who is not first waits. */
const rollAll = async (levels: Parameters<typeof rollUp>[1]): Promise<void> => {
  while (!(await roll(levels)));
};

const storeAll = async (buckets: readonly AcceptedBucket[], sender = 's') => {
  const stored = await Promise.all(
    buckets.map((bucket, at) => opened.store.storeBatch(batchOf(`${sender}${at}`, 1, [bucket]))),
  );
  expect(stored.every(({ status }) => status === 'stored')).toBe(true);
};

/** What a gauge was last depends on the order, as it must. */
const withoutLast = (measures: Measures): object =>
  Object.fromEntries(Object.entries(measures).map(([name, measure]) => [name, { ...measure, last: 0 }]));
const comparable = ({ histograms, measures, ...numbers }: StoredNumbers) => ({
  ...numbers,
  measures: rounded(withoutLast(measures)),
  histograms: rounded(histograms),
});
/** Sums of logarithms differ in the last digits, by the order in which they are added. */
const rounded = (value: object): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, one: unknown) =>
      typeof one === 'number' && !Number.isInteger(one) ? Number(one.toPrecision(9)) : one,
    ),
  );
const nameOf = ({ startMs, version, assigned }: Pick<StoredStep, 'startMs' | 'version' | 'assigned'>): string =>
  `${startMs} ${version} ${assigned}`;
const stepOf = ({ durationMs: _, ...step }: StoredStep) => ({ ...step, ...comparable(step) });

test('reads the same after a roll-up as before it, whatever came in whatever order', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyBucket(firstMs, dayMs), { minLength: 1, maxLength: 12 }),
      fc.array(anyBucket(firstMs, dayMs), { maxLength: 4 }),
      async (first, late) => {
        await opened.sql('TRUNCATE metric_buckets, metric_senders, metric_series, stage_units');
        await storeAll(first);
        const read = async (stepMs: number) =>
          (await opened.store.readSteps('memoryPanel', firstMs, firstMs + dayMs, stepMs)).map(stepOf);
        const byOrder = (steps: Awaited<ReturnType<typeof read>>) => new Map(steps.map((step) => [nameOf(step), step]));
        const [minutes, days] = [await read(60_000), await read(dayMs)];
        await rollAll(toMinutes);
        expect(byOrder(await read(60_000))).toEqual(byOrder(minutes));
        await rollAll(toDays);
        expect(byOrder(await read(dayMs))).toEqual(byOrder(days));
        // What comes late finds its longer bucket.
        await storeAll(late, 'late');
        const before = await read(dayMs);
        await rollAll(toDays);
        expect(byOrder(await read(dayMs))).toEqual(byOrder(before));
        const rows = await opened.sql(
          'SELECT DISTINCT duration_ms::int AS ms, shard::int AS shard FROM metric_buckets',
        );
        expect(rows).toEqual([{ ms: dayMs, shard: 0 }]);
      },
    ),
    { numRuns: 10 },
  );
});

test('keeps what is young as fine as it came, and adds up its rows', async () => {
  const startMs = Math.floor(Date.now() / 10_000) * 10_000;
  await storeAll(Array.from({ length: 20 }, () => bucketOf({ startMs })));
  await rollAll(toDays);
  expect(await opened.sql('SELECT duration_ms::int AS ms, exposures::int AS shown FROM metric_buckets')).toEqual([
    { ms: 10_000, shown: 20 },
  ]);
});

test('makes a longer bucket only of time that has passed whole', async () => {
  const nowMs = Date.now();
  await storeAll([bucketOf({ startMs: nowMs - 30_000 }), bucketOf({ startMs: nowMs - 3 * hourMs })]);
  await rollAll([{ durationMs: hourMs, afterMs: 1_000 }]);
  const rows = await opened.sql('SELECT duration_ms::int AS ms FROM metric_buckets ORDER BY start_ms');
  expect(rows[0]).toEqual({ ms: hourMs });
  const hourBegan = Math.floor(nowMs / hourMs) * hourMs;
  // In the first seconds of an hour the last one is whole already.
  if (nowMs - 30_000 >= hourBegan) expect(rows[1]).toEqual({ ms: 10_000 });
});

test('one of many replicas at a time adds up, and nothing is counted twice', async () => {
  await storeAll(Array.from({ length: 60 }, (_, at) => bucketOf({ startMs: firstMs + at * 10_000 })));
  const done = await Promise.all(Array.from({ length: 6 }, () => roll(toDays)));
  expect(done).toContain(true);
  await rollAll(toDays);
  expect(await opened.sql('SELECT count(*)::int AS rows, sum(exposures)::int AS shown FROM metric_buckets')).toEqual([
    { rows: 1, shown: 60 },
  ]);
});

test('loses and doubles nothing, wherever it is killed, while batches come in', { timeout: 120_000 }, async () => {
  let stored = 0;
  for (let round = 0; round < 6; round += 1) {
    const child = fork(program.path, [opened.serviceUrl]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    await once(child, 'message');
    const until = Date.now() + 60 + round * 35;
    while (Date.now() < until) {
      await storeAll([bucketOf({ startMs: firstMs + (stored % 8_000) * 10_000 })], `r${round}-${stored}-`);
      stored += 1;
    }
    child.kill('SIGKILL');
    await exited;
    expect(await opened.sql('SELECT sum(exposures)::int AS shown FROM metric_buckets')).toEqual([{ shown: stored }]);
  }
  await rollAll(toDays);
  expect(await opened.sql('SELECT sum(exposures)::int AS shown FROM metric_buckets')).toEqual([{ shown: stored }]);
});
