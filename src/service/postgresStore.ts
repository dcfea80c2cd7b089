// Comes in: how to connect. Goes out: a store on PostgreSQL, its schema up to date. Who calls: hosts with a handler of their own, tests.
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import { createLateDatabase } from './lateDatabase.js';
import { migrate } from './migrate.js';
import { storeOn } from './storeOn.js';
import type { PostgresStore, StoreSettings } from './storeSettings.js';

/** How to connect, where a connection string does not say it all; named as node-postgres' pool names them. */
export interface PostgresPoolOptions {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  /** A function is asked for every new connection, for passwords that expire. */
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  readonly ssl?: boolean | ConnectionOptions;
  /** Connections at most; default 10. */
  readonly max?: number;
  /** ms after which an idle connection is closed; default 10,000, 0: never. */
  readonly idleTimeoutMillis?: number;
  /** As `pg_stat_activity` shows it; default `switchback`. */
  readonly application_name?: string;
}

/** Where the database is, and how it is used. */
export interface PostgresStoreOptions extends StoreSettings {
  /** `postgresql://…`; else `pool`, else the PG* variables of the environment. */
  readonly connectionString?: string;
  /** For the connection that listens, where a pooler in transaction mode stands before the other ones. Default: the same. */
  readonly listenConnectionString?: string;
  readonly pool?: PostgresPoolOptions;
}

/**
 * Opens the store on a PostgreSQL of version 15 or newer and brings its schema up to date.
 * @throws StoreError `unavailable` when the database cannot be reached, `conflict` when it is newer than this code
 */
export async function createPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { connectionString, listenConnectionString, pool = {}, readOnly = false, onInternalFault = () => {} } = options;
  const config: pg.PoolConfig = connectionString === undefined ? pool : { ...pool, connectionString };
  await migrate(config, readOnly ? 'check' : 'migrate');
  const { deadlineMs } = options;
  const database = createLateDatabase({ onInternalFault, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
  database.open(
    config,
    listenConnectionString === undefined ? config : { ...pool, connectionString: listenConnectionString },
  );
  return storeOn(database, options);
}
