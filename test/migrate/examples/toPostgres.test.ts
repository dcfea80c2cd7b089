import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createStagedStore, migrateData, reconcile, safely, type RecordStore } from '../../../src/migrate/index.js';
import { startTestPostgres, type TestPostgres } from '../../harness/postgres.js';
import { createCaller } from '../callers.js';
import { cachedRead } from './cachedRead.js';
import { postgresStore, type PostgresStore } from './postgresStore.js';
import { sqliteStore } from './sqliteStore.js';

interface User {
  readonly name: string;
  readonly tags: readonly string[];
}

let postgres: TestPostgres;
let pool: pg.Pool;
let folder: string;
let v1: Required<RecordStore<User>>;
let v2: PostgresStore<User>;
beforeAll(async () => {
  [postgres, folder] = await Promise.all([startTestPostgres(), mkdtemp(join(tmpdir(), 'switchback-sqlite-'))]);
  pool = new pg.Pool({ connectionString: await postgres.createDatabase() });
  // A connection that is closing may still hear that the server stops.
  pool.on('error', () => {});
});
afterAll(async () => {
  await pool.end();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
});
let files = 0;
beforeEach(async () => {
  const database = new sqlite.Database(join(folder, `users-${files++}.db`));
  onTestFinished(() => database.close());
  v1 = sqliteStore<User>(database, 'users');
  v2 = await postgresStore<User>(pool, 'users');
  await v2.clear();
});

const userOf = (at: number): User => ({ name: `Zoë ${at} 𝄞`, tags: [`t${at % 3}`] });
const keyOf = (at: number): string => `user-${String(at).padStart(6, '0')}`;
const fill = async (count: number) => {
  for (let at = 0; at < count; at++) await v1.set({ key: keyOf(at), value: userOf(at) });
};
const allOf = async (store: Required<RecordStore<User>>) => {
  const records = await store.list({ limit: 100_000 });
  return records.map(({ key, value }) => [key, value]);
};

test('SQLite is copied to PostgreSQL, verified, and removed from there alone', async () => {
  await fill(600);
  const before = await allOf(v1);
  let text: string | null = null;
  const migration = migrateData<User, User>({
    name: 'users',
    read: (page) => v1.list(page),
    transform: ({ value }) => value,
    write: (records) => v2.setAll(records),
    verify: (keys) => v2.getAll(keys),
    count: () => v2.count(),
    remove: () => v2.clear(),
    checkpoint: { load: () => text, save: (next) => void (text = next) },
    sampling: 1,
    batchSize: 250,
  });
  expect(await migration.run()).toMatchObject({ phase: 'verified', written: 600, verified: 600 });
  expect(await allOf(v2)).toEqual(before);
  await migration.rollback();
  expect([await v2.count(), await allOf(v1)]).toEqual([0, before]);
});

test('the six stages, there and back, between SQLite and PostgreSQL', async () => {
  await fill(30);
  const { client, publish } = createCaller({ config: { stage: 'off' } });
  const store = createStagedStore<User>('titles', { client, v1, v2 });
  const go = async (stage: string) => {
    publish({ config: { stage } });
    await store.set(stage, { name: stage, tags: [] });
    expect(store.getStatus().stage).toBe(stage);
    expect(await store.get(stage)).toEqual({ name: stage, tags: [] });
  };
  for (const stage of ['off', 'dualwrite', 'shadow']) await go(stage);
  expect(await reconcile(store, { repair: true, windowSize: 10 })).toMatchObject({ missing: 31, repaired: 31 });
  for (const stage of ['live', 'rampdown', 'complete', 'rampdown', 'live']) await go(stage);
  expect(await reconcile(store, { repair: true })).toMatchObject({ missing: 1, repaired: 1 });
  await go('shadow');
  expect(await allOf(v1)).toEqual(await allOf(v2));
  expect(store.getMetrics().mismatched).toBe(0);
  await store.close();
});

test('a cache in front of a slow store answers at once, and the store where the cache fails', async () => {
  await v2.set({ key: 'user-1', value: userOf(1) });
  const { client } = createCaller();
  const slow = vi.fn(async (key: string): Promise<User | undefined> => {
    await pool.query('SELECT pg_sleep(0.05)');
    return (await v2.get(key))?.value;
  });
  let isBroken = false;
  const cache = cachedRead({
    load: async (key: string) => {
      if (isBroken) throw new Error('the cache is gone');
      return slow(key);
    },
    maxAgeMs: 60_000,
    maxEntries: 100,
    nowMs: () => performance.now(),
  });
  const getUser = safely('titles', { client, v1: slow, v2: (key) => cache.read(key) });
  const [first, second] = await Promise.all([getUser('user-1'), getUser('user-1')]);
  expect([first, second]).toEqual([userOf(1), userOf(1)]);
  expect(slow).toHaveBeenCalledTimes(1);
  expect(await getUser('user-1')).toEqual(userOf(1));
  expect(slow).toHaveBeenCalledTimes(1);
  isBroken = true;
  cache.forget('user-1');
  expect(await getUser('user-1')).toEqual(userOf(1));
  expect(slow).toHaveBeenCalledTimes(2);
});
