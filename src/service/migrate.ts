import pg from 'pg';
import { sqlStateOf, toStoreError } from './databaseError.js';
import { migrations } from './sql/migrations.js';
import { StoreError } from './store.js';

// Any number will do, as long as every replica takes the same: "switchback" in ASCII, cut to 63 bits.
const lockKey = '8319119876356170091';

/**
 * Brings the database to this code's schema: missing steps in order, in one transaction, one replica at a time.
 * @param mode `check` changes nothing
 * @throws StoreError `unavailable`; `conflict` when the database is newer than this code, or steps are missing that may not be made
 */
export async function migrate(config: pg.ClientConfig, mode: 'migrate' | 'check' = 'migrate'): Promise<void> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 2_000, statement_timeout: 60_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('BEGIN');
    if (mode === 'migrate') await client.query('SELECT pg_advisory_xact_lock($1::bigint)', [lockKey]);
    const missing = await missingIn(client);
    if (mode === 'check' && missing.length > 0)
      throw new StoreError('conflict', `the database lacks parts of the schema: ${howToMigrate}`);
    for (const { version, name, sql } of missing) {
      await client.query(version === 1 ? createMigrationsSql + sql : sql);
      await client.query('INSERT INTO switchback_migrations (version, name) VALUES ($1, $2)', [version, name]);
    }
    await client.query('COMMIT');
  } catch (error) {
    if (sqlStateOf(error) === '42501')
      throw new StoreError('conflict', `this role may not change the schema: ${howToMigrate}`, { cause: error });
    throw toStoreError(error);
  } finally {
    await client.end().catch(() => {});
  }
}

const howToMigrate = 'run `switchback migrate` with SWITCHBACK_DATABASE_OWNER_URL';

const createMigrationsSql = `CREATE TABLE switchback_migrations
  (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp());`;

async function missingIn(client: pg.Client) {
  // A service that does not own the tables may not be allowed to create any: ask first.
  const { rows: tables } = await client.query<{ found: boolean }>(
    "SELECT to_regclass('switchback_migrations') IS NOT NULL AS found",
  );
  if (tables[0]?.found !== true) return migrations;
  const { rows } = await client.query<{ version: number }>('SELECT version FROM switchback_migrations');
  const newest = Math.max(0, ...rows.map(({ version }) => version));
  const known = migrations.length;
  if (newest > known)
    throw new StoreError(
      'conflict',
      `the database is at schema ${newest}, this version of react-switchback knows ${known}: upgrade react-switchback`,
    );
  return migrations.filter(({ version }) => version > newest);
}
