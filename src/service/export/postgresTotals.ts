import type { Database, Queryable } from '../database.js';
import { createPostgresPoints } from './postgresPoints.js';
import type { Series } from './series.js';
import type { TotalsRead, TotalsStore } from './totalsStore.js';

/** Running totals and the export in PostgreSQL. */
export const createPostgresTotals = (database: Database): TotalsStore => ({
  read: (round) => readTotals(database, round),
  ...createPostgresPoints(database),
});

async function readTotals(database: Queryable, round: number | null): Promise<TotalsRead> {
  const rows = await database.query<{ sinceMs: number; round: number; changed: readonly Series[] | null }>(
    `SELECT (extract(epoch FROM since) * 1000)::float8 AS "sinceMs", ledger.round::float8 AS round,
        (SELECT jsonb_agg(jsonb_build_object('feature', feature, 'version', version, 'assigned', assigned, 'series', series,
          'value', value)) FROM metric_totals AS total WHERE total.round > $1) AS changed
      FROM metric_ledger AS ledger`,
    [round ?? -1],
  );
  const [row] = rows;
  return { sinceMs: row?.sinceMs ?? 0, round: row?.round ?? 0, changed: row?.changed ?? [] };
}
