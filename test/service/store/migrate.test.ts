import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { migrate } from '../../../src/service/migrate.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { migrations } from '../../../src/service/sql/migrations.js';
import { startService } from '../../../src/service/startService.js';
import { byAda, openStore } from './openStore.js';

const opened = openStore();

test('many services may start at once on an empty database', async () => {
  const { sql, connectionString } = opened;
  await sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const stores = await Promise.all(Array.from({ length: 5 }, () => createPostgresStore({ connectionString })));
  const states = await Promise.all(stores.map((store) => store.readState()));
  expect(new Set(states.map(({ epoch }) => epoch)).size).toBe(1);
  expect(await sql('SELECT version, name FROM switchback_migrations ORDER BY version')).toEqual(
    migrations.map(({ version, name }) => ({ version, name })),
  );
  await Promise.all(stores.map((store) => store.close()));
});

test('opens a database again with everything in it', async () => {
  const { store, connectionString } = opened;
  const { epoch } = await store.createFeature('a', { enabled: true }, byAda);
  const again = await createPostgresStore({ connectionString });
  expect(await again.readState()).toMatchObject({ epoch, revision: 1 });
  await again.close();
});

test('refuses a database that is newer than the code', async () => {
  const { sql, connectionString } = opened;
  await sql("INSERT INTO switchback_migrations (version, name) VALUES (99, 'later')");
  await expect(createPostgresStore({ connectionString })).rejects.toMatchObject({
    code: 'conflict',
    message: `the database is at schema 99, this version of react-switchback knows ${migrations.length}: upgrade react-switchback`,
  });
});

/** Takes back the last steps that lock tables which replicas read. */
const undoUpkeep = () =>
  opened.sql(`BEGIN; DROP TRIGGER check_feature ON plans; DROP FUNCTION switchback_check_plan_feature();
    DROP FUNCTION switchback_acknowledge_epoch(); ALTER TABLE switchback_state DROP COLUMN acknowledged_epoch;
    ALTER TABLE replicas DROP COLUMN ofrep_streams; DELETE FROM switchback_migrations WHERE version >= 9; COMMIT`);

/** Somebody who reads a table and does not end the transaction. */
async function openReader(table: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: opened.connectionString });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query(`BEGIN; SELECT FROM ${table}`);
  return client;
}

const versions = () => opened.sql('SELECT max(version) AS newest FROM switchback_migrations');

test('an upgrade that waits for a long reader lets others read, and is there when it has ended', async () => {
  await opened.store.close();
  await undoUpkeep();
  const reader = await openReader('replicas');
  const lines: string[] = [];
  const upgrading = migrate({ connectionString: opened.connectionString }, 'migrate', {
    log: (line) => lines.push(line),
  });
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  for (let round = 0; round < 3; round += 1) {
    const other = await openReader('replicas');
    await other.query('SELECT FROM switchback_state; COMMIT');
  }
  expect(await versions()).toEqual([{ newest: 8 }]);
  await reader.query('COMMIT');
  await upgrading;
  expect(lines).toEqual([
    expect.stringMatching(/^another transaction stands in the way of the upgrade, .* lock timeout$/),
  ]);
  expect(await versions()).toEqual([{ newest: migrations.length }]);
});

test('an upgrade that meets a reader crosswise is the one that begins anew', async () => {
  await opened.store.close();
  await undoUpkeep();
  const reader = await openReader('replicas');
  const lines: string[] = [];
  const upgrading = migrate({ connectionString: opened.connectionString }, 'migrate', {
    // The database's own look for deadlocks comes first, after one second.
    lockTimeoutMs: 30_000,
    log: (line) => lines.push(line),
  });
  const waiting = () =>
    opened.sql(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`);
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), { interval: 5 });
  // Locked by the upgrade's first step.
  await reader.query('SELECT FROM switchback_state; COMMIT');
  await upgrading;
  expect(lines).toEqual([expect.stringContaining('deadlock detected')]);
  expect(await versions()).toEqual([{ newest: migrations.length }]);
});

test('an upgrade gives up on a transaction that never ends, and has changed nothing', async () => {
  await opened.store.close();
  await undoUpkeep();
  const reader = await openReader('replicas');
  const upgrade = migrate({ connectionString: opened.connectionString }, 'migrate', {
    lockTimeoutMs: 50,
    giveUpMs: 800,
  });
  await expect(upgrade).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /^other transactions stood in the way of the upgrade [3-9] times; nothing was changed/,
    ),
  });
  expect(await versions()).toEqual([{ newest: 8 }]);
  await reader.query('COMMIT');
  await migrate({ connectionString: opened.connectionString });
  expect(await versions()).toEqual([{ newest: migrations.length }]);
});

test('a service that is closed before its upgrade got through upgrades nothing any more', async () => {
  await opened.store.close();
  await undoUpkeep();
  const reader = await openReader('replicas');
  const { connectionString: databaseUrl } = opened;
  const service = await startService({ port: 0, databaseUrl, adminToken: 'admin-token-0123456789' });
  expect(service.waitsForDatabase).toBe(true);
  await service.close();
  // Whoever upgrades is at it, or waits for its next try.
  const trying = () =>
    opened.sql(`SELECT state, query FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle in transaction'
      AND pid <> pg_backend_pid()`);
  await expect.poll(trying, { timeout: 5_000 }).toEqual([]);
  await reader.query('COMMIT');
  expect(await versions()).toEqual([{ newest: 8 }]);
});
