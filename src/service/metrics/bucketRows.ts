import type { AcceptedBucket, StoredNumbers } from '../store.js';
import { mergeNumbers } from './mergeNumbers.js';

/** A row of `metric_buckets`: what happened to one version for one reason over a time. Times come as text from pg. */
export interface BucketRow extends StoredNumbers {
  readonly feature: string;
  readonly start_ms: number | string;
  readonly duration_ms: number | string;
  readonly version: string;
  readonly arm: string;
  readonly reason: string;
  readonly stage: string;
  readonly unverified: boolean;
}

export const keyColumns = 'feature, start_ms, duration_ms, version, arm, reason, stage, unverified';
/** For jsonb_to_recordset. */
export const rowTypes =
  'feature text, start_ms bigint, duration_ms bigint, version text, arm text, reason text, stage text, unverified boolean, counts jsonb, histograms jsonb, sums jsonb, measures jsonb';
export const numberColumns = 'counts, histograms, sums, measures';

/** How long the shortest row is. Whatever a sender says, rows begin at its multiples, so that it cannot make more of them. */
const shortestMs = 10_000;

export const startOf = (ms: number, durationMs: number): number => Math.floor(ms / durationMs) * durationMs;

export const rowOf = (bucket: AcceptedBucket): BucketRow => ({
  feature: bucket.feature,
  start_ms: startOf(bucket.startMs, shortestMs),
  duration_ms: shortestMs,
  version: bucket.version,
  arm: bucket.arm,
  reason: bucket.reason,
  stage: bucket.stage ?? '',
  unverified: bucket.unverified,
  counts: bucket.counts,
  histograms: bucket.histograms,
  sums: bucket.sums,
  measures: bucket.measures,
});

const keyOf = (row: BucketRow): string =>
  JSON.stringify([
    row.feature,
    Number(row.start_ms),
    Number(row.duration_ms),
    row.version,
    row.arm,
    row.reason,
    row.stage,
    row.unverified,
  ]);

/** Adds up rows of the same key. */
export function mergeRows(rows: readonly BucketRow[]): readonly BucketRow[] {
  const merged = new Map<string, BucketRow>();
  for (const row of rows) {
    const key = keyOf(row);
    const same = merged.get(key);
    merged.set(key, same === undefined ? row : { ...same, ...mergeNumbers(same, row) });
  }
  return [...merged.values()];
}
