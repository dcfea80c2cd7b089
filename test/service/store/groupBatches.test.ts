import { expect, test } from 'vitest';
import { groupBatches } from '../../../src/service/groupBatches.js';
import { StoreError, type BatchToStore } from '../../../src/service/store.js';

const batchOf = (senderId: string, seq = 1): BatchToStore => ({
  senderId,
  seq,
  dropped: { queueFull: 0, expired: 0, storage: 0 },
  buckets: [],
});

const stored = { status: 'stored', gaps: [] } as const;

/** Transactions that end when the test says so. */
function createStore(options: { maxGroup?: number; maxWaiting?: number } = {}) {
  const groups: { ids: string[]; end: (error?: unknown) => void }[] = [];
  let nowMs = 0;
  const storeBatch = groupBatches({
    store: (batches) =>
      new Promise((resolve, reject) => {
        const ids = batches.map(({ senderId, seq }) => `${senderId}${seq}`);
        groups.push({
          ids,
          end: (error) => (error === undefined ? resolve(batches.map(() => stored)) : reject(error)),
        });
      }),
    maxGroup: options.maxGroup ?? 10,
    maxBuckets: 1_000,
    maxRunning: 1,
    maxWaiting: options.maxWaiting ?? 10,
    maxWaitMs: 2_000,
    nowMs: () => nowMs,
  });
  const end = async (at: number, error?: unknown) => {
    groups[at]?.end(error);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  const wait = (ms: number) => (nowMs += ms);
  return { storeBatch, groups, end, wait };
}

const outcomeOf = (result: Promise<{ status: string }>): Promise<string> =>
  result.then(
    ({ status }) => status,
    (error: StoreError) => error.code,
  );

test('what arrives during a transaction is stored together by the next, at most so many', async () => {
  const { storeBatch, groups, end } = createStore({ maxGroup: 2 });
  const results = ['a', 'b', 'c', 'd'].map((id) => storeBatch(batchOf(id)));
  expect(groups.map(({ ids }) => ids)).toEqual([['a1']]);
  await end(0);
  await end(1);
  await end(2);
  expect(groups.map(({ ids }) => ids)).toEqual([['a1'], ['b1', 'c1'], ['d1']]);
  expect(await Promise.all(results)).toEqual([stored, stored, stored, stored]);
});

test('two batches of one sender never share a transaction, and keep their order', async () => {
  const { storeBatch, groups, end } = createStore();
  void storeBatch(batchOf('a'));
  void storeBatch(batchOf('b', 1));
  void storeBatch(batchOf('b', 2));
  void storeBatch(batchOf('c', 1));
  for (const at of [0, 1, 2]) await end(at);
  expect(groups.map(({ ids }) => ids)).toEqual([['a1'], ['b1', 'c1'], ['b2']]);
});

test('a batch that is refused takes no other with it', async () => {
  const { storeBatch, groups, end } = createStore();
  void storeBatch(batchOf('a'));
  const results = ['b', 'c'].map((id) => outcomeOf(storeBatch(batchOf(id))));
  await end(0);
  await end(1, new StoreError('invalid', 'one of them'));
  await end(2, new StoreError('invalid', 'this one'));
  await end(3);
  expect(groups.map(({ ids }) => ids)).toEqual([['a1'], ['b1', 'c1'], ['b1'], ['c1']]);
  expect(await Promise.all(results)).toEqual(['invalid', 'stored']);
});

test('who waits behind a database that is away hears it with the first', async () => {
  const { storeBatch, groups, end } = createStore();
  const results = ['a', 'b', 'c'].map((id) => outcomeOf(storeBatch(batchOf(id))));
  await end(0, new StoreError('unavailable', 'away'));
  expect(await Promise.all(results)).toEqual(['unavailable', 'unavailable', 'unavailable']);
  void storeBatch(batchOf('d'));
  expect(groups.at(-1)?.ids).toEqual(['d1']);
});

test('refuses what it cannot hold, and does not store what nobody waits for any more', async () => {
  const { storeBatch, groups, end, wait } = createStore({ maxWaiting: 1 });
  const first = outcomeOf(storeBatch(batchOf('a')));
  const second = outcomeOf(storeBatch(batchOf('b')));
  expect(await outcomeOf(storeBatch(batchOf('c')))).toBe('unavailable');
  wait(2_001);
  await end(0);
  expect([await first, await second]).toEqual(['stored', 'unavailable']);
  expect(groups).toHaveLength(1);
});

test('a batch that comes after one nobody waits for any more is stored all the same', async () => {
  const { storeBatch, groups, end, wait } = createStore();
  void storeBatch(batchOf('a'));
  const late = outcomeOf(storeBatch(batchOf('b', 1)));
  wait(1_500);
  const next = outcomeOf(storeBatch(batchOf('b', 2)));
  wait(600);
  await end(0);
  await end(1);
  expect(groups.map(({ ids }) => ids)).toEqual([['a1'], ['b2']]);
  expect([await late, await next]).toEqual(['unavailable', 'stored']);
});
