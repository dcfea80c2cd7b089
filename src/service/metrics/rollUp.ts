import type { Database, Queryable } from '../database.js';
import { keyColumns, mergeRows, numberColumns, rowTypes, startOf, type BucketRow } from './bucketRows.js';
import type { Level } from './retention.js';

/** Rows that one transaction takes: a fraction of a second of work. */
const maxRows = 200;

/**
 * Adds up what batches brought, and what is old to longer buckets, until nothing is left to add up. One replica at a time does it; each
 * step is one transaction that takes rows away and puts their sum in their place, so that nothing is lost or counted twice whenever it is
 * killed.
 * @param noteFresh sees each row that batches brought, once, in the transaction that adds it up
 * @returns whether this was the one
 */
export async function rollUp(
  database: Database,
  levels: readonly Level[],
  noteFresh: (tx: Queryable, rows: readonly BucketRow[]) => Promise<void>,
): Promise<boolean> {
  for (const step of [mergeFresh(noteFresh), ...levels.map(lengthen)]) {
    let taken: number | null = null;
    do {
      taken = await database.transaction(null, async (tx) => ((await isOurs(tx)) ? step(tx) : null));
      if (taken === null) return false;
    } while (taken === maxRows);
  }
  return true;
}

// Held to the end of the transaction, also by one that was killed.
async function isOurs(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ locked: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('switchback roll-up', 0)) AS locked",
  );
  return row?.locked === true;
}

const mergeFresh =
  (noteFresh: (tx: Queryable, rows: readonly BucketRow[]) => Promise<void>) =>
  async (tx: Queryable): Promise<number> => {
    const taken = await tx.query<BucketRow>(
      `DELETE FROM metric_buckets WHERE ctid IN
        (SELECT ctid FROM metric_buckets WHERE shard > 0 ORDER BY shard LIMIT ${maxRows})
        RETURNING ${keyColumns}, ${numberColumns}`,
    );
    await addTo(tx, taken);
    await noteFresh(tx, taken);
    return taken.length;
  };

const lengthen =
  ({ durationMs, afterMs }: Level) =>
  async (tx: Queryable): Promise<number> => {
    const taken = await tx.query<BucketRow>(
      // A longer bucket is made when all of its time is old enough; what is fresh is added up first.
      `DELETE FROM metric_buckets WHERE ctid IN (SELECT ctid FROM metric_buckets
        WHERE shard = 0 AND duration_ms < $1 AND start_ms < floor((extract(epoch FROM clock_timestamp()) * 1000 - $2) / $1) * $1
        ORDER BY start_ms LIMIT ${maxRows}) RETURNING ${keyColumns}, ${numberColumns}`,
      [durationMs, afterMs],
    );
    const longer = taken.map((row) => ({
      ...row,
      start_ms: startOf(Number(row.start_ms), durationMs),
      duration_ms: durationMs,
    }));
    await addTo(tx, longer);
    return taken.length;
  };

/** Only ever called by who holds the lock: nobody else writes the rows of shard 0. */
async function addTo(tx: Queryable, added: readonly BucketRow[]): Promise<void> {
  if (added.length === 0) return;
  const rows = mergeRows(added);
  const before = await tx.query<BucketRow>(
    `DELETE FROM metric_buckets AS bucket USING jsonb_to_recordset($1::jsonb) AS row (${rowTypes})
      WHERE shard = 0 AND ${keyColumns
        .split(', ')
        .map((column) => `bucket.${column} = row.${column}`)
        .join(' AND ')}
      RETURNING ${keyColumns.replace(/(\w+)/g, 'bucket.$1')}, ${numberColumns.replace(/(\w+)/g, 'bucket.$1')}`,
    [JSON.stringify(rows.map(({ counts: _c, histograms: _h, sums: _s, measures: _m, ...key }) => key))],
  );
  await tx.query(
    `INSERT INTO metric_buckets (${keyColumns}, ${numberColumns}, exposures, shard)
      SELECT ${keyColumns}, ${numberColumns}, (counts->>'exposures')::bigint, 0
      FROM jsonb_to_recordset($1::jsonb) AS row (${rowTypes})`,
    [JSON.stringify(mergeRows([...before, ...rows]))],
  );
}
