import type { Queryable } from '../database.js';
import { emptyNumbers, mergeNumbers } from '../metrics/mergeNumbers.js';
import { readTotals } from '../readTotals.js';
import type { StoredNumbers, StoredTotals } from '../store.js';
import type { V1Numbers } from './baseline.js';

/** Adds up totals of which `keep` says yes. */
export const sumsOf = (totals: readonly StoredTotals[], keep: (totals: StoredTotals) => boolean): StoredNumbers =>
  totals.filter(keep).reduce<StoredNumbers>(mergeNumbers, emptyNumbers);

/** Of a long window no single read has to answer in the time that a request has. */
const partMs = 3_600_000;

/** Reads what v1 was in a window: everybody's, hour by hour. */
export async function readV1(
  database: Queryable,
  feature: string,
  fromMs: number,
  untilMs: number,
): Promise<V1Numbers> {
  let v1 = emptyNumbers;
  let v2Exposures = 0;
  for (let atMs = fromMs; atMs < untilMs; atMs += partMs) {
    const totals = await readTotals(database, feature, atMs, Math.min(atMs + partMs, untilMs));
    v1 = mergeNumbers(
      v1,
      sumsOf(totals, ({ version }) => version === 'v1'),
    );
    v2Exposures += sumsOf(totals, ({ version }) => version === 'v2').counts.exposures;
  }
  const [users] = await database.query<{ users: number }>(
    `SELECT count(DISTINCT subject)::float8 AS users FROM stage_units
      WHERE feature = $1 AND arm = 'v1' AND bits & 1 > 0 AND last_ms >= $2 AND first_ms < $3`,
    [feature, fromMs, untilMs],
  );
  const { counts, histograms, sums, measures } = v1;
  return {
    counts,
    histograms,
    sums,
    measures,
    v2Exposures,
    users: users?.users ?? 0,
    delivery: await readDelivery(database, fromMs, untilMs),
  };
}

/** Senders count from 1: what is missing below their highest number did not arrive. They are forgotten after 48 h. */
async function readDelivery(database: Queryable, fromMs: number, untilMs: number): Promise<V1Numbers['delivery']> {
  const [row] = await database.query<{ expected: number; received: number }>(
    `SELECT coalesce(sum(upper(range_merge(seqs + '{[1,2)}')) - 1), 0)::float8 AS expected,
        coalesce(sum((SELECT sum(upper(part) - lower(part)) FROM unnest(seqs) AS part)), 0)::float8 AS received
      FROM (SELECT seqs FROM metric_senders WHERE last_at >= to_timestamp($1) AND first_at < to_timestamp($2)
        ORDER BY last_at DESC LIMIT 50000) AS sender`,
    [fromMs / 1_000, untilMs / 1_000],
  );
  return row === undefined || row.expected === 0 ? null : row;
}
