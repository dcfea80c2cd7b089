import type { RecordStore, Stamp, StoredRecord } from 'react-switchback/migrate';

/** What is needed of a database, such as of `node-sqlite3-wasm` or of one with the calls of `node:sqlite` around it. */
export interface SqliteDatabase {
  run(sql: string, values?: (string | number | null)[]): unknown;
  all(sql: string, values?: (string | number | null)[]): readonly Readonly<Record<string, unknown>>[];
}

/** Records in a table of SQLite, whose keys are ordered by bytes. */
export function sqliteStore<Value>(database: SqliteDatabase, table: string): Required<RecordStore<Value>> {
  database.run(
    `CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY, value TEXT NOT NULL, stamp TEXT) WITHOUT ROWID`,
  );
  const rows = (rest: string, values: (string | number)[]): StoredRecord<Value>[] =>
    database.all(`SELECT key, value, stamp FROM ${table} ${rest}`, values).map(({ key, value, stamp }) => ({
      key: String(key),
      value: JSON.parse(String(value)) as Value,
      ...(stamp !== null && { stamp: JSON.parse(String(stamp)) as Stamp }),
    }));
  return {
    get: async (key) => rows('WHERE key = ?', [key])[0],
    async set({ key, value, stamp }) {
      database.run(`INSERT OR REPLACE INTO ${table} (key, value, stamp) VALUES (?, ?, ?)`, [
        key,
        JSON.stringify(value),
        stamp ? JSON.stringify(stamp) : null,
      ]);
    },
    async delete(key) {
      database.run(`DELETE FROM ${table} WHERE key = ?`, [key]);
    },
    list: async ({ after = '', limit }) => rows('WHERE key > ? ORDER BY key LIMIT ?', [after, limit]),
  };
}
