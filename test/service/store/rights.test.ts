import { expect, test, vi } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { grantServiceRights, readRole, tableRights } from '../../../src/service/serviceRights.js';
import { runSql } from '../../harness/postgres.js';
import { byAda, openStore } from './openStore.js';

const opened = openStore({ digestMs: 100, pollMs: 50 });

test.each([
  'DROP TABLE flag_audit',
  'DROP TABLE feature_flags CASCADE',
  'ALTER TABLE feature_flags DISABLE TRIGGER ALL',
  'ALTER TABLE flag_audit DISABLE TRIGGER append_only',
  'DROP TRIGGER append_only ON flag_audit',
  `UPDATE flag_audit SET actor = 'nobody'`,
  'DELETE FROM flag_audit',
  'TRUNCATE flag_audit',
  `INSERT INTO flag_audit (action, actor) VALUES ('enable', 'nobody')`,
  'UPDATE switchback_state SET revision = 0',
  'DELETE FROM feature_flags',
  'TRUNCATE feature_flags',
  'DELETE FROM rollbacks',
  `UPDATE rollbacks SET actor = 'nobody'`,
  `UPDATE tokens SET role = 'admin'`,
  'DELETE FROM tokens',
  `SET session_replication_role = 'replica'`,
  'CREATE OR REPLACE FUNCTION switchback_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
  'CREATE TABLE mine (a integer)',
  'DELETE FROM switchback_migrations',
  `CREATE ROLE another SUPERUSER`,
])('the role of the service may not: %s', async (statement) => {
  const { store, sql, serviceUrl } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const before = await sql('SELECT * FROM flag_audit ORDER BY id');
  await expect(runSql(serviceUrl, statement)).rejects.toThrow(/permission denied|must be owner/);
  expect(await sql('SELECT * FROM flag_audit ORDER BY id')).toEqual(before);
});

test('names the rights on every table, so that the service works on all of them', async () => {
  const tables = await opened.sql(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename`,
  );
  expect(tables.map(({ name }) => name)).toEqual([...tableRights.keys()].sort());
});

test('takes what a role had beyond its rights', async () => {
  const { sql, serviceUrl, connectionString } = opened;
  const { username } = new URL(serviceUrl);
  await sql(`GRANT ALL ON flag_audit TO ${username}`);
  await grantServiceRights({ connectionString }, username);
  await expect(runSql(serviceUrl, 'DELETE FROM flag_audit')).rejects.toThrow('permission denied');
  expect(await readRole({ connectionString: serviceUrl })).toEqual({ role: username, ownsTables: false });
});

test('refuses to take the owner of the tables for the service, and a role that is not there', async () => {
  const { connectionString } = opened;
  const owner = new URL(connectionString).username;
  expect(await readRole({ connectionString })).toEqual({ role: owner, ownsTables: true });
  await expect(grantServiceRights({ connectionString }, owner)).rejects.toMatchObject({ code: 'conflict' });
  await expect(grantServiceRights({ connectionString }, 'no"body')).rejects.toMatchObject({ code: 'not-found' });
});

test('says what to run when the schema is missing and may not be made', async () => {
  const { sql, serviceUrl } = opened;
  await sql(`DELETE FROM switchback_migrations WHERE version = (SELECT max(version) FROM switchback_migrations)`);
  await expect(createPostgresStore({ connectionString: serviceUrl })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('switchback migrate'),
  });
  await expect(createPostgresStore({ connectionString: serviceUrl, readOnly: true })).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('a service without rights on the state gives a change made with triggers off its revision', async () => {
  const { store, sql } = opened;
  const { revision } = await store.createFeature('a', { enabled: true, percentage: 10 }, byAda);
  let stop = (): void => {};
  const onHealth = vi.fn<(isHealthy: boolean) => void>();
  const changed = new Promise<void>((resolve) => {
    stop = store.watch(
      () =>
        void store.readState().then((state) => {
          if (state.revision > revision) resolve();
        }),
      onHealth,
    );
  });
  // The first look at the content is what the next ones are compared with; without it nothing is healthy.
  await vi.waitFor(() => expect(onHealth).toHaveBeenCalledWith(true, undefined));
  await sql(`BEGIN; SET LOCAL session_replication_role = 'replica'; UPDATE feature_flags SET percentage = 90; COMMIT`);
  await changed;
  stop();
  expect((await store.readAudit({ limit: 1 }))[0]).toMatchObject({ action: 'change-without-triggers' });
});
