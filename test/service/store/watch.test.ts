import { expect, onTestFinished, test, vi } from 'vitest';
import { watchRevision } from '../../../src/service/watchRevision.js';
import { openDatabase } from '../../../src/service/database.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { byAda, openStore } from './openStore.js';

const opened = openStore();
const wait = { timeout: 10_000, interval: 5 };
const killListener = `SELECT count(pg_terminate_backend(pid))::int AS killed FROM pg_stat_activity
  WHERE application_name = 'switchback-listen' AND datname = current_database()`;

/** Watches until the test ends, and waits until listening works. */
async function watching(watch: (onChange: () => void, onHealth: (healthy: boolean) => void) => () => void) {
  const onChange = vi.fn<() => void>();
  const onHealth = vi.fn<(healthy: boolean) => void>();
  const stop = watch(onChange, onHealth);
  await vi.waitFor(() => expect(onHealth).toHaveBeenLastCalledWith(true, undefined), wait);
  onChange.mockClear();
  return { onChange, onHealth, stop };
}

test('calls back within a moment of an UPDATE typed by somebody else', async () => {
  const { store, sql } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const { onChange, stop } = await watching((...callbacks) => store.watch(...callbacks));
  const elapsedMs = startStopwatch();
  await sql("UPDATE feature_flags SET enabled = false WHERE feature = 'a'");
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 10_000, interval: 2 });
  // Asking alone would take up to 2 s.
  expect(elapsedMs()).toBeLessThan(500);
  expect((await store.readState()).rollbacks).toHaveLength(1);
  stop();
});

test('hears nothing of a transaction that is rolled back, nor after stop', async () => {
  const { store, sql } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const { onChange, stop } = await watching((...callbacks) => store.watch(...callbacks));
  await sql('BEGIN; UPDATE feature_flags SET enabled = false; ROLLBACK');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(onChange).not.toHaveBeenCalled();
  stop();
  await sql('UPDATE feature_flags SET enabled = false');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(onChange).not.toHaveBeenCalled();
});

test('survives the end of its connection, and tells of what was changed meanwhile', async () => {
  const { store, sql } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const { onChange, onHealth, stop } = await watching((...callbacks) => store.watch(...callbacks));
  for (let round = 1; round <= 3; round += 1) {
    onChange.mockClear();
    onHealth.mockClear();
    expect(await sql(`${killListener}`)).toEqual([{ killed: 1 }]);
    await sql('UPDATE feature_flags SET percentage = percentage + 1');
    await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), wait);
    await vi.waitFor(() => expect(onHealth.mock.calls.map(([healthy]) => healthy)).toEqual([false, true]), wait);
    onChange.mockClear();
    const elapsedMs = startStopwatch();
    await sql('UPDATE feature_flags SET percentage = percentage + 1');
    await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 10_000, interval: 2 });
    expect(elapsedMs()).toBeLessThan(500);
  }
  stop();
});

test('finds a change by asking when notifications do not come at all', async () => {
  const { connectionString, sql, store } = opened;
  await store.createFeature('a', {}, byAda);
  const database = openDatabase({ config: { connectionString }, onInternalFault: () => {} });
  const onChange = vi.fn<() => void>();
  // A listener that never gets through: nothing answers on port 1.
  const config = { host: '127.0.0.1', port: 1 };
  const stop = watchRevision({ config, database, pollMs: 50, onChange, onHealth: () => {}, onPassed: () => {} });
  await new Promise((resolve) => setTimeout(resolve, 300));
  onChange.mockClear();
  await sql('UPDATE feature_flags SET percentage = 1');
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1), wait);
  stop();
  await database.close();
});

test('looks at the content after the clock was set back as before', async () => {
  const { connectionString, sql, store } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const other = await createPostgresStore({ connectionString, pollMs: 50, digestMs: 150 });
  const { onChange, stop } = await watching((...callbacks) => other.watch(...callbacks));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const trueNow = Date.now.bind(Date);
  const set = vi.spyOn(Date, 'now').mockImplementation(() => trueNow() - 31_557_600_000);
  onTestFinished(() => void set.mockRestore());
  await sql("SET session_replication_role = replica; UPDATE feature_flags SET enabled = false WHERE feature = 'a'");
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), wait);
  stop();
  await other.close();
});

test('gives a revision to a change that was made with the triggers off', async () => {
  const { connectionString, sql, store } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const other = await createPostgresStore({ connectionString, pollMs: 50, digestMs: 50 });
  const { onChange, stop } = await watching((...callbacks) => other.watch(...callbacks));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await sql("SET session_replication_role = replica; UPDATE feature_flags SET enabled = false WHERE feature = 'a'");
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), wait);
  const state = await store.readState();
  expect(state.revision).toBe(2);
  expect(state.features.get('a')?.enabled).toBe(false);
  expect((await store.readAudit({ limit: 1 }))[0]).toMatchObject({ action: 'change-without-triggers', source: 'sql' });
  stop();
  await other.close();
});

test('notices a change with the triggers off that follows another one at once', async () => {
  const { connectionString, sql, store } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const other = await createPostgresStore({ connectionString, pollMs: 50, digestMs: 3_000 });
  const { onChange, stop } = await watching((...callbacks) => other.watch(...callbacks));
  // What is published is what was read when the change came.
  onChange.mockImplementation(() => void other.readState());
  await store.changeFeature('a', { percentage: 50 }, null, byAda);
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), wait);
  expect((await other.readState()).revision).toBe(2);
  await sql("SET session_replication_role = replica; UPDATE feature_flags SET enabled = false WHERE feature = 'a'");
  await vi.waitFor(async () => expect((await store.readState()).revision).toBe(3), wait);
  expect((await store.readState()).features.get('a')?.enabled).toBe(false);
  stop();
  await other.close();
});
