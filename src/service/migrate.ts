import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { sqlStateOf, toStoreError } from './databaseError.js';
import { migrations } from './sql/migrations.js';
import { StoreError } from './store.js';

// Any number will do, as long as every replica takes the same: "switchback" in ASCII, cut to 63 bits.
const lockKey = '8319119876356170091';

/** Shorter than any call of a running replica may take: whoever queues behind a step of an upgrade that waits gets through. */
const lockTimeoutMs = 1_000;
const giveUpMs = 60_000;
const firstRetryMs = 100;
const maxRetryMs = 3_000;

/** How an upgrade behaves where others work on the same tables. */
export interface MigratePatience {
  /** How long a step waits for a lock that somebody else has; default 1,000. */
  readonly lockTimeoutMs?: number;
  /** From the beginning until no further try; default 60,000. */
  readonly giveUpMs?: number;
  /** Hears once that somebody stands in the way. */
  readonly log?: ((line: string) => void) | undefined;
  /** Calls the upgrade off before its next try. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings the database to this code's schema: missing steps in order, in one transaction, one replica at a time. A transaction that
 * stands in its way is let through, and the upgrade is tried again.
 * @param mode `check` changes nothing
 * @throws StoreError `unavailable`; `conflict` when the database is newer than this code, or steps are missing that may not be made
 */
export async function migrate(
  config: pg.ClientConfig,
  mode: 'migrate' | 'check' = 'migrate',
  patience: MigratePatience = {},
): Promise<void> {
  const { signal } = patience;
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 2_000, statement_timeout: 60_000 });
  client.on('error', () => {});
  const startedMs = performance.now();
  try {
    await client.connect();
    for (let attempts = 1; ; attempts += 1) {
      try {
        await migrateOnce(client, mode, patience.lockTimeoutMs ?? lockTimeoutMs);
        return;
      } catch (error) {
        if (!isInTheWay(error)) throw error;
        await client.query('ROLLBACK');
        if (attempts === 1)
          patience.log?.(
            `another transaction stands in the way of the upgrade, which is tried again: ${String(error)}`,
          );
        // Spread, so that two which met do not meet again.
        const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2);
        if (performance.now() - startedMs + delayMs > (patience.giveUpMs ?? giveUpMs))
          throw new StoreError(
            'unavailable',
            `other transactions stood in the way of the upgrade ${attempts} times; nothing was changed: end them (pg_stat_activity), then try again`,
            { cause: error },
          );
        await sleep(delayMs, undefined, { ...(signal && { signal }) }).catch(() => {});
        if (signal?.aborted) throw new StoreError('unavailable', 'the upgrade was called off; nothing was changed');
      }
    }
  } catch (error) {
    if (sqlStateOf(error) === '42501')
      throw new StoreError('conflict', `this role may not change the schema: ${howToMigrate}`, { cause: error });
    throw toStoreError(error);
  } finally {
    await client.end().catch(() => {});
  }
}

/** A deadlock, a lock that did not come in time, a snapshot that was overtaken: the same may go well in a moment. */
const isInTheWay = (error: unknown): boolean => ['40P01', '55P03', '40001'].includes(sqlStateOf(error) ?? '');

async function migrateOnce(client: pg.Client, mode: 'migrate' | 'check', waitMs: number): Promise<void> {
  await client.query('BEGIN');
  if (mode === 'migrate') {
    // Before the limit on locks: another replica's upgrade is waited for.
    await client.query('SELECT pg_advisory_xact_lock($1::bigint)', [lockKey]);
    await client.query("SELECT set_config('lock_timeout', $1, true)", [`${waitMs}ms`]);
  }
  const missing = await missingIn(client);
  if (mode === 'check' && missing.length > 0)
    throw new StoreError('conflict', `the database lacks parts of the schema: ${howToMigrate}`);
  for (const { version, name, sql } of missing) {
    await client.query(version === 1 ? createMigrationsSql + sql : sql);
    await client.query('INSERT INTO switchback_migrations (version, name) VALUES ($1, $2)', [version, name]);
  }
  await client.query('COMMIT');
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
