import type { Version } from '../evaluate/snapshot.js';
import type { Queryable } from './database.js';
import { emptyNumbers, mergeNumbers } from './metrics/mergeNumbers.js';
import type { StoredNumbers, StoredStep, StoredTotals } from './store.js';

type Units = StoredTotals['units'];

const noUnits: Units = { exposed: 0, error: 0, slow: 0, silent: 0 };

/** Adds up both versions of a feature over the buckets that start in [fromMs, toMs). Units are users by arm. */
export async function readTotals(
  database: Queryable,
  feature: string,
  fromMs: number,
  toMs: number,
): Promise<readonly StoredTotals[]> {
  const steps = await readSteps(database, feature, fromMs, toMs, Infinity);
  const units = await database.query<{ arm: string } & Units>(
    `SELECT arm, count(*) FILTER (WHERE bits & 1 > 0)::float8 AS exposed, count(*) FILTER (WHERE bits & 2 > 0)::float8 AS error,
        count(*) FILTER (WHERE bits & 4 > 0)::float8 AS slow, count(*) FILTER (WHERE bits & 8 > 0)::float8 AS silent
      FROM (SELECT arm, subject, bit_or(bits) AS bits FROM stage_units
        WHERE feature = $1 AND last_ms >= $2 AND first_ms < $3 GROUP BY arm, subject) AS users GROUP BY arm`,
    [feature, fromMs, toMs],
  );
  return totalsOf((version, assigned) => {
    const { exposed, error, slow, silent } = (assigned && units.find(({ arm }) => arm === version)) || noUnits;
    const own = steps.find((step) => step.version === version && step.assigned === assigned);
    const { counts, histograms, sums, measures } = own ?? emptyNumbers;
    return { version, assigned, counts, histograms, sums, measures, units: { exposed, error, slow, silent } };
  });
}

/** Both versions, each within the comparison and outside it. */
export const totalsOf = (total: (version: Version, assigned: boolean) => StoredTotals): readonly StoredTotals[] =>
  [true, false].flatMap((assigned) => [total('v1', assigned), total('v2', assigned)]);

interface StepRow extends StoredNumbers {
  readonly startMs: number;
  readonly durationMs: number;
  readonly version: Version;
  readonly assigned: boolean;
}

/** @param stepMs Infinity: all in one */
export async function readSteps(
  database: Queryable,
  feature: string,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Promise<readonly StoredStep[]> {
  const rows = await database.query<StepRow>(
    `SELECT start_ms::float8 AS "startMs", duration_ms::float8 AS "durationMs", version, arm = version AS assigned, counts, histograms, sums, measures
      FROM metric_buckets WHERE feature = $1 AND start_ms >= $2 AND start_ms < $3`,
    [feature, fromMs, toMs],
  );
  return addUpSteps(rows, stepMs);
}

/** Adds up numbers by step, version and whether they compare; in order of time. */
export function addUpSteps(rows: readonly StoredStep[], stepMs: number): readonly StoredStep[] {
  const steps = new Map<string, StoredStep>();
  for (const { counts, histograms, sums, measures, ...row } of rows) {
    const { version, assigned } = row;
    const startMs = stepMs === Infinity ? 0 : Math.floor(row.startMs / stepMs) * stepMs;
    const key = `${startMs} ${version} ${assigned}`;
    const before = steps.get(key);
    const numbers = mergeNumbers(before ?? emptyNumbers, { counts, histograms, sums, measures });
    const durationMs = Math.max(before?.durationMs ?? 0, row.durationMs);
    steps.set(key, { startMs, durationMs, version, assigned, ...numbers });
  }
  return [...steps.values()].sort((a, b) => a.startMs - b.startMs);
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
