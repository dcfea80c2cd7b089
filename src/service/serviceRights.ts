import pg from 'pg';
import { toStoreError } from './databaseError.js';
import { StoreError } from './store.js';

/**
 * What the service's role may do with each table, and nothing beyond: it owns none of them, so it can drop nothing, switch off no
 * trigger, and not touch what the audit says. Triggers that write more run with the owner's rights.
 */
export const tableRights: ReadonlyMap<string, string> = new Map([
  ['switchback_migrations', 'SELECT'],
  ['switchback_state', 'SELECT'],
  ['feature_flags', 'SELECT, INSERT, UPDATE'],
  ['rollbacks', 'SELECT, INSERT, UPDATE (ended_at, ended_by, ended_reason)'],
  ['flag_audit', 'SELECT'],
  ['tokens', 'SELECT, INSERT, UPDATE (revoked_at, revoked_by)'],
  ['plans', 'SELECT, INSERT, UPDATE (status, stage, cause, reason, running_since, gates)'],
  ['replicas', 'SELECT, INSERT, UPDATE, DELETE'],
  ['revisions', 'SELECT, INSERT, DELETE'],
  ['metric_senders', 'SELECT, INSERT, UPDATE, DELETE'],
  ['metric_buckets', 'SELECT, INSERT, UPDATE, DELETE'],
  ['stage_units', 'SELECT, INSERT, UPDATE, DELETE'],
  ['metric_series', 'SELECT, INSERT, UPDATE, DELETE'],
  ['metric_ledger', 'SELECT, UPDATE (round)'],
  ['metric_totals', 'SELECT, INSERT, UPDATE (value, round)'],
  ['metric_export', 'SELECT, UPDATE'],
  ['metric_points', 'SELECT, INSERT, UPDATE, DELETE'],
  [
    'baselines',
    `SELECT, INSERT, DELETE, UPDATE (status, cause, v2_exposures, users_exposed, counts, histograms, sums, measures,
      delivery_expected, delivery_received)`,
  ],
]);

/** Functions that not everybody may call. */
const functions = [
  'switchback_note_silent_change(bigint)',
  'switchback_raise_epoch(bigint, bigint)',
  'switchback_acknowledge_epoch()',
];

/**
 * Gives a role what the service needs, and takes what it had beyond.
 * @param owner connects as the tables' owner
 * @throws StoreError `not-found` when there is no such role, `conflict` when it owns the tables, `unavailable`
 */
export async function grantServiceRights(owner: pg.ClientConfig, role: string): Promise<void> {
  await connected(owner, async (client) => {
    const { rows } = await client.query<{ owns: boolean; schema: string }>(
      `SELECT rolsuper OR pg_has_role(pg_roles.oid, relowner, 'MEMBER') AS owns, current_schema() AS schema
        FROM pg_roles, pg_class WHERE rolname = $1 AND pg_class.oid = to_regclass('flag_audit')`,
      [role],
    );
    const [found] = rows;
    if (found === undefined)
      throw new StoreError('not-found', `there is no role ${role}: CREATE ROLE ${role} LOGIN PASSWORD '…'`);
    if (found.owns)
      throw new StoreError('conflict', `the role ${role} owns the tables: the service needs a role of its own`);
    const name = client.escapeIdentifier(role);
    const grants = [...tableRights].map(
      ([table, rights]) => `REVOKE ALL ON ${table} FROM ${name}; GRANT ${rights} ON ${table} TO ${name};`,
    );
    await client.query(
      `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('switchback rights', 0)); GRANT USAGE ON SCHEMA ${client.escapeIdentifier(found.schema)} TO ${name}; ${grants.join(' ')}
        ${functions.map((one) => `GRANT EXECUTE ON FUNCTION ${one} TO ${name};`).join(' ')} COMMIT`,
    );
  });
}

/** Who a connection is, and whether it could change the tables themselves. @throws StoreError `unavailable` */
export function readRole(config: pg.ClientConfig): Promise<{ readonly role: string; readonly ownsTables: boolean }> {
  return connected(config, async (client) => {
    const { rows } = await client.query<{ role: string; ownsTables: boolean }>(
      `SELECT current_user AS role, coalesce((SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class
        WHERE oid = to_regclass('flag_audit')), false) AS "ownsTables"`,
    );
    const [row] = rows;
    if (row === undefined) throw new StoreError('unavailable', 'the database did not say who we are');
    return row;
  });
}

/** Runs `work` on a connection of its own. @throws StoreError */
export async function connected<Result>(
  config: pg.ClientConfig,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 2_000, statement_timeout: 10_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw toStoreError(error);
  } finally {
    await client.end().catch(() => {});
  }
}
