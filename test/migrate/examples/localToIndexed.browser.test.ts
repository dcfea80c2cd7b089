import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStagedStore, migrateData, reconcile, textRepairLog } from '../../../src/migrate/index.js';
import { createCaller } from '../callers.js';
import { indexedDbStore, type IndexedDbStore } from '../../../demo/src/migrate/indexedDbStore.js';
import { localStorageStore } from '../../../demo/src/migrate/localStorageStore.js';

interface Memory {
  readonly text: string;
}

let v2: IndexedDbStore<Memory>;
const v1 = localStorageStore<Memory>(localStorage, 'memory:');
beforeEach(async () => {
  localStorage.clear();
  v2 = await indexedDbStore<Memory>('memories');
});
afterEach(async () => {
  await v2.clear();
  v2.close();
  localStorage.clear();
});

const inLocalStorage = () => JSON.stringify(Object.entries(localStorage).sort());
const fill = async (count: number) => {
  for (let at = 0; at < count; at++) await v1.set({ key: `m-${1_000 + at}`, value: { text: `note ${at} ☕ 𝄞` } });
};
const createMove = () =>
  migrateData<Memory, Memory>({
    name: 'memories',
    read: (page) => v1.list(page),
    transform: ({ value }) => value,
    write: (records) => v2.setAll(records),
    verify: (keys) => v2.getAll(keys),
    count: () => v2.count(),
    total: async () => Object.keys(localStorage).filter((name) => name.startsWith('memory:')).length,
    remove: () => v2.clear(),
    checkpoint: {
      load: () => localStorage.getItem('move'),
      save: (text) => localStorage.setItem('move', text),
    },
    batchSize: 100,
  });

test('localStorage is copied to IndexedDB, verified and removed again; it stays as it was', async () => {
  await fill(250);
  localStorage.setItem('another', 'app');
  localStorage.setItem('move', '');
  localStorage.removeItem('move');
  const before = inLocalStorage();
  expect(await createMove().run()).toMatchObject({ phase: 'verified', total: 250, written: 250, verified: 250 });
  expect(await v2.get('m-1249')).toEqual({ key: 'm-1249', value: { text: 'note 249 ☕ 𝄞' } });
  await createMove().rollback();
  expect(await v2.count()).toBe(0);
  localStorage.removeItem('move');
  expect(inLocalStorage()).toBe(before);
});

test('people go on writing while it moves, IndexedDB fails, and a rollback loses nothing', async () => {
  await fill(20);
  const { client, publish } = createCaller({ config: { stage: 'off' } });
  let isBroken = false;
  const breaking =
    <Args extends unknown[], T>(run: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> =>
      isBroken ? Promise.reject(new Error('IndexedDB is gone')) : run(...args);
  const sides = { v1, v2: { ...v2, set: breaking(v2.set), delete: breaking(v2.delete), get: breaking(v2.get) } };
  const store = createStagedStore<Memory>('titles', {
    client,
    ...sides,
    repairLog: textRepairLog(localStorage, 'repairs'),
  });
  const wanted = new Map((await v1.list({ limit: 1_000 })).map(({ key, value }) => [key, value.text]));
  const write = async (key: string, text: string) => {
    await store.set(key, { text });
    wanted.set(key, text);
  };
  for (const stage of ['dualwrite', 'shadow'] as const) {
    publish({ config: { stage } });
    await write(`new-${stage}`, stage);
  }
  expect(await reconcile(store, { repair: true })).toMatchObject({ missing: 20, repaired: 20 });
  publish({ config: { stage: 'live' } });
  await write('m-1003', 'changed while live');
  expect(await v2.get('m-1003')).toMatchObject({ value: { text: 'changed while live' } });
  isBroken = true;
  expect(await store.get('m-1003')).toEqual({ text: 'changed while live' });
  await expect(store.set('m-1004', { text: 'nobody said it was kept' })).rejects.toThrow('IndexedDB is gone');
  publish({ config: { stage: 'live' } }, { kills: ['titles'] });
  await write('m-1005', 'after the rollback');
  for (const [key, text] of wanted) expect(await store.get(key)).toEqual({ text });
  expect(store.getStatus()).toMatchObject({ stage: 'off', isRolledBack: true });
  await store.close();
});

test('a localStorage that is full refuses, and says that nothing was written', async () => {
  const { client } = createCaller({ config: { stage: 'off' } });
  const store = createStagedStore<Memory>('titles', { client, v1, v2 });
  await store.set('small', { text: 'kept' });
  await expect(store.set('large', { text: 'x'.repeat(12_000_000) })).rejects.toThrow('the storage is full');
  expect([await store.get('small'), await store.get('large')]).toEqual([{ text: 'kept' }, undefined]);
  await store.close();
});
