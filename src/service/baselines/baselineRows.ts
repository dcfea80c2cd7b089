import { assertNever } from '../../error.js';
import type { Histogram } from '../../observe/histogram.js';
import type { Measures } from '../../observe/measure.js';
import type { Sums } from '../../observe/sum.js';
import type { Counts } from '../../observe/tally.js';
import type { Queryable } from '../database.js';
import { StoreError } from '../store.js';
import type { StoredBaseline, V1Numbers } from './baseline.js';

interface BaselineRow {
  readonly id: number;
  readonly feature: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly status: StoredBaseline['status'];
  readonly createdMs: number;
  readonly createdBy: string;
  readonly reason: string | null;
  readonly endedMs: number | null;
  readonly cause: string | null;
  readonly v2Exposures: number | null;
  readonly users: number | null;
  readonly counts: Counts | null;
  readonly histograms: Readonly<Record<string, Histogram>> | null;
  readonly sums: Sums | null;
  readonly measures: Measures | null;
  readonly expected: number | null;
  readonly received: number | null;
}

const msOf = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

const columns = `id::float8 AS id, feature, ${msOf('from_at')} AS "fromMs", ${msOf('until_at')} AS "untilMs", status,
  ${msOf('created_at')} AS "createdMs", created_by AS "createdBy", reason, ${msOf('ended_at')} AS "endedMs", cause,
  v2_exposures::float8 AS "v2Exposures", users_exposed::float8 AS users, counts, histograms, sums, measures,
  delivery_expected::float8 AS expected, delivery_received::float8 AS received`;

/** Reads baselines. `where` is ours, never from outside. */
export async function readBaselines(
  database: Queryable,
  where: string,
  values: readonly unknown[] = [],
): Promise<readonly StoredBaseline[]> {
  const rows = await database.query<BaselineRow & Record<string, unknown>>(
    `SELECT ${columns} FROM baselines WHERE ${where}`,
    values,
  );
  return rows.map(toBaseline);
}

/** @throws StoreError `not-found` */
export async function readBaseline(database: Queryable, id: number): Promise<StoredBaseline> {
  const [found] = Number.isSafeInteger(id) ? await readBaselines(database, 'id = $1', [id]) : [];
  if (found === undefined) throw new StoreError('not-found', `there is no baseline ${id}`);
  return found;
}

const iso = (ms: number): string => new Date(ms).toISOString();

function toBaseline(row: BaselineRow): StoredBaseline {
  const { id, feature, createdBy, reason, status } = row;
  const base = { id, feature, from: iso(row.fromMs), until: iso(row.untilMs) };
  const made = { createdAt: iso(row.createdMs), createdBy, reason };
  const endedAt = iso(row.endedMs ?? row.untilMs);
  switch (status) {
    case 'recording':
      return { ...base, ...made, status };
    case 'completed':
      return { ...base, ...made, status, endedAt, numbers: numbersOf(row) };
    case 'spoiled':
      return { ...base, ...made, status, endedAt, cause: row.cause ?? '' };
    case 'cancelled':
      return { ...base, ...made, status, endedAt };
    default:
      return assertNever(status);
  }
}

function numbersOf({
  counts,
  histograms,
  sums,
  measures,
  users,
  v2Exposures,
  expected,
  received,
}: BaselineRow): V1Numbers {
  if (counts === null || histograms === null || sums === null || measures === null)
    throw new StoreError('unavailable', 'a completed baseline has numbers');
  return {
    counts,
    histograms,
    sums,
    measures,
    users: users ?? 0,
    v2Exposures: v2Exposures ?? 0,
    delivery: expected === null || received === null ? null : { expected, received },
  };
}
