import * as v from 'valibot';
import type { VersionHealth } from '../../metrics/judgeFeature.js';
import type { AuditEntry, StoredTotals } from '../../store.js';
import { measures, rate, stepTiming, sums } from './measured.js';
import { featureKey, jsonObject, share, source, text, time, whole } from './primitives.js';

export const auditEntry = v.object({
  id: whole,
  at: time,
  feature: v.nullable(text),
  action: text,
  actor: text,
  source,
  reason: v.nullable(text),
  before: v.nullable(jsonObject),
  after: v.nullable(jsonObject),
  requestId: v.nullable(text),
}) satisfies v.GenericSchema<unknown, AuditEntry>;

export const counts = v.object({
  attempts: whole,
  exposures: whole,
  settled: whole,
  failed: v.object({ load: whole, render: whole, effect: whole, hydration: whole, event: whole, reported: whole }),
  aborted: whole,
  suppressedByBreaker: whole,
  overridden: whole,
}) satisfies v.GenericSchema<unknown, StoredTotals['counts']>;

const ms = v.nullable(v.number());
/** One version's numbers; null where there is nothing to divide by. */
export const versionNumbers = v.object({
  counts,
  errorRate: v.nullable(share),
  errorRateInterval: v.pipe(v.nullable(v.array(share)), v.description('95 %, [low, high]')),
  users: v.object({ exposed: whole, error: whole, slow: whole, silent: whole }),
  timings: v.record(
    v.string(),
    v.object({
      count: whole,
      meanMs: ms,
      minMs: ms,
      maxMs: ms,
      p50Ms: ms,
      p95Ms: ms,
      p99Ms: ms,
      errorRatio: v.pipe(share, v.description('How far off a percentile may be, of itself')),
    }),
  ),
  sums,
  measures,
});

const both = v.object({ v1: versionNumbers, v2: versionNumbers });
const ofStep = v.nullable(
  v.object({ counts, errorRate: rate, timings: v.record(v.string(), stepTiming), sums, measures }),
);
const bothOfStep = v.object({ v1: ofStep, v2: ofStep });

export const featureNumbers = v.object({
  feature: featureKey,
  from: time,
  to: time,
  sampling: v.pipe(
    share,
    v.description(
      'As it is now: timings, sums and measures are of this share of users, as they were counted; counts and users of all',
    ),
  ),
  versions: both,
  outside: both,
  stepMs: v.nullable(whole),
  steps: v.pipe(
    v.nullable(v.array(v.object({ start: time, versions: bothOfStep, outside: bothOfStep }))),
    v.description('In order of time; those without anything are left out. Null where no step was asked for'),
  ),
});

const status = v.picklist(['healthy', 'degraded', 'critical', 'unknown']);
const interval = v.nullable(v.object({ value: share, low: share, high: share }));
const versionHealth = v.object({
  status,
  reasons: v.array(
    v.object({
      code: v.picklist([
        'errors',
        'worse-than-v1',
        'slower-than-v1',
        'slow-users',
        'silent-users',
        'breaker',
        'delivery',
        'few-samples',
      ]),
      status,
      detail: text,
    }),
  ),
  samples: v.object({ finished: whole, exposures: whole, users: whole }),
  errorRate: interval,
  suppressed: interval,
  p95CommitMs: ms,
}) satisfies v.GenericSchema<unknown, VersionHealth>;

export const featureVerdict = v.object({
  feature: featureKey,
  from: time,
  to: time,
  status,
  versions: v.object({ v1: versionHealth, v2: versionHealth }),
  deliveryRate: v.nullable(share),
  sampleRatio: v.pipe(
    v.nullable(
      v.object({ expected: share, v1: whole, v2: whole, pValue: v.nullable(share), isSuspicious: v.boolean() }),
    ),
    v.description('Whether the arms are as large as the percentage says; null where it changed within the window'),
  ),
});
