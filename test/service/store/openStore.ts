import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createPostgresStore, type PostgresStoreOptions } from '../../../src/service/postgresStore.js';
import type { ChangeOrigin } from '../../../src/service/store.js';
import { runSql, startTestPostgres, type TestPostgres } from '../../harness/postgres.js';

export const byAda: ChangeOrigin = { actor: 'ada', source: 'api', reason: 'a test', requestId: 'req-1' };

type PostgresStore = Awaited<ReturnType<typeof createPostgresStore>>;

/** A fresh database and a store on it for each test of a file. */
export interface OpenedStore {
  readonly store: PostgresStore;
  /** As the owner of the tables. */
  readonly connectionString: string;
  /** As the service itself, which owns nothing; the store has this one. */
  readonly serviceUrl: string;
  /** As somebody in psql. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** Registers the hooks; read the result inside tests only. */
export function openStore(options: PostgresStoreOptions = {}): OpenedStore {
  let postgres: TestPostgres;
  let connectionString = '';
  let serviceUrl = '';
  let store: PostgresStore | undefined;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(() => postgres.close());
  beforeEach(async () => {
    ({ connectionString, serviceUrl } = await postgres.createServiceDatabase());
    // Only what is about deadlines has one that a busy machine may miss.
    store = await createPostgresStore({ deadlineMs: 15_000, ...options, connectionString: serviceUrl });
  });
  afterEach(() => store?.close());
  return {
    get store() {
      if (store === undefined) throw new Error('a store is open inside tests only');
      return store;
    },
    get connectionString() {
      return connectionString;
    },
    get serviceUrl() {
      return serviceUrl;
    },
    sql: (text, values) => runSql(connectionString, text, values),
  };
}
