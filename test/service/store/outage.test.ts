import { readFile, rm } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { createServer, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/service/embedded/startEmbeddedPostgres.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import type { FlagStore } from '../../../src/service/store.js';
import { runSql } from '../../harness/postgres.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { byAda } from './openStore.js';

let dataDir: string;
let postgres: EmbeddedPostgres;
const logged: string[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchback-test-'));
  postgres = await startEmbeddedPostgres({ dataDir, durable: false, log: (line) => logged.push(line) });
});
afterAll(async () => {
  await postgres.close();
  await rm(dataDir, { recursive: true, force: true });
});

const postmasterPid = async () =>
  Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

const batch = { senderId: 's', seq: 1, dropped: { queueFull: 0, expired: 0, storage: 0 }, buckets: [] };
const everyCall: readonly [string, (store: FlagStore) => Promise<unknown>][] = [
  ['readState', (store) => store.readState()],
  ['createFeature', (store) => store.createFeature('x', {}, byAda)],
  ['changeFeature', (store) => store.changeFeature('a', { percentage: 1 }, null, byAda)],
  ['rollback', (store) => store.rollback('a', byAda)],
  ['emergencyRollback', (store) => store.emergencyRollback(byAda)],
  ['undoRollback', (store) => store.undoRollback(1, null, byAda)],
  ['readAudit', (store) => store.readAudit({ limit: 1 })],
  ['readRollbacks', (store) => store.readRollbacks({ limit: 1 })],
  ['storeBatch', (store) => store.storeBatch(batch)],
  ['readTotals', (store) => store.readTotals('a', 0, 1)],
  ['readV2Since', (store) => store.readV2Since(['a'], 0)],
];

async function expectUnavailable(store: FlagStore): Promise<void> {
  const outcomes = everyCall.map(async ([name, call]) => {
    const elapsedMs = startStopwatch();
    const error: unknown = await call(store).then(
      () => 'resolved',
      (thrown: unknown) => thrown,
    );
    return { name, error, elapsedMs: elapsedMs() };
  });
  for (const { name, error, elapsedMs } of await Promise.all(outcomes)) {
    expect(error, name).toMatchObject({ name: 'StoreError', code: 'unavailable' });
    expect(elapsedMs, name).toBeLessThan(2_300);
  }
}

test('every call fails within 2 s while the database hangs, and works when it goes on', async () => {
  const onInternalFault = vi.fn<(operation: string, error: unknown) => void>();
  const store = await createPostgresStore({ connectionString: postgres.connectionString, onInternalFault });
  await store.createFeature('a', { enabled: true }, byAda);
  const backends = await runSql<{ pid: number }>(
    postgres.connectionString,
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'switchback'",
  );
  const frozen = [await postmasterPid(), ...backends.map(({ pid }) => pid)];
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  try {
    await expectUnavailable(store);
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT');
  }
  await vi.waitFor(() => store.readState(), { timeout: 10_000 });
  const { feature } = await store.changeFeature('a', { percentage: 2 }, null, byAda);
  expect(feature?.percentage).toBe(2);
  await store.close();
});

test('every call fails within 2 s when the network swallows everything', async () => {
  const sockets = new Set<Socket>();
  let isDead = false;
  const proxy = createServer((incoming) => {
    const outgoing = connect(postgres.port, '127.0.0.1');
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    incoming.on('data', (chunk) => isDead || outgoing.write(chunk));
    outgoing.on('data', (chunk) => isDead || incoming.write(chunk));
    outgoing.on('close', () => incoming.destroy());
    incoming.on('close', () => outgoing.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const connectionString = postgres.connectionString.replace(/:\d+\//, `:${port}/`);
  const store = await createPostgresStore({ connectionString });
  await store.readState();
  isDead = true;
  await expectUnavailable(store);
  isDead = false;
  await store.readState();
  await store.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => proxy.close(resolve));
});

test('a killed database is started again; the store and its watch recover alone', async () => {
  const store = await createPostgresStore({ connectionString: postgres.connectionString, pollMs: 100 });
  const health: boolean[] = [];
  const onChange = vi.fn<() => void>();
  const stop = store.watch(onChange, (healthy) => health.push(healthy));
  await vi.waitFor(() => expect(health).toEqual([true]), { timeout: 20_000 });
  const before = await store.readState();
  process.kill(await postmasterPid(), 'SIGKILL');
  await vi.waitFor(() => expect(health).toEqual([true, false]), { timeout: 20_000 });
  await vi.waitFor(() => expect(health).toEqual([true, false, true]), { timeout: 15_000 });
  expect(await store.readState()).toEqual(before);
  expect(onChange).toHaveBeenCalled();
  expect(logged.join('\n')).toContain('PostgreSQL ended unexpectedly (SIGKILL), starting it again');
  onChange.mockClear();
  await runSql(postgres.connectionString, "UPDATE feature_flags SET percentage = 77 WHERE feature = 'a'");
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 10_000 });
  stop();
  await store.close();
});

test('opening a store where nothing listens is refused as unavailable', async () => {
  const elapsedMs = startStopwatch();
  await expect(createPostgresStore({ connectionString: 'postgresql://a:b@127.0.0.1:1/x' })).rejects.toMatchObject({
    code: 'unavailable',
  });
  expect(elapsedMs()).toBeLessThan(2_300);
});
