import pg from 'pg';
import { sqlStateOf, toStoreError } from './databaseError.js';
import { StoreError, type ChangeOrigin } from './store.js';

/** One statement's way to the database, inside a transaction or alone. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** The database as the store sees it: bounded in time, its errors in the store's words. */
export interface Database extends Queryable {
  /** Runs `work` in one transaction; an error rolls everything back. Resolves after COMMIT. */
  transaction<Result>(origin: ChangeOrigin | null, work: (tx: Queryable) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly config: pg.PoolConfig;
  /** ms after which a call fails as `unavailable`; default 2,000. */
  readonly deadlineMs?: number;
  /** Told of connections that break while idle. */
  readonly onInternalFault: (operation: string, error: unknown) => void;
}

const over = (client: pg.ClientBase): Queryable => ({
  async query(sql, values) {
    return (await client.query(sql, values === undefined ? undefined : [...values])).rows;
  },
});

/** Only an error that the server or the store itself raised leaves the connection usable. */
const isUsableAfter = (error: unknown): boolean =>
  error instanceof StoreError || /^(22|23|40|42|55|P0)/.test(sqlStateOf(error) ?? '');

/** Opens a pool. Nothing connects before the first query. */
export function openDatabase({ config, deadlineMs = 2_000, onInternalFault }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    max: 10,
    application_name: 'switchback',
    keepAlive: true,
    ...config,
    // A little before the deadline, so that the database's own error is seen where there is one.
    connectionTimeoutMillis: deadlineMs * 0.8,
    statement_timeout: Math.round(deadlineMs * 0.9),
    idle_in_transaction_session_timeout: 10_000,
  });
  pool.on('error', (error) => onInternalFault('database', error));
  // Between the pool's listener and ours a connection has none, and a dying database may say so in the very packet in which it
  // answered: an error that nobody hears would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));

  const attempt = async <Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> => {
    let client: pg.PoolClient | undefined;
    let isLate = false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        const error = new StoreError('unavailable', `the database did not answer within ${deadlineMs} ms`);
        client?.release(error);
        reject(error);
      }, deadlineMs);
    });
    // A connection that is thrown away keeps its listener: its last error must find one.
    const giveBack = (connected: pg.PoolClient, onError: (error: unknown) => void, isUsable: boolean) => {
      if (isLate) return;
      if (isUsable) connected.off('error', onError);
      connected.release(!isUsable);
    };
    const run = async (): Promise<Result> => {
      const connected = await pool.connect();
      if (isLate) {
        connected.release();
        throw new StoreError('unavailable', 'the database answered too late');
      }
      client = connected;
      // A connection that breaks between two queries of a transaction emits this too; the next query then fails.
      const onError = (error: unknown) => onInternalFault('database', error);
      connected.on('error', onError);
      try {
        const result = await work(connected);
        giveBack(connected, onError, true);
        return result;
      } catch (error) {
        giveBack(connected, onError, isUsableAfter(error));
        throw error;
      }
    };
    try {
      return await Promise.race([run(), late]);
    } catch (error) {
      throw toStoreError(error);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    query: (sql, values) => attempt((client) => over(client).query(sql, values)),
    transaction: (origin, work) =>
      attempt(async (client) => {
        const tx = over(client);
        await client.query('BEGIN');
        try {
          if (origin !== null)
            await tx.query(nameOriginSql, [origin.actor, origin.source, origin.reason, origin.requestId]);
          const result = await work(tx);
          await client.query('COMMIT');
          return result;
        } catch (error) {
          // A broken connection has rolled back already; the first error says more.
          await client.query('ROLLBACK').catch(() => {});
          throw error;
        }
      }),
    close: () => pool.end(),
  };
}

const nameOriginSql = `SELECT set_config('switchback.actor', coalesce($1, ''), true), set_config('switchback.source', coalesce($2, ''), true),
  set_config('switchback.reason', coalesce($3, ''), true), set_config('switchback.request_id', coalesce($4, ''), true)`;
