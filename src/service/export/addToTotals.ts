import type { Queryable } from '../database.js';
import type { BucketRow } from '../metrics/bucketRows.js';
import { addSeries, countOf, mergeValues, seriesId, seriesOf, type Series, type SeriesValue } from './series.js';

/** What a feature may have of them; more is counted as `other`. */
const maxSeriesPerFeature = 200;
const keys = 'feature, version, assigned, series';

/**
 * Adds what batches brought to the running totals, which no roll-up and no retention touches, and to what is to be exported: in the
 * transaction that adds it to the buckets, so once.
 */
export async function addToTotals(tx: Queryable, rows: readonly BucketRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query('SELECT FROM metric_ledger FOR UPDATE');
  const kept = await keepFew(tx, seriesOf(rows));
  await addTo(tx, 'metric_totals', kept);
  const [wanted] = await tx.query(`SELECT FROM metric_export WHERE wanted_at > clock_timestamp() - interval '7 days'`);
  if (wanted !== undefined) await addTo(tx, 'metric_points', kept);
}

/** Names come from outside: a feature has a bounded number of series, and the rest is counted alone. */
async function keepFew(tx: Queryable, added: readonly Series[]): Promise<readonly Series[]> {
  const features = [...new Set(added.map(({ feature }) => feature))];
  const known = new Set(
    (await tx.query<Series>(`SELECT ${keys} FROM metric_totals WHERE feature = ANY ($1)`, [features])).map(seriesId),
  );
  const room = new Map(features.map((feature) => [feature, maxSeriesPerFeature]));
  for (const id of known) take(room, id.slice(0, id.indexOf(' ')));
  const kept = new Map<string, Series>();
  for (const one of added) {
    const isAlways = one.value.kind === 'counts' || one.value.kind === 'other';
    if (isAlways || known.has(seriesId(one)) || take(room, one.feature)) addSeries(kept, one);
    else addSeries(kept, { ...one, series: 'other', value: { kind: 'other', n: countOf(one.value) } });
  }
  return [...kept.values()];
}

function take(room: Map<string, number>, feature: string): boolean {
  const left = room.get(feature) ?? 0;
  room.set(feature, left - 1);
  return left > 0;
}

// Only ever called with the ledger's row locked: nobody else writes between reading and writing.
async function addTo(tx: Queryable, table: 'metric_totals' | 'metric_points', added: readonly Series[]): Promise<void> {
  const isPoints = table === 'metric_points';
  const known = await tx.query<Series>(
    `SELECT ${keys}, row.value FROM ${table} AS row JOIN jsonb_to_recordset($1::jsonb)
      AS added (feature text, version text, assigned boolean, series text) USING (${keys}) ${isPoints ? 'WHERE NOT sending' : ''}`,
    [JSON.stringify(added.map(({ value: _, ...key }) => key))],
  );
  const before = new Map<string, SeriesValue>(known.map((one) => [seriesId(one), one.value]));
  const merged = added.map((one) => {
    const value = before.get(seriesId(one));
    return value === undefined ? one : { ...one, value: mergeValues(value, one.value) };
  });
  const fresh = `SELECT ${keys}, value FROM jsonb_to_recordset($1::jsonb) AS row (feature text, version text, assigned boolean, series text, value jsonb)`;
  await tx.query(
    isPoints
      ? `INSERT INTO metric_points (${keys}, value) ${fresh} ON CONFLICT (${keys}, sending) DO UPDATE SET value = excluded.value`
      : `WITH ledger AS (UPDATE metric_ledger SET round = round + 1 RETURNING round)
        INSERT INTO metric_totals (${keys}, value, round) SELECT rows.*, ledger.round FROM (${fresh}) AS rows, ledger
        ON CONFLICT (${keys}) DO UPDATE SET value = excluded.value, round = excluded.round`,
    [JSON.stringify(merged)],
  );
}
