import * as v from 'valibot';
import type { AuditEntry, StoredTotals } from '../../store.js';
import { featureKey, jsonObject, source, text, time, whole } from './primitives.js';

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
  errorRate: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  users: v.object({ exposed: whole, error: whole, slow: whole, silent: whole }),
  timings: v.record(
    v.string(),
    v.object({ count: whole, meanMs: ms, minMs: ms, maxMs: ms, p50Ms: ms, p95Ms: ms, p99Ms: ms }),
  ),
});

const both = v.object({ v1: versionNumbers, v2: versionNumbers });

export const featureNumbers = v.object({ feature: featureKey, from: time, to: time, versions: both, outside: both });
