import { emptyHistogram, record } from '../../../src/observe/histogram.js';
import { emptyCounts } from '../../../src/observe/tally.js';
import { openDatabase } from '../../../src/service/database.js';
import { addToTotals } from '../../../src/service/export/addToTotals.js';
import type { Level } from '../../../src/service/metrics/retention.js';
import { rollUp } from '../../../src/service/metrics/rollUp.js';
import type { AcceptedBucket, BatchToStore } from '../../../src/service/store.js';

export const histogramOf = (...values: number[]) => values.reduce(record, emptyHistogram);

export const bucketOf = (changes: Partial<AcceptedBucket> = {}): AcceptedBucket => ({
  feature: 'memoryPanel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
  startMs: Math.floor(Date.now() / 10_000) * 10_000 - 60_000,
  durationMs: 10_000,
  unverified: false,
  subject: 'a'.repeat(24),
  counts: { ...emptyCounts, attempts: 1, exposures: 1, settled: 1 },
  units: { exposed: 1, error: 0, slow: 0, silent: 0 },
  histograms: { commitMs: histogramOf(12) },
  sums: {},
  measures: {},
  ...changes,
});

export const batchOf = (sender: number, seq: number, buckets: readonly AcceptedBucket[]): BatchToStore => ({
  senderId: sender.toString(16).padStart(32, '0'),
  seq,
  buckets,
  dropped: { queueFull: 0, expired: 0, storage: 0 },
});

/** Adds up now what the store adds up every 5 s. */
export async function addUp(connectionString: string, levels: readonly Level[] = []): Promise<void> {
  const database = openDatabase({ config: { connectionString }, onInternalFault: () => {} });
  try {
    while (!(await rollUp(database, levels, addToTotals))) await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    await database.close();
  }
}
