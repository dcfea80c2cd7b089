import { randomBytes } from 'node:crypto';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/service/embedded/startEmbeddedPostgres.js';
import { migrateAndGrant } from '../../src/service/prepareDatabase.js';

/** A real PostgreSQL for one test file. */
export interface TestPostgres {
  /** Of its first database, `postgres`. */
  readonly connectionString: string;
  /** Creates an empty database and returns its connection string. */
  createDatabase(): Promise<string>;
  /** Brings a database of its own to the schema and returns the connection string of a role that may serve it, and no more. */
  grantService(connectionString: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts a cluster in a temporary folder, not waiting for the disk; `close` removes it. With `SWITCHBACK_TEST_DATABASE_URL` (a
 * superuser's), databases are made on that server instead: how the tests run on another version of PostgreSQL.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env['SWITCHBACK_TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return onServer(given, () => Promise.resolve());
  const dataDir = await mkdtemp(join(await scratch(), 'switchback-test-'));
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false });
  return onServer(postgres.connectionString, async () => {
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  });
}

// Memory where there is some to write to: what is tested here is not the disk.
const scratch = (): Promise<string> =>
  access('/dev/shm', constants.W_OK).then(
    () => '/dev/shm',
    () => tmpdir(),
  );

function onServer(connectionString: string, stop: () => Promise<void>): TestPostgres {
  const made: string[] = [];
  const role = `service_${randomBytes(6).toString('hex')}`;
  let hasRole = false;
  return {
    connectionString,
    async createDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await runSql(connectionString, `CREATE DATABASE ${name} STRATEGY file_copy`);
      made.push(name);
      const url = new URL(connectionString);
      url.pathname = `/${name}`;
      return url.href;
    },
    async grantService(owner) {
      if (!hasRole) await runSql(connectionString, `CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
      hasRole = true;
      await migrateAndGrant(owner, role);
      const url = new URL(owner);
      [url.username, url.password] = [role, role];
      return url.href;
    },
    async close() {
      for (const name of made) await runSql(connectionString, `DROP DATABASE ${name} WITH (FORCE)`);
      if (hasRole) await runSql(connectionString, `DROP ROLE ${role}`);
      await stop();
    },
  };
}

/** Runs one statement as somebody with a plain client would, such as psql. */
export async function runSql<Row extends pg.QueryResultRow>(
  connectionString: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  // Where the database is killed, its last word may come after the answer.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
