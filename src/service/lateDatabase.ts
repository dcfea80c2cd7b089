import type pg from 'pg';
import { openDatabase, type Database, type DatabaseOptions } from './database.js';
import { StoreError } from './store.js';

/** A database that may not be there yet: until it is opened, every call fails at once as `unavailable`. */
export interface LateDatabase extends Database {
  /**
   * From here on calls go to it.
   * @param listenConfig for the connection that listens, where that is another one
   */
  open(config: pg.PoolConfig, listenConfig?: pg.ClientConfig): void;
  /** Runs once it is open, at once if it is; never after close. */
  whenOpen(run: (listenConfig: pg.ClientConfig) => void): void;
}

/** Makes one that is not open yet. */
export function createLateDatabase(options: Omit<DatabaseOptions, 'config'>): LateDatabase {
  const waiting = new Set<(listenConfig: pg.ClientConfig) => void>();
  let opened: { readonly database: Database; readonly listenConfig: pg.ClientConfig } | null = null;
  let isClosed = false;
  let closing: Promise<void> | undefined;
  const current = (): Database => {
    if (opened === null) throw new StoreError('unavailable', 'the database is not there yet');
    return opened.database;
  };
  return {
    query: async (sql, values) => current().query(sql, values),
    transaction: async (origin, work) => current().transaction(origin, work),
    open(config, listenConfig = config) {
      if (isClosed || opened !== null) return;
      opened = { database: openDatabase({ ...options, config }), listenConfig };
      for (const run of waiting) run(listenConfig);
      waiting.clear();
    },
    whenOpen(run) {
      if (isClosed) return;
      if (opened === null) waiting.add(run);
      else run(opened.listenConfig);
    },
    close() {
      isClosed = true;
      waiting.clear();
      return (closing ??= opened?.database.close() ?? Promise.resolve());
    },
  };
}
