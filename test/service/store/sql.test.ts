import pg from 'pg';
import { expect, test } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { runSql } from '../../harness/postgres.js';
import { byAda, openStore } from './openStore.js';

const opened = openStore();

test('a plain UPDATE opens a rollback, is audited as sql, and moves the revision by one', async () => {
  const { store, sql } = opened;
  await store.createFeature('memoryPanel', { enabled: true, percentage: 30 }, byAda);
  await sql("UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'");
  const state = await store.readState();
  expect(state.revision).toBe(2);
  expect(state.rollbacks).toMatchObject([
    { feature: 'memoryPanel', actor: 'sql:switchback', source: 'sql', reason: null, fromPercentage: 30, revision: 2 },
  ]);
  const audit = await store.readAudit({ feature: 'memoryPanel', limit: 5 });
  expect(audit.map(({ action, actor, source }) => [action, actor, source])).toEqual([
    ['rollback', 'sql:switchback', 'sql'],
    ['disable', 'sql:switchback', 'sql'],
    ['create', 'ada', 'api'],
  ]);
  await sql("UPDATE feature_flags SET enabled = true WHERE feature = 'memoryPanel'");
  expect((await store.readState()).rollbacks).toEqual([]);
});

test('counts one revision per transaction, however many rows', async () => {
  const { store, sql } = opened;
  await sql("INSERT INTO feature_flags (feature, enabled) SELECT 'f' || n, true FROM generate_series(1, 500) AS n");
  expect((await store.readState()).revision).toBe(1);
  await sql('UPDATE feature_flags SET enabled = false');
  const state = await store.readState();
  expect(state.revision).toBe(2);
  expect(state.rollbacks).toHaveLength(500);
  expect(new Set(state.rollbacks.map(({ revision }) => revision))).toEqual(new Set([2]));
});

test('DELETE, TRUNCATE and an INSERT of a rollback move the revision too', async () => {
  const { store, sql } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  await store.createFeature('b', { enabled: true }, byAda);
  await sql("DELETE FROM feature_flags WHERE feature = 'a'");
  expect((await store.readState()).revision).toBe(3);
  await sql('INSERT INTO rollbacks DEFAULT VALUES');
  expect(await store.readState()).toMatchObject({
    revision: 4,
    rollbacks: [{ feature: null, actor: 'sql:switchback' }],
  });
  await sql('TRUNCATE feature_flags');
  const state = await store.readState();
  expect([state.revision, state.features.size]).toEqual([5, 0]);
  expect((await store.readAudit({ limit: 1 }))[0]).toMatchObject({ action: 'truncate', actor: 'sql:switchback' });
});

test('a transaction that commits late gets the later revision', async () => {
  const { store, connectionString } = opened;
  await store.createFeature('a', {}, byAda);
  await store.createFeature('b', {}, byAda);
  const late = new pg.Client({ connectionString });
  await late.connect();
  await late.query("BEGIN; UPDATE feature_flags SET percentage = 1 WHERE feature = 'a'");
  const early = await store.changeFeature('b', { percentage: 2 }, null, byAda);
  expect(early.revision).toBe(3);
  expect((await store.readState()).features.get('a')?.percentage).toBe(0);
  await late.query('COMMIT');
  await late.end();
  expect(await store.readState()).toMatchObject({ revision: 4 });
});

test('gives every one of many concurrent commits a revision of its own', async () => {
  const { store } = opened;
  for (let n = 0; n < 8; n += 1) await store.createFeature(`f${n}`, {}, byAda);
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, n) => store.changeFeature(`f${n % 8}`, { percentage: n + 1 }, null, byAda)),
  );
  expect(new Set(results.map(({ revision }) => revision)).size).toBe(40);
  expect((await store.readState()).revision).toBe(48);
});

test('a rolled back transaction leaves nothing', async () => {
  const { store, sql } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  await sql('BEGIN; UPDATE feature_flags SET enabled = false; ROLLBACK');
  expect(await store.readState()).toMatchObject({ revision: 1, rollbacks: [] });
  expect(await store.readAudit({ limit: 5 })).toHaveLength(1);
});

test.each([
  ["INSERT INTO feature_flags (feature) VALUES ('__proto__')", 'feature_is_key'],
  ['UPDATE feature_flags SET percentage = 100.01', 'percentage_in_range'],
  ["UPDATE feature_flags SET percentage = 'NaN'", 'percentage_in_range'],
  ['UPDATE feature_flags SET enabled_users = \'["user-1"]\'', 'enabled_users_are_tags'],
  ["UPDATE feature_flags SET denied_users = '{}'", 'denied_users_are_tags'],
  ["UPDATE feature_flags SET valid_until = 'infinity'", 'valid_until_finite'],
  ["UPDATE feature_flags SET config = '[]'", 'config_is_object'],
  ["UPDATE feature_flags SET sampling = 'NaN'", 'sampling_in_range'],
  ["UPDATE feature_flags SET feature = 'b'", 'keeps its key'],
])('refuses %s', async (text, reason) => {
  await opened.store.createFeature('a', {}, byAda);
  await expect(opened.sql(text)).rejects.toThrow(reason);
  expect((await opened.store.readState()).revision).toBe(1);
});

test('takes users as tags with labels from SQL', async () => {
  const { store, sql } = opened;
  await store.createFeature('a', {}, byAda);
  await sql(
    `UPDATE feature_flags SET enabled_users = '[{"tag":"4e35f1bfa70e4923","label":"Ada"},{"tag":"a62d344c564b3b06","label":null}]'`,
  );
  expect((await store.readState()).features.get('a')?.allow).toEqual([
    { tag: '4e35f1bfa70e4923', label: 'Ada' },
    { tag: 'a62d344c564b3b06' },
  ]);
});

test('a role that may only UPDATE feature_flags, with another search_path, turns a feature off', async () => {
  const { store, sql, connectionString } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  await sql("DO $$ BEGIN CREATE ROLE oncall LOGIN PASSWORD 'pw'; EXCEPTION WHEN duplicate_object THEN END $$");
  await sql('GRANT SELECT, UPDATE ON feature_flags TO oncall');
  const asOncall = connectionString.replace(/\/\/[^@]*@/, '//oncall:pw@');
  await runSql(
    asOncall,
    "SET search_path = pg_catalog; UPDATE public.feature_flags SET enabled = false WHERE feature = 'a'",
  );
  expect((await store.readState()).rollbacks).toMatchObject([{ feature: 'a', actor: 'sql:oncall' }]);
});

test('the actor of one transaction does not reach the next on the same connection', async () => {
  const { connectionString } = opened;
  const store = await createPostgresStore({ connectionString, pool: { max: 1 } });
  await store.createFeature('a', { enabled: true }, byAda);
  await store.close();
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query("BEGIN; SELECT set_config('switchback.actor', 'eve', true); COMMIT");
  await client.query('UPDATE feature_flags SET enabled = false');
  await client.end();
  expect((await opened.store.readState()).rollbacks).toMatchObject([{ actor: 'sql:switchback' }]);
});

test('a schema of a config is an object, in psql too', async () => {
  const { store, sql } = opened;
  await store.createFeature('memoryPanel', { configSchema: { type: 'object' } }, byAda);
  for (const bad of ['5', '[]', 'true'])
    await expect(sql(`UPDATE feature_flags SET config_schema = '${bad}'`)).rejects.toThrow('config_schema_is_object');
  await sql('UPDATE feature_flags SET config_schema = NULL');
  expect((await store.readState()).features.get('memoryPanel')?.configSchema).toBeNull();
});
