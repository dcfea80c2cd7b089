import type pg from 'pg';
import type { RecordStore, Stamp, StoredRecord } from 'react-switchback/migrate';

interface Row {
  readonly key: string;
  readonly value: unknown;
  readonly stamp: Stamp | null;
}

export interface PostgresStore<Value> extends Required<RecordStore<Value>> {
  setAll(records: readonly StoredRecord<Value>[]): Promise<void>;
  getAll(keys: readonly string[]): Promise<readonly StoredRecord<Value>[]>;
  count(): Promise<number>;
  clear(): Promise<void>;
}

/**
 * Records in a table of their own. Its keys are ordered by bytes (`COLLATE "C"`): that is the order of UTF-16 code units for all
 * but mixtures of emoji and the characters above U+E000.
 * @param table a name of the host's own choice: it stands in the SQL as it is
 */
export async function postgresStore<Value>(pool: pg.Pool, table: string): Promise<PostgresStore<Value>> {
  await pool.query(
    `CREATE TABLE IF NOT EXISTS ${table} (key text COLLATE "C" PRIMARY KEY, value jsonb NOT NULL, stamp jsonb)`,
  );
  const rows = async (rest: string, values: unknown[]): Promise<StoredRecord<Value>[]> => {
    const { rows: found } = await pool.query<Row>(`SELECT key, value, stamp FROM ${table} ${rest}`, values);
    return found.map(({ key, value, stamp }) => ({ key, value: value as Value, ...(stamp && { stamp }) }));
  };
  const setAll = async (records: readonly StoredRecord<Value>[]): Promise<void> => {
    await pool.query(
      `INSERT INTO ${table} (key, value, stamp)
       SELECT key, value, stamp FROM json_to_recordset($1::json) AS r(key text, value jsonb, stamp jsonb)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, stamp = excluded.stamp`,
      [JSON.stringify(records)],
    );
  };
  return {
    get: async (key) => (await rows('WHERE key = $1', [key]))[0],
    set: (record) => setAll([record]),
    async delete(key) {
      await pool.query(`DELETE FROM ${table} WHERE key = $1`, [key]);
    },
    list: ({ after = '', limit }) => rows('WHERE key > $1 ORDER BY key LIMIT $2', [after, limit]),
    setAll,
    getAll: (keys) => rows('WHERE key = ANY($1)', [keys]),
    async count() {
      const { rows: found } = await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
      return found[0]?.n ?? 0;
    },
    async clear() {
      await pool.query(`DELETE FROM ${table}`);
    },
  };
}
