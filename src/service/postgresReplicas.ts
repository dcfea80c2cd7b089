import type { Order } from '../evaluate/snapshot.js';
import type { Database, Queryable } from './database.js';
import type { ReplicaTable, RevisionStore } from './replicaTable.js';

interface SeenRow {
  readonly id: string;
  readonly name: string;
  readonly epoch: number | null;
  readonly revision: number | null;
  readonly targetEpoch: number | null;
  readonly targetRevision: number | null;
  readonly connected: number;
  readonly sent: number;
  readonly sampled: number;
  readonly confirmed: number;
  readonly ofrepStreams: number;
  readonly silentMs: number;
}

const seenSql = `SELECT id, name, epoch::float8 AS epoch, revision::float8 AS revision, target_epoch::float8 AS "targetEpoch",
  target_revision::float8 AS "targetRevision", connected, sent, sampled, confirmed,
  ofrep_streams AS "ofrepStreams", (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS "silentMs"
  FROM replicas WHERE id <> $1 AND seen_at > clock_timestamp() - interval '10 minutes' ORDER BY id LIMIT 1000`;

const reportSql = `WITH mine AS (
  INSERT INTO replicas (id, name, epoch, revision, target_epoch, target_revision, connected, sent, sampled, confirmed,
    ofrep_streams) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), epoch = excluded.epoch, revision = excluded.revision,
    target_epoch = excluded.target_epoch, target_revision = excluded.target_revision, connected = excluded.connected,
    sent = excluded.sent, sampled = excluded.sampled, confirmed = excluded.confirmed,
    ofrep_streams = excluded.ofrep_streams
) ${seenSql}`;

/** Where replicas say something to each other that is no change. */
export const passChannel = 'switchback_pass';

const toOrder = (epoch: number | null, revision: number | null): Order | null =>
  epoch === null || revision === null ? null : { epoch, revision };

/**
 * The replicas in PostgreSQL. One that may not write reads the others and is counted by none of them.
 * @param listeners hear what is passed on, as long as somebody watches the store
 */
export function createPostgresReplicas(
  database: Database,
  readOnly: boolean,
  listeners: Set<(text: string) => void>,
): ReplicaTable {
  return {
    async join(id, name) {
      if (!readOnly) await database.query('DELETE FROM replicas WHERE name = $2 AND id <> $1', [id, name]);
    },
    async report({ id, name, applied, target, connected, sent, sampled, confirmed, ofrepStreams }) {
      const orders = [applied?.epoch, applied?.revision, target?.epoch, target?.revision].map((one) => one ?? null);
      const counts = [connected, sent, sampled, confirmed, ofrepStreams];
      const rows = readOnly
        ? await database.query<SeenRow>(seenSql, [id])
        : await database.query<SeenRow>(reportSql, [id, name, ...orders, ...counts]);
      return rows.map(({ epoch, revision, targetEpoch, targetRevision, ...seen }) => ({
        ...seen,
        applied: toOrder(epoch, revision),
        target: toOrder(targetEpoch, targetRevision),
      }));
    },
    async leave(id) {
      if (!readOnly) await database.query('DELETE FROM replicas WHERE id = $1', [id]);
    },
    async raiseEpoch(seen, raised) {
      await database.query('SELECT switchback_raise_epoch($1, $2)', [seen, raised]);
    },
    async acknowledgeEpoch(origin) {
      await database.transaction(origin, (tx) => tx.query('SELECT switchback_acknowledge_epoch()'));
    },
    async passOn(text) {
      if (!readOnly) await database.query('SELECT pg_notify($1, $2)', [passChannel, text]);
    },
    onPassed(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Published snapshots in PostgreSQL. */
export function createPostgresRevisions(database: Queryable, readOnly: boolean): RevisionStore {
  return {
    async keep({ epoch, revision }, body) {
      if (readOnly) return;
      const sql = 'INSERT INTO revisions (epoch, revision, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING';
      await database.query(sql, [epoch, revision, body]);
    },
    async read({ epoch, revision }) {
      const [row] = await database.query<{ body: string }>(
        'SELECT body FROM revisions WHERE epoch = $1 AND revision = $2',
        [epoch, revision],
      );
      return row?.body ?? null;
    },
  };
}
