import { expect, test } from 'vitest';
import {
  createStagedStore,
  NotApplied,
  reconcile,
  textRepairLog,
  type RecordStore,
  type Stage,
  type StagedStoreOptions,
} from '../../../src/migrate/index.js';
import { createCaller } from '../callers.js';
import { createFaultyStore } from './faultyStore.js';

/** A store whose next calls wait until they are let go. */
function createHeldStore() {
  const store = createFaultyStore();
  const held = new Map<keyof RecordStore<number>, (() => void)[]>();
  const hold = (method: keyof RecordStore<number>) => held.set(method, []);
  const release = (method: keyof RecordStore<number>) => {
    const waiting = held.get(method) ?? [];
    held.delete(method);
    for (const go of waiting) go();
  };
  const wait = async (method: keyof RecordStore<number>) => {
    if (held.has(method)) await new Promise<void>((resolve) => held.get(method)?.push(resolve));
  };
  const held_: Required<RecordStore<number>> = {
    get: (key) => wait('get').then(() => store.get(key)),
    set: (record) => wait('set').then(() => store.set(record)),
    delete: (key) => wait('delete').then(() => store.delete(key)),
    list: (page) => wait('list').then(() => store.list(page)),
  };
  return { ...held_, store, hold, release };
}

function createHeld(stage: Stage, options: Partial<StagedStoreOptions<number>> = {}) {
  const caller = createCaller({ config: { stage } });
  const [v1, v2] = [createHeldStore(), createHeldStore()];
  const store = createStagedStore('titles', {
    client: caller.client,
    v1,
    v2,
    initialStage: stage,
    startsEqual: true,
    ...options,
  });
  return { ...caller, v1, v2, store, move: (next: Stage) => caller.publish({ config: { stage: next } }) };
}

const turns = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

test('a pass that a step back interrupted does not say that both hold the same', async () => {
  const { store, v2, move } = createHeld('dualwrite');
  await store.set('a', 1);
  v2.hold('list');
  const passing = reconcile(store, { repair: true });
  await turns();
  move('off');
  await store.set('a', 2);
  move('dualwrite');
  await store.get('a');
  v2.release('list');
  // Of `a` it saw nothing wrong or mended it; what came after it passed is not its to judge.
  await passing;
  await store.set('b', 1);
  move('shadow');
  await store.get('a');
  move('live');
  expect(await store.get('a')).toBe(2);
});

test('a write to one side alone, of a key that was passed already, leaves the other one behind', async () => {
  const { store, v2, move } = createHeld('dualwrite');
  for (const key of ['a', 'b']) await store.set(key, 1);
  let listed = 0;
  const { list } = v2;
  v2.list = async (page) => {
    if (++listed === 2) {
      move('off');
      await store.set('a', 2);
      move('dualwrite');
      await store.get('a');
    }
    return list(page);
  };
  await reconcile(store, { repair: true, windowSize: 1 });
  expect(store.getStatus()).toMatchObject({ stage: 'dualwrite', behind: { v2: true } });
});

test('a pass does not write the old side over the new one when the stage went on meanwhile', async () => {
  const { store, v1, v2, move } = createHeld('shadow');
  await store.set('a', 1);
  v2.store.records.set('a', { key: 'a', value: -1 });
  v2.hold('list');
  const passing = reconcile(store, { repair: true });
  await turns();
  for (const stage of ['live', 'rampdown', 'complete'] as const) {
    move(stage);
    await store.get('a');
  }
  await store.set('a', 2);
  v2.release('list');
  await passing;
  expect(v2.store.records.get('a')?.value).toBe(2);
  expect(await store.get('a')).toBe(2);
  expect(v1.store.records.get('a')?.value).toBe(1);
});

test('a pass leaves a record alone that a repair began to wait for', async () => {
  const { store, v1, v2 } = createHeld('live');
  await store.set('a', 1);
  v1.store.records.set('a', { key: 'a', value: -1 });
  v2.hold('get');
  const passing = reconcile(store, { repair: true });
  await turns();
  const { set } = v2;
  v2.set = () => {
    v2.set = set;
    return Promise.reject(new NotApplied('refused'));
  };
  const written = store.set('a', 2);
  v2.release('get');
  await written;
  await passing;
  expect(await store.get('a')).toBe(2);
  await store.drain();
  expect([v1.store.records.get('a')?.value, v2.store.records.get('a')?.value]).toEqual([2, 2]);
});

test('a repair that a write overtook does not undo it', async () => {
  const { store, v1, v2, move } = createHeld('shadow');
  await store.set('a', 1);
  v2.store.fates.push('fails');
  await store.set('a', 2);
  move('live');
  v2.hold('set');
  // The write holds the key, the repair waits behind it, and v1 misses what v2 gets.
  const written = store.set('a', 3);
  await turns();
  v1.store.fates.push('fails');
  const drained = store.drain();
  await turns();
  v2.release('set');
  await written;
  await drained;
  expect(await store.get('a')).toBe(3);
  await store.drain();
  expect([v1.store.records.get('a')?.value, v2.store.records.get('a')?.value]).toEqual([3, 3]);
});

test('with a log that cannot be read it stays where it is wanted, and goes nowhere until it was reconciled', async () => {
  const repairLog = {
    ...textRepairLog({ getItem: () => null, setItem() {} }, 'log'),
    load: () => Promise.reject(new Error('the disk is gone')),
  };
  const { store, v2, faults } = createHeld('complete', { repairLog, initialStage: 'off' });
  v2.store.records.set('a', { key: 'a', value: 1 });
  expect(await store.get('a')).toBe(1);
  expect(store.getStatus()).toMatchObject({ stage: 'complete', behind: { v1: true, v2: true } });
  expect(String(faults[0]?.error)).toContain('the disk is gone');
});

test('a page that is not full is not the last one', async () => {
  const { store, v1, v2 } = createHeld('dualwrite');
  for (const key of ['a', 'b', 'c']) await store.set(key, 1);
  for (const side of [v1, v2]) {
    const { list } = side.store;
    side.list = ({ after, limit }) => list({ after, limit: Math.min(limit, 1) });
  }
  expect(await reconcile(store)).toMatchObject({ checked: 3 });
});
