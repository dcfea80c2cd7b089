import { expect, test } from 'vitest';
import type { Estimate } from '../../src/migrate/estimate.js';
import { judgeHealth, type HealthInput } from '../../src/migrate/healthCheck.js';

const estimate = (value: number, low: number, high: number): Estimate => ({ value, low, high, sampleSize: 100 });
const unknown: Estimate = { value: null, low: null, high: null, sampleSize: 3 };
const judge = (found: Partial<HealthInput>, limits = {}) =>
  judgeHealth(
    {
      timedOut: 0,
      successRate: estimate(0.99, 0.96, 1),
      gain: unknown,
      breaker: 'closed',
      check: { hasFailed: false },
      ...found,
    },
    limits,
  );

test('all well, or too little known, is healthy', () => {
  expect(judge({})).toEqual({ status: 'healthy', details: [] });
  expect(judge({ successRate: unknown, timedOut: 3 })).toEqual({ status: 'healthy', details: [] });
});

test('a success rate that is surely too low is critical, one that may be is degraded', () => {
  expect(judge({ successRate: estimate(0.9, 0.85, 0.94) }).status).toBe('critical');
  expect(judge({ successRate: estimate(0.94, 0.9, 0.97) })).toEqual({
    status: 'degraded',
    details: ['v2 succeeds in 94 % of 100 calls (95 % interval 90 % to 97 %), wanted are 95 %'],
  });
  expect(judge({ successRate: estimate(0.94, 0.9, 0.97) }, { minSuccessRate: 0.9 }).status).toBe('healthy');
});

test('slower than allowed is degraded once it is sure', () => {
  expect(judge({ gain: estimate(-0.5, -0.8, -0.1) }).status).toBe('healthy');
  expect(judge({ gain: estimate(-0.5, -0.6, -0.4) })).toEqual({
    status: 'degraded',
    details: ['v2 takes 50 % longer than v1 (of 100 timed calls)'],
  });
  expect(judge({ gain: estimate(-0.5, -0.6, -0.4) }, { minGain: -1 }).status).toBe('healthy');
});

test('calls that took too long are named where calls fail too often', () => {
  expect(judge({ timedOut: 3 }).status).toBe('healthy');
  expect(judge({ timedOut: 3, successRate: estimate(0.94, 0.9, 0.97) }).details).toContain(
    '3 calls of v2 took too long',
  );
});

test('an open breaker is critical, a half-open one degraded', () => {
  expect(judge({ breaker: 'open' }).status).toBe('critical');
  expect(judge({ breaker: 'halfOpen' }).status).toBe('degraded');
});

test.each([
  [new Error('no such table'), 'no such table'],
  [null, 'null'],
  [Object.create(null), 'unprintable'],
  [new Error('x'.repeat(500)), 'x'.repeat(200)],
])('a check that failed with %o is critical and says why', (why, said) => {
  expect(judge({ check: { hasFailed: true, why } })).toEqual({
    status: 'critical',
    details: [`the check of v2 failed: ${said}`],
  });
});
