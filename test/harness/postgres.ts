import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/service/embedded/startEmbeddedPostgres.js';

/** A real PostgreSQL for one test file. */
export interface TestPostgres {
  /** Of its first database, `postgres`. */
  readonly connectionString: string;
  /** Creates an empty database and returns its connection string. */
  createDatabase(): Promise<string>;
  close(): Promise<void>;
}

/** Starts a cluster in a temporary folder, not waiting for the disk; `close` removes it. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchback-test-'));
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false });
  let made = 0;
  return {
    connectionString: postgres.connectionString,
    async createDatabase() {
      made += 1;
      const name = `test${made}`;
      await runSql(postgres.connectionString, `CREATE DATABASE ${name} STRATEGY file_copy`);
      return postgres.connectionString.replace(/\/postgres$/, `/${name}`);
    },
    async close() {
      await postgres.close();
      await rm(dataDir, { recursive: true, force: true });
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
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
