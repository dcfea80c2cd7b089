import type { Database, Queryable } from './database.js';
import { addUnits } from './metrics/addUnits.js';
import { keyColumns, mergeRows, numberColumns, rowOf, rowTypes } from './metrics/bucketRows.js';
import { claimSenders } from './metrics/claimSenders.js';
import type { SeriesBook } from './metrics/seriesBook.js';
import type { AcceptedBucket, BatchResult, BatchToStore } from './store.js';

/**
 * Stores batches of different senders, each once, in one transaction: their numbers, their buckets, their users. Buckets are new rows,
 * so that no transaction waits for another; they are added up later.
 * @returns what became of each, in their order
 * @throws StoreError; then none is stored
 */
export async function storeBatches(
  database: Database,
  sent: readonly BatchToStore[],
  book: SeriesBook,
): Promise<readonly BatchResult[]> {
  const { batches, leftOut: names } = await book.admit(sent);
  return database.transaction(null, async (tx) => {
    const claims = await claimSenders(tx, batches);
    const taken = batches.filter(({ senderId }) => claims.get(senderId)?.status === 'stored');
    await addBuckets(
      tx,
      taken.flatMap(({ buckets }) => buckets),
    );
    const leftOut = await addUnits(tx, taken);
    return batches.map(({ senderId }): BatchResult => {
      const { status, gaps, differs } = claims.get(senderId) ?? { status: 'stored', gaps: [], differs: false };
      const [usersLeftOut, namesLeftOut] = status === 'stored' ? [leftOut.get(senderId), names.get(senderId)] : [];
      return {
        status,
        gaps,
        ...(differs && { differs }),
        ...(usersLeftOut !== undefined && { usersLeftOut }),
        ...(namesLeftOut !== undefined && { namesLeftOut }),
      };
    });
  });
}

async function addBuckets(tx: Queryable, buckets: readonly AcceptedBucket[]): Promise<void> {
  const rows = mergeRows(buckets.map(rowOf));
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO metric_buckets (${keyColumns}, ${numberColumns}, exposures)
      SELECT ${keyColumns}, ${numberColumns}, (counts->>'exposures')::bigint
      FROM jsonb_to_recordset($1::jsonb) AS row (${rowTypes})`,
    [JSON.stringify(rows)],
  );
}
