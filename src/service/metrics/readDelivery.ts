import type { Queryable } from '../database.js';
import type { StoredDelivery } from '../store.js';

/** What one sender may say is missing: a page that lies about itself makes nobody believe that nothing arrives. */
const maxDropped = 1_000_000;
const maxMissing = 1_000;

/** How much arrived of what senders counted who were heard of after `sinceMs`. */
export async function readDelivery(database: Queryable, sinceMs: number): Promise<StoredDelivery> {
  // A missing batch is taken to have held what a batch holds on average.
  const [row] = await database.query<StoredDelivery & { readonly batches: number; readonly holes: number }>(
    `SELECT count(*)::float8 AS senders, coalesce(sum(received), 0)::float8 AS received,
        coalesce(sum(least(dropped_queue_full + dropped_expired + dropped_storage, ${maxDropped})), 0)::float8 AS dropped,
        coalesce(sum(batches), 0)::float8 AS batches,
        coalesce(sum(least(greatest(upper(seqs) - least(lower(seqs), 1) - batches, 0), ${maxMissing})), 0)::float8 AS holes
      FROM metric_senders WHERE last_at >= to_timestamp($1::float8 / 1000)`,
    [sinceMs],
  );
  const { senders = 0, received = 0, dropped = 0, batches = 0, holes = 0 } = row ?? {};
  return { senders, received, dropped, missing: batches === 0 ? 0 : Math.round((holes * received) / batches) };
}
