import type { Version } from '../evaluate/snapshot.js';
import type { Histogram } from '../observe/histogram.js';
import { emptyCounts, mergeCounts, type Counts } from '../observe/tally.js';
import type { Queryable } from './database.js';
import type { StoredTotals } from './store.js';
import { mergeHistograms } from './storeBatch.js';

type Units = StoredTotals['units'];

const noUnits: Units = { exposed: 0, error: 0, slow: 0, silent: 0 };

/** Adds up both versions of a feature over the buckets that start in [fromMs, toMs). Units are users by arm. */
export async function readTotals(
  database: Queryable,
  feature: string,
  fromMs: number,
  toMs: number,
): Promise<readonly StoredTotals[]> {
  const buckets = await database.query<BucketRow>(
    'SELECT version, arm, counts, histograms FROM metric_buckets WHERE feature = $1 AND start_ms >= $2 AND start_ms < $3',
    [feature, fromMs, toMs],
  );
  const units = await database.query<{ arm: string } & Units>(
    `SELECT arm, count(*) FILTER (WHERE bits & 1 > 0)::float8 AS exposed, count(*) FILTER (WHERE bits & 2 > 0)::float8 AS error,
        count(*) FILTER (WHERE bits & 4 > 0)::float8 AS slow, count(*) FILTER (WHERE bits & 8 > 0)::float8 AS silent
      FROM (SELECT arm, subject, bit_or(bits) AS bits FROM stage_units
        WHERE feature = $1 AND last_ms >= $2 AND first_ms < $3 GROUP BY arm, subject) AS users GROUP BY arm`,
    [feature, fromMs, toMs],
  );
  return totalsOf((version, assigned) => {
    const { exposed, error, slow, silent } = (assigned && units.find(({ arm }) => arm === version)) || noUnits;
    const own = buckets.filter((row) => row.version === version && (row.arm === version) === assigned);
    return { version, assigned, ...addUp(own), units: { exposed, error, slow, silent } };
  });
}

/** Both versions, each within the comparison and outside it. */
export const totalsOf = (total: (version: Version, assigned: boolean) => StoredTotals): readonly StoredTotals[] =>
  [true, false].flatMap((assigned) => [total('v1', assigned), total('v2', assigned)]);

interface BucketRow {
  readonly version: string;
  readonly arm: string;
  readonly counts: Counts;
  readonly histograms: Readonly<Record<string, Histogram>>;
}

function addUp(rows: readonly BucketRow[]): Pick<StoredTotals, 'counts' | 'histograms'> {
  let counts = emptyCounts;
  let histograms: Readonly<Record<string, Histogram>> = {};
  for (const row of rows) {
    counts = mergeCounts(counts, row.counts);
    histograms = mergeHistograms(histograms, row.histograms);
  }
  return { counts, histograms };
}

/** How often v2 of these features was shown in buckets that start at `sinceMs` or later, and the start of the last one. */
export async function readV2Since(
  database: Queryable,
  features: readonly string[],
  sinceMs: number,
): Promise<{ exposures: number; lastSeenAtMs: number | null }> {
  const [row] = await database.query<{ exposures: number; lastSeenAtMs: number | null }>(
    `SELECT coalesce(sum(exposures), 0)::float8 AS exposures, max(start_ms)::float8 AS "lastSeenAtMs"
      FROM metric_buckets WHERE feature = ANY($1) AND start_ms >= $2 AND version = 'v2' AND exposures > 0`,
    [features, sinceMs],
  );
  return row ?? { exposures: 0, lastSeenAtMs: null };
}
