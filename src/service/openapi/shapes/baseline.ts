import * as v from 'valibot';
import type { baselineJson } from '../../baselines/baselineJson.js';
import type { Differences } from '../../baselines/compareWithBaseline.js';
import { measures, rate, stepTiming, sums } from './measured.js';
import { counts } from './numbers.js';
import { featureKey, share, text, time, whole } from './primitives.js';

const number = v.number();

/** Numbers of one version with their sample sizes, intervals and error bounds. */
const numberEntries = {
  counts,
  errorRate: rate,
  timings: v.record(v.string(), stepTiming),
  sums,
  measures,
};

const frozen = v.object({
  ...numberEntries,
  users: whole,
  v2Exposures: whole,
  delivery: v.pipe(
    v.nullable(v.object({ expected: whole, received: whole, rate: share })),
    v.description('Batches of pages, of all features'),
  ),
});

const entries = {
  id: whole,
  feature: featureKey,
  status: v.picklist(['recording', 'completed', 'spoiled', 'cancelled']),
  from: time,
  until: time,
  createdAt: time,
  createdBy: text,
  reason: v.nullable(text),
  endedAt: v.nullable(time),
  progress: share,
  cause: v.pipe(v.nullable(text), v.description('When and how v2 was on, of one that was spoiled by it')),
  numbers: v.nullable(frozen),
};

/** v1 over a window. */
export const baseline = v.object(entries) satisfies v.GenericSchema<unknown, ReturnType<typeof baselineJson>>;

const tooLittle = v.object({ status: v.literal('tooLittle'), reason: text });
const difference = v.union([
  v.object({
    status: v.literal('compared'),
    baseline: number,
    now: number,
    difference: number,
    low: number,
    high: number,
  }),
  tooLittle,
]);
const slowdown = v.union([
  v.object({ status: v.literal('compared'), ratio: number, low: number, high: number }),
  tooLittle,
]);
const differences = v.object({
  errorRate: difference,
  timings: v.record(v.string(), v.object({ p50Ms: difference, p95Ms: difference, p99Ms: difference, slowdown })),
}) satisfies v.GenericSchema<unknown, Differences>;

const compared = v.object({ numbers: v.object(numberEntries), differences });

/** A baseline, and how now differs from it. */
export const comparedBaseline = v.object({
  ...entries,
  comparison: v.nullable(
    v.object({
      from: time,
      to: time,
      note: v.pipe(text, v.description('What these differences are not')),
      versions: v.object({ v1: compared, v2: compared }),
    }),
  ),
});
