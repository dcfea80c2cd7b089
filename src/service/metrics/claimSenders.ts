import type { Queryable } from '../database.js';
import { StoreError, type BatchResult, type BatchToStore } from '../store.js';
import { valuesIn } from './mergeNumbers.js';

/** A sender whose numbers have more holes than this is not one of ours; its oldest holes count as seen. */
const maxRanges = 128;
/** Values that one page may bring at first, and in each second of its life. A thousand gates on a busy page stay far below. */
const atFirst = 100_000;
const perSecond = 1_000;
/** Checksums that are kept of a sender, to tell a repeated batch from another one under its number. */
const maxRecent = 32;

/** What is to become of a batch. */
export interface Claim {
  readonly status: BatchResult['status'];
  readonly gaps: BatchResult['gaps'];
  readonly differs: boolean;
}

const sentTypes =
  'sender_id text, seq bigint, values bigint, checksum text, queue_full bigint, expired bigint, storage bigint';

const isKnown = 'sender.seqs @> lower(excluded.seqs)';
const isTooMuch = `sender.received + excluded.received > ${atFirst} + ${perSecond} * extract(epoch FROM clock_timestamp() - sender.first_at)`;
const add = (column: string): string =>
  `${column} = sender.${column} + CASE WHEN ${isKnown} OR ${isTooMuch} THEN 0 ELSE excluded.${column} END`;
const addAlways = (column: string): string =>
  `${column} = sender.${column} + CASE WHEN ${isKnown} THEN 0 ELSE excluded.${column} END`;

// Every transaction locks senders in this order, so that two never wait for each other in a ring. last_at changes once a minute:
// it has an index, and a row that is changed without one costs less. A sender counts from 1, so that the loss of its first batch shows.
const claimSql = `WITH sent AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS row (${sentTypes})),
  claimed AS (INSERT INTO metric_senders AS sender
      (sender_id, seqs, batches, received, outcome, recent, dropped_queue_full, dropped_expired, dropped_storage)
    SELECT sender_id, int8multirange(int8range(seq, seq + 1)), 1, CASE WHEN values > ${atFirst} THEN 0 ELSE values END,
      CASE WHEN values > ${atFirst} THEN 'limited' ELSE 'stored' END,
      CASE WHEN checksum IS NULL THEN '{}' ELSE jsonb_build_object(seq, checksum) END, queue_full, expired, storage
      FROM sent ORDER BY sender_id
    ON CONFLICT (sender_id) DO UPDATE SET
      outcome = CASE WHEN ${isKnown} THEN 'duplicate' WHEN ${isTooMuch} OR excluded.outcome = 'limited' THEN 'limited' ELSE 'stored' END,
      seqs = CASE WHEN ${isKnown} THEN sender.seqs ELSE switchback_add_seq(sender.seqs, lower(excluded.seqs), ${maxRanges}) END,
      recent = CASE WHEN ${isKnown} THEN sender.recent
        WHEN (SELECT count(*) FROM jsonb_object_keys(sender.recent)) >= ${maxRecent} THEN excluded.recent
        ELSE sender.recent || excluded.recent END,
      ${[addAlways('batches'), add('received'), ...['dropped_queue_full', 'dropped_expired', 'dropped_storage'].map(addAlways)].join(', ')},
      last_at = CASE WHEN sender.last_at < clock_timestamp() - interval '1 minute' THEN clock_timestamp() ELSE sender.last_at END
    RETURNING sender_id, seqs, outcome, recent)
  SELECT sender_id AS id, outcome AS status,
    outcome = 'duplicate' AND coalesce(recent->>(seq::text) <> checksum, false) AS differs,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(lower(gap), upper(gap) - 1) ORDER BY gap), '[]')
      FROM unnest(int8multirange(range_merge(seqs + '{[1,2)}')) - seqs) AS gap) AS gaps
  FROM claimed JOIN sent USING (sender_id)`;

/** Takes the numbers of batches of different senders. @returns by sender @throws StoreError `invalid` */
export async function claimSenders(
  tx: Queryable,
  batches: readonly BatchToStore[],
): Promise<ReadonlyMap<string, Claim>> {
  for (const { seq } of batches)
    if (!Number.isSafeInteger(seq) || seq < 0) throw new StoreError('invalid', `seq: a whole number, found ${seq}`);
  const sent = batches.map(({ senderId, seq, buckets, checksum = null, dropped }) => ({
    sender_id: senderId,
    seq,
    values: buckets.reduce((sum, bucket) => sum + valuesIn(bucket), 0),
    checksum,
    queue_full: dropped.queueFull,
    expired: dropped.expired,
    storage: dropped.storage,
  }));
  const claimed = await tx.query<Claim & { id: string }>(claimSql, [JSON.stringify(sent)]);
  return new Map(claimed.map(({ id, ...claim }) => [id, claim]));
}
