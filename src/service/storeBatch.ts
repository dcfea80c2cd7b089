import { emptyHistogram, merge, type Histogram } from '../observe/histogram.js';
import { mergeCounts, type Counts } from '../observe/tally.js';
import type { Database, Queryable } from './database.js';
import { StoreError, type AcceptedBucket, type BatchToStore, type FlagStore } from './store.js';

type BatchResult = Awaited<ReturnType<FlagStore['storeBatch']>>;
type Histograms = Readonly<Record<string, Histogram>>;

/** Transactions that add to one bucket wait for each other only within their shard. */
const shards = 4;
/** A sender whose numbers have more holes than this is not one of ours; its oldest holes count as seen. */
const maxRanges = 128;

/**
 * Stores batches of different senders, each once, in one transaction: their numbers, their buckets, their users.
 * @returns what became of each, in their order
 * @throws StoreError; then none is stored
 */
export function storeBatches(database: Database, batches: readonly BatchToStore[]): Promise<readonly BatchResult[]> {
  return database.transaction(null, async (tx) => {
    const senders = await claimSeqs(tx, batches);
    const isNew = ({ senderId }: BatchToStore): boolean => senders.get(senderId)?.isDuplicate === false;
    const buckets = batches.filter(isNew).flatMap((batch) => batch.buckets);
    await addBuckets(tx, buckets, shardOf(batches[0]?.senderId ?? ''));
    await addUnits(tx, buckets);
    return batches.map(({ senderId }) => {
      const { isDuplicate = false, gaps = [] } = senders.get(senderId) ?? {};
      return { status: isDuplicate ? 'duplicate' : 'stored', gaps };
    });
  });
}

interface Sender {
  readonly isDuplicate: boolean;
  readonly gaps: readonly (readonly [number, number])[];
}

const sentTypes = 'sender_id text, seq bigint, queue_full bigint, expired bigint, storage bigint';

async function claimSeqs(tx: Queryable, batches: readonly BatchToStore[]): Promise<ReadonlyMap<string, Sender>> {
  for (const { seq } of batches)
    if (!Number.isSafeInteger(seq) || seq < 0) throw new StoreError('invalid', `seq: a whole number, found ${seq}`);
  const sent = JSON.stringify(
    batches.map(({ senderId, seq, dropped: { queueFull, expired, storage } }) => ({
      sender_id: senderId,
      seq,
      queue_full: queueFull,
      expired,
      storage,
    })),
  );
  // Every transaction locks senders in this order, so that two never wait for each other in a ring.
  const claimed = await tx.query<{ id: string; isDuplicate: boolean }>(
    `WITH sent AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS row (${sentTypes})),
      claimed AS (INSERT INTO metric_senders AS sender (sender_id) SELECT sender_id FROM sent ORDER BY sender_id
        ON CONFLICT (sender_id) DO UPDATE SET last_at = clock_timestamp() RETURNING sender.sender_id, sender.seqs)
      SELECT sender_id AS id, seqs @> seq AS "isDuplicate" FROM claimed JOIN sent USING (sender_id)`,
    [sent],
  );
  const fresh = claimed.filter(({ isDuplicate }) => !isDuplicate).map(({ id }) => id);
  if (fresh.length > 0)
    await tx.query(
      `UPDATE metric_senders AS sender SET seqs = switchback_add_seq(sender.seqs, sent.seq, $3),
        dropped_queue_full = dropped_queue_full + sent.queue_full, dropped_expired = dropped_expired + sent.expired,
        dropped_storage = dropped_storage + sent.storage
        FROM jsonb_to_recordset($1::jsonb) AS sent (${sentTypes})
        WHERE sender.sender_id = sent.sender_id AND sent.sender_id = ANY ($2)`,
      [sent, fresh, maxRanges],
    );
  // A sender counts from 1, so that the loss of its first batch shows too.
  const gaps = await tx.query<{ id: string; from: number; to: number }>(
    `SELECT sender_id AS id, lower(gap)::float8 AS from, upper(gap)::float8 - 1 AS to
      FROM metric_senders, unnest(int8multirange(range_merge(seqs + '{[1,2)}')) - seqs) AS gap
      WHERE sender_id = ANY ($1) ORDER BY gap`,
    [claimed.map(({ id }) => id)],
  );
  return new Map(
    claimed.map(({ id, isDuplicate }) => [
      id,
      { isDuplicate, gaps: gaps.filter((gap) => gap.id === id).map(({ from, to }) => [from, to] as const) },
    ]),
  );
}

interface BucketRow {
  readonly feature: string;
  readonly start_ms: number;
  readonly duration_ms: number;
  readonly version: string;
  readonly arm: string;
  readonly reason: string;
  readonly stage: string;
  readonly unverified: boolean;
  readonly shard: number;
  readonly counts: Counts;
  readonly histograms: Histograms;
}

const keyColumns = 'feature, start_ms, duration_ms, version, arm, reason, stage, unverified, shard';
const keyTypes =
  'feature text, start_ms bigint, duration_ms bigint, version text, arm text, reason text, stage text, unverified boolean, shard smallint';

const keyOf = (row: BucketRow): string =>
  JSON.stringify([
    row.feature,
    row.start_ms,
    row.duration_ms,
    row.version,
    row.arm,
    row.reason,
    row.stage,
    row.unverified,
  ]);

async function addBuckets(tx: Queryable, buckets: readonly AcceptedBucket[], shard: number): Promise<void> {
  const added = new Map<string, BucketRow>();
  for (const bucket of buckets) {
    const row = toRow(bucket, shard);
    const same = added.get(keyOf(row));
    added.set(keyOf(row), same === undefined ? row : mergeRows(same, row));
  }
  if (added.size === 0) return;
  const fresh = await tx.query<BucketRow>(
    `INSERT INTO metric_buckets (${keyColumns}, exposures, counts, histograms)
      SELECT ${keyColumns}, (counts->>'exposures')::bigint, counts, histograms
      FROM jsonb_to_recordset($1::jsonb) AS row (${keyTypes}, counts jsonb, histograms jsonb) ORDER BY ${keyColumns}
      ON CONFLICT DO NOTHING RETURNING ${keyColumns}`,
    [JSON.stringify([...added.values()])],
  );
  for (const row of fresh) added.delete(keyOf(plain(row)));
  if (added.size === 0) return;
  // Every transaction locks in the order of the key, so that two batches never wait for each other in a ring.
  const locked = await tx.query<BucketRow>(
    `SELECT bucket.* FROM metric_buckets AS bucket
      JOIN jsonb_to_recordset($1::jsonb) AS row (${keyTypes}) USING (${keyColumns}) ORDER BY ${keyColumns} FOR UPDATE OF bucket`,
    [JSON.stringify([...added.values()])],
  );
  const merged = locked.map((row) => mergeRows(plain(row), added.get(keyOf(plain(row))) ?? plain(row)));
  await tx.query(
    `UPDATE metric_buckets AS bucket
      SET counts = row.counts, histograms = row.histograms, exposures = (row.counts->>'exposures')::bigint
      FROM jsonb_to_recordset($1::jsonb) AS row (${keyTypes}, counts jsonb, histograms jsonb)
      WHERE (${keyColumns.replace(/(\w+)/g, 'bucket.$1')}) = (${keyColumns.replace(/(\w+)/g, 'row.$1')})`,
    [JSON.stringify(merged)],
  );
}

const toRow = (bucket: AcceptedBucket, shard: number): BucketRow => ({
  feature: bucket.feature,
  start_ms: bucket.startMs,
  duration_ms: bucket.durationMs,
  version: bucket.version,
  arm: bucket.arm,
  reason: bucket.reason,
  stage: bucket.stage ?? '',
  unverified: bucket.unverified,
  shard,
  counts: bucket.counts,
  histograms: bucket.histograms,
});

// pg hands bigint over as text.
const plain = (row: BucketRow): BucketRow => ({
  ...row,
  start_ms: Number(row.start_ms),
  duration_ms: Number(row.duration_ms),
});

const mergeRows = (a: BucketRow, b: BucketRow): BucketRow => ({
  ...a,
  counts: mergeCounts(a.counts, b.counts),
  histograms: mergeHistograms(a.histograms, b.histograms),
});

/** Merges histograms by name; names come from outside. */
export function mergeHistograms(a: Histograms, b: Histograms): Histograms {
  const merged = new Map(Object.entries(a));
  for (const [name, histogram] of Object.entries(b))
    merged.set(name, merge(merged.get(name) ?? emptyHistogram, histogram));
  return Object.fromEntries(merged);
}

function shardOf(senderId: string): number {
  let sum = 0;
  for (let at = 0; at < senderId.length; at += 1) sum = (sum * 31 + senderId.charCodeAt(at)) % 65_521;
  return sum % shards;
}

async function addUnits(tx: Queryable, buckets: readonly AcceptedBucket[]): Promise<void> {
  const units = new Map<string, { bits: number; first_ms: number; last_ms: number } & Record<string, unknown>>();
  for (const { feature, stage, subject, arm, unverified, units: unit, startMs, durationMs } of buckets) {
    const bits = (unit.exposed && 1) | (unit.error && 2) | (unit.slow && 4) | (unit.silent && 8);
    if (subject === null || arm === 'none' || bits === 0) continue;
    const key = JSON.stringify([feature, stage ?? '', subject, arm, unverified]);
    const same = units.get(key);
    units.set(key, {
      feature,
      stage: stage ?? '',
      subject,
      arm,
      unverified,
      bits: bits | (same?.bits ?? 0),
      first_ms: Math.min(startMs, same?.first_ms ?? startMs),
      last_ms: Math.max(startMs + durationMs - 1, same?.last_ms ?? 0),
    });
  }
  if (units.size === 0) return;
  await tx.query(
    `INSERT INTO stage_units AS unit (feature, stage, subject, arm, unverified, bits, first_ms, last_ms)
      SELECT feature, stage, subject, arm, unverified, bits, first_ms, last_ms FROM jsonb_to_recordset($1::jsonb)
        AS row (feature text, stage text, subject text, arm text, unverified boolean, bits smallint, first_ms bigint, last_ms bigint)
      ORDER BY feature, stage, subject, arm, unverified
      ON CONFLICT (feature, stage, subject, arm, unverified) DO UPDATE SET bits = unit.bits | excluded.bits,
        first_ms = least(unit.first_ms, excluded.first_ms), last_ms = greatest(unit.last_ms, excluded.last_ms)`,
    [JSON.stringify([...units.values()])],
  );
}
