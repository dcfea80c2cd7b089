import fc from 'fast-check';
import { emptyHistogram, record } from '../../../src/observe/histogram.js';
import { addToMeasure, openMeasure } from '../../../src/observe/measure.js';
import { emptyCounts } from '../../../src/observe/tally.js';
import type { AcceptedBucket, BatchToStore } from '../../../src/service/store.js';

/** A bucket of one exposure of v2. */
export const bucketOf = (changes: Partial<AcceptedBucket> = {}): AcceptedBucket => ({
  feature: 'memoryPanel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
  startMs: 1_795_244_450_000,
  durationMs: 10_000,
  unverified: false,
  subject: 'a'.repeat(24),
  counts: { ...emptyCounts, attempts: 1, exposures: 1, settled: 1 },
  units: { exposed: 1, error: 0, slow: 0, silent: 0 },
  histograms: {},
  sums: {},
  measures: {},
  ...changes,
});

export const batchOf = (senderId: string, seq: number, buckets: readonly AcceptedBucket[]): BatchToStore => ({
  senderId,
  seq,
  buckets,
  dropped: { queueFull: 0, expired: 0, storage: 0 },
});

const values = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 5 });

/** Whole numbers, so that sums are exact in every order. */
export const anyBucket = (firstMs: number, spanMs: number): fc.Arbitrary<AcceptedBucket> =>
  fc
    .record({
      at: fc.integer({ min: 0, max: spanMs - 1 }),
      version: fc.constantFrom('v1' as const, 'v2' as const),
      isAssigned: fc.boolean(),
      stage: fc.constantFrom(null, 'p1-s1', 'p1-s2'),
      timings: values,
      measured: values,
      kind: fc.constantFrom('counter' as const, 'gauge' as const, 'histogram' as const),
      failed: fc.integer({ min: 0, max: 3 }),
      heap: fc.integer({ min: 1, max: 500 }),
    })
    .map(({ at, version, isAssigned, stage, timings, measured, kind, failed, heap }) => {
      const [first = 0, ...others] = measured;
      const measure = openMeasure(kind, 'ms', first);
      for (const value of others) addToMeasure(measure, value);
      return bucketOf({
        startMs: firstMs + at,
        version,
        arm: isAssigned ? version : 'none',
        reason: isAssigned ? 'SPLIT' : 'DEFAULT',
        stage,
        counts: { ...emptyCounts, attempts: 1 + failed, settled: 1, failed: { ...emptyCounts.failed, render: failed } },
        histograms: { commitMs: timings.reduce((sum, value) => record(sum, value), emptyHistogram) },
        sums: { heapMb: { n: 1, sum: heap } },
        measures: { [kind]: measure },
      });
    });
