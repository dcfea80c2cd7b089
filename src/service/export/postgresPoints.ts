import type { Database, Queryable } from '../database.js';
import type { Series } from './series.js';
import type { ExportState, TotalsStore } from './totalsStore.js';

type Points = Pick<TotalsStore, 'lease' | 'take' | 'settle' | 'noteFailure' | 'readExport' | 'release'>;

const keys = 'feature, version, assigned, series';
const keyTypes = 'feature text, version text, assigned boolean, series text';
const msOf = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** Where the export stands, in PostgreSQL: one replica at a time sends, and what it sends stays until it was taken. */
export function createPostgresPoints(database: Database): Points {
  return {
    lease: (holder, leaseMs) => database.transaction(null, (tx) => lease(tx, holder, leaseMs)),

    take: (holder, limit) =>
      database.transaction(null, async (tx) => {
        // In this order everywhere, so that two never wait for each other in a ring; who adds to them waits.
        await tx.query('SELECT FROM metric_ledger FOR UPDATE');
        if (!(await holds(tx, holder))) return null;
        await freeze(tx);
        const [state] = await tx.query<{ fromMs: number; untilMs: number }>(
          `SELECT ${msOf('sending_from')} AS "fromMs", ${msOf('sending_until')} AS "untilMs" FROM metric_export
            WHERE sending_until IS NOT NULL`,
        );
        const points = await tx.query<Series>(
          `SELECT ${keys}, value FROM metric_points WHERE sending ORDER BY ${keys} LIMIT $1`,
          [limit],
        );
        return state === undefined || points.length === 0 ? null : { ...state, points };
      }),

    settle: (holder, points, refused) =>
      database.transaction(null, async (tx) => {
        if (!(await holds(tx, holder))) return;
        await tx.query(
          `DELETE FROM metric_points AS point USING jsonb_to_recordset($1::jsonb) AS one (${keyTypes})
            WHERE point.sending AND (point.feature, point.version, point.assigned, point.series)
              = (one.feature, one.version, one.assigned, one.series)`,
          [JSON.stringify(points.map(({ value: _, ...key }) => key))],
        );
        await tx.query(
          `UPDATE metric_export SET sent_points = sent_points + $1, refused_points = refused_points + $2, failures = 0,
            failed_at = NULL, failure = NULL`,
          [Math.max(0, points.length - refused), refused],
        );
        await tx.query(
          `UPDATE metric_export SET sent_until = sending_until, sending_from = NULL, sending_until = NULL
            WHERE NOT EXISTS (SELECT FROM metric_points WHERE sending)`,
        );
      }),

    async noteFailure(holder, failure) {
      await database.query(
        `UPDATE metric_export SET failures = least(failures + 1, 1000000), failed_at = clock_timestamp(), failure = left($2, 200)
          WHERE holder = $1`,
        [holder, failure],
      );
    },

    async readExport() {
      const [row] = await database.query<ExportState & Record<string, unknown>>(
        `SELECT ${msOf('sent_until')} AS "sentUntilMs", sent_points::float8 AS "sentPoints",
            refused_points::float8 AS "refusedPoints", failures, failure,
            CASE WHEN EXISTS (SELECT FROM metric_points) THEN ${msOf('coalesce(sending_from, collected_from)')} END AS "waitingSinceMs"
          FROM metric_export`,
      );
      return row ?? nothingSent;
    },

    async release(holder) {
      await database.query('UPDATE metric_export SET leased_until = NULL WHERE holder = $1', [holder]);
    },
  };
}

const nothingSent: ExportState = {
  sentUntilMs: null,
  sentPoints: 0,
  refusedPoints: 0,
  failures: 0,
  failure: null,
  waitingSinceMs: null,
};

async function lease(tx: Queryable, holder: string, leaseMs: number): Promise<boolean> {
  // Who adds to the points waits meanwhile, as this waits for it.
  await tx.query('SELECT FROM metric_ledger FOR UPDATE');
  const [row] = await tx.query<{ isNew: boolean }>(
    `WITH before AS (SELECT wanted_at FROM metric_export FOR UPDATE)
      UPDATE metric_export SET holder = $1, leased_until = clock_timestamp() + $2 * interval '1 millisecond',
        wanted_at = clock_timestamp() FROM before
      WHERE holder = $1 OR leased_until IS NULL OR leased_until < clock_timestamp()
      RETURNING coalesce(before.wanted_at < clock_timestamp() - interval '7 days', true) AS "isNew"`,
    [holder, leaseMs],
  );
  if (row === undefined) {
    await tx.query('UPDATE metric_export SET wanted_at = clock_timestamp()');
    return false;
  }
  if (row.isNew) {
    // What was counted before anybody wanted it is no point of today.
    await tx.query('DELETE FROM metric_points');
    await tx.query(
      `UPDATE metric_export SET collected_from = clock_timestamp(), sending_from = NULL, sending_until = NULL, failures = 0,
        failed_at = NULL, failure = NULL`,
    );
  }
  return true;
}

const holds = async (tx: Queryable, holder: string): Promise<boolean> =>
  (
    await tx.query('SELECT FROM metric_export WHERE holder = $1 AND leased_until > clock_timestamp() FOR UPDATE', [
      holder,
    ])
  ).length > 0;

/** Takes what was collected for the next thing to be sent, once everything before was taken. */
async function freeze(tx: Queryable): Promise<void> {
  const [sending] = await tx.query('SELECT FROM metric_points WHERE sending LIMIT 1');
  if (sending !== undefined) return;
  const [frozen] = await tx.query<{ count: number }>(
    `WITH frozen AS (UPDATE metric_points SET sending = true RETURNING 1) SELECT count(*)::float8 AS count FROM frozen`,
  );
  if (frozen === undefined || frozen.count === 0) return;
  await tx.query(
    `WITH now AS (SELECT clock_timestamp() AS at) UPDATE metric_export
      SET sending_from = collected_from, sending_until = now.at, collected_from = now.at FROM now`,
  );
}
