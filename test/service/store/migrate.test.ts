import { expect, test } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { migrations } from '../../../src/service/sql/migrations.js';
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
