import { describe, expect, test } from 'vitest';
import { decide, isSameDecision, type Decision } from '../../src/decide/decide.js';
import type { Override } from '../../src/decide/override.js';
import type { Trip } from '../../src/decide/trip.js';
import type { Assignment } from '../../src/evaluate/evaluate.js';

const feature = 'panel';
const kill: Assignment = { feature, version: 'v1', reason: 'ROLLED_BACK', kill: true };
const split = { feature, version: 'v2', reason: 'SPLIT', kill: false, bucket: 42 } satisfies Assignment;
const trip: Trip = { feature, sinceMs: 0, untilMs: 1 };
const v1: Override = { version: 'v1' };
const v2: Override = { version: 'v2' };

// Every combination of the three voices.
test.each([
  ['kill, trip, override', kill, trip, v2, 'v1', 'ROLLED_BACK'],
  ['kill, trip', kill, trip, undefined, 'v1', 'ROLLED_BACK'],
  ['kill, override', kill, undefined, v2, 'v1', 'ROLLED_BACK'],
  ['kill', kill, undefined, undefined, 'v1', 'ROLLED_BACK'],
  ['assignment, trip, override', split, trip, v2, 'v1', 'CIRCUIT_OPEN'],
  ['assignment, trip', split, trip, undefined, 'v1', 'CIRCUIT_OPEN'],
  ['assignment, override to v1', split, undefined, v1, 'v1', 'OVERRIDE'],
  ['assignment, override to v2', { ...split, version: 'v1' }, undefined, v2, 'v2', 'OVERRIDE'],
  ['assignment', split, undefined, undefined, 'v2', 'SPLIT'],
  ['trip, override', undefined, trip, v2, 'v1', 'CIRCUIT_OPEN'],
  ['trip', undefined, trip, undefined, 'v1', 'CIRCUIT_OPEN'],
  ['override', undefined, undefined, v2, 'v2', 'OVERRIDE'],
  ['nothing', undefined, undefined, undefined, 'v1', 'DEFAULT'],
] as const)('%s', (_, assignment, held, override, version, reason) => {
  const decision = decide({ feature, assignment, trip: held, override });
  expect(decision).toMatchObject({ feature, version, reason, enabled: version === 'v2' });
});

test('carries the bucket only where the percentage decided', () => {
  expect(decide({ feature, assignment: split })).toHaveProperty('bucket', 42);
  expect(decide({ feature, assignment: split, override: v1 })).not.toHaveProperty('bucket');
  expect(decide({ feature, assignment: kill })).not.toHaveProperty('bucket');
});

describe('isSameDecision', () => {
  const decision: Decision = { feature, version: 'v2', enabled: true, reason: 'SPLIT', bucket: 42 };

  test('holds for an equal one', () => {
    expect(isSameDecision(decision, { ...decision })).toBe(true);
  });

  test.each([
    { ...decision, feature: 'list' },
    { ...decision, version: 'v1', enabled: false },
    { ...decision, reason: 'OVERRIDE' },
    { ...decision, bucket: 43 },
    { feature, version: 'v2', enabled: true, reason: 'SPLIT' },
  ] satisfies Decision[])('fails where one part differs: %j', (other) => {
    expect(isSameDecision(decision, other)).toBe(false);
    expect(isSameDecision(other, decision)).toBe(false);
  });
});
