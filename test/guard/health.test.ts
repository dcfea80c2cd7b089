import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareLevels,
  healthOf,
  judge,
  step,
  untriedHealth,
  type HealthState,
  type Readings,
} from '../../src/guard/health.js';
import { defaultHealthPolicy, insufficientData, type HealthPolicy } from '../../src/guard/healthLevel.js';

const policy: HealthPolicy = { ...defaultHealthPolicy, maxLatencyMs: 100, maxErrorRate: 0.05, maxMemoryMB: 100 };
const nothing: Readings = {
  maxErrorRate: { value: 0, samples: 0 },
  maxLatencyMs: { value: 0, samples: 0 },
  maxMemoryMB: { value: 0, samples: 0 },
};
const latency = (value: number, samples = 20): Readings => ({ ...nothing, maxLatencyMs: { value, samples } });
const errors = (failed: number, samples: number): Readings => ({
  ...nothing,
  maxErrorRate: { value: failed / samples, samples },
});
const heap = (value: number): Readings => ({ ...nothing, maxMemoryMB: { value, samples: 1 } });

const reading = fc.record({
  value: fc.oneof(fc.double({ min: 0, max: 1_000, noNaN: true }), fc.constantFrom(0, 80, 100, 200, 160)),
  samples: fc.integer({ min: 0, max: 60 }),
});
const rate = fc.tuple(fc.nat(40), fc.nat(40)).map(([failed, settled]) => {
  const samples = failed + settled;
  return { value: samples === 0 ? 0 : failed / samples, samples };
});
const readings = fc.record({ maxErrorRate: rate, maxLatencyMs: reading, maxMemoryMB: reading });

function run(inputs: readonly (readonly [Readings, number])[], start: HealthState = untriedHealth, given = policy) {
  const states: HealthState[] = [];
  let nowMs = 0;
  let state = start;
  for (const [input, passedMs] of inputs) states.push((state = step(state, input, (nowMs += passedMs), given)));
  return states;
}
const levels = (states: readonly HealthState[]) => states.map(({ level }) => level);

describe('judging', () => {
  test.each([
    ['too few observations, whatever they say', latency(9_999, 19), 'healthy'],
    ['at the threshold', latency(100), 'healthy'],
    ['above it', latency(100.1), 'degraded'],
    ['at twice the threshold', latency(200), 'degraded'],
    ['above twice the threshold', latency(200.1), 'critical'],
    ['one error among twenty', errors(1, 20), 'healthy'],
    ['two errors among twenty are a high rate, but only two', errors(2, 20), 'degraded'],
    ['three errors among twenty', errors(3, 20), 'critical'],
    ['a page that takes a hundred times the heap', heap(10_000), 'degraded'],
    ['a value that is no number', latency(NaN), 'healthy'],
    ['an infinite one', latency(Infinity), 'healthy'],
  ] as const)('%s', (_, input, level) => {
    expect(judge(input, policy).level).toBe(level);
  });

  test('says which threshold, which value and from how many observations', () => {
    expect(judge(latency(180, 31), policy)).toEqual({
      level: 'degraded',
      reason: { because: 'over-threshold', threshold: 'maxLatencyMs', limit: 100, value: 180, samples: 31 },
    });
    expect(judge(errors(30, 40), policy)).toMatchObject({ reason: { threshold: 'maxErrorRate', limit: 0.1 } });
  });

  test('the worst of several counts, and of equals the error rate', () => {
    const all = { ...latency(300), maxErrorRate: { value: 0.06, samples: 50 }, maxMemoryMB: heap(500).maxMemoryMB };
    expect(judge(all, policy)).toMatchObject({ level: 'critical', reason: { threshold: 'maxLatencyMs' } });
    const equals = { ...all, maxLatencyMs: { value: 150, samples: 50 } };
    expect(judge(equals, policy)).toMatchObject({ level: 'degraded', reason: { threshold: 'maxErrorRate' } });
  });

  test('an error rate of more than one half has a critical limit that can be reached', () => {
    const high = { ...policy, maxErrorRate: 0.6 };
    expect(judge(errors(15, 20), high)).toMatchObject({ level: 'degraded' });
    expect(judge(errors(20, 20), high)).toMatchObject({ level: 'critical', reason: { limit: 0.8 } });
  });

  test('worse readings never give a better level', () => {
    fc.assert(
      fc.property(readings, fc.double({ min: 1, max: 5, noNaN: true }), (input, factor) => {
        const worse = { ...input, maxLatencyMs: { ...input.maxLatencyMs, value: input.maxLatencyMs.value * factor } };
        expect(compareLevels(judge(worse, policy).level, judge(input, policy).level)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('the heap is never critical, and no threshold is never anything', () => {
    fc.assert(
      fc.property(readings, (input) => {
        const { maxMemoryMB } = input;
        expect(judge({ ...nothing, maxMemoryMB }, policy).level).not.toBe('critical');
        expect(judge(input, defaultHealthPolicy)).toBe(untriedHealth);
      }),
    );
  });
});

describe('moving', () => {
  test('goes up at once and down one level at a time, each after a minute at four fifths', () => {
    const states = run([
      [latency(150), 0],
      [latency(250), 1_000],
      [latency(160), 1_000],
      [latency(160), 59_999],
      [latency(160), 1],
      [latency(81), 30_000],
      [latency(80), 30_000],
      [latency(80), 59_999],
      [latency(80), 1],
    ]);
    expect(levels(states)).toEqual([
      'degraded',
      'critical',
      'critical',
      'critical',
      'degraded',
      'degraded',
      'degraded',
      'degraded',
      'healthy',
    ]);
  });

  test('a relapse begins the wait anew', () => {
    const states = run([
      [latency(150), 0],
      [latency(50), 1_000],
      [latency(90), 59_000],
      [latency(50), 1_000],
      [latency(50), 59_999],
      [latency(50), 1],
    ]);
    expect(levels(states).slice(-2)).toEqual(['degraded', 'healthy']);
  });

  test('keeps the reason of when the level was entered, with what v1 does', () => {
    const v1 = () => latency(42, 50);
    const [entered] = run([[latency(150, 25), 0]]);
    expect(entered).toMatchObject({ reason: { value: 150, samples: 25, v1: null } });
    const compared = step(untriedHealth, latency(150, 25), 0, policy, v1);
    expect(compared).toMatchObject({ reason: { v1: { value: 42, samples: 50 } } });
    expect(step(compared, latency(170, 60), 1, policy, v1)).toBe(compared);
    expect(step(untriedHealth, latency(150, 25), 0, policy, () => latency(42, 19))).toMatchObject({
      reason: { v1: null },
    });
  });

  test('what is not seen any more heals', () => {
    const states = run([
      [latency(500), 0],
      [nothing, 1_000],
      [nothing, 60_000],
      [nothing, 60_000],
    ]);
    expect(levels(states)).toEqual(['critical', 'critical', 'degraded', 'healthy']);
    expect(healthOf(states.at(-1)!)).toEqual(insufficientData);
  });

  test('on a constant input it moves once up, or at most twice down, and then never again', () => {
    fc.assert(
      fc.property(
        readings,
        readings,
        fc.array(fc.nat(200_000), { minLength: 1, maxLength: 40 }),
        (before, input, waits) => {
          const [start] = run([[before, 0]]);
          const seen = levels([
            start!,
            ...run(
              waits.map((waitMs) => [input, waitMs] as const),
              start,
            ),
          ]);
          const moves = seen.slice(1).map((level, at) => compareLevels(level, seen[at]!));
          expect(new Set(moves.filter((move) => move !== 0).map(Math.sign)).size).toBeLessThanOrEqual(1);
          expect(moves.filter((move) => move > 0).length).toBeLessThanOrEqual(1);
          expect(moves.filter((move) => move < 0).length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('between two thresholds and their leaving values it stays wherever it is', () => {
    fc.assert(
      fc.property(fc.double({ min: 80, max: 100, minExcluded: true, noNaN: true }), (value) => {
        const waits = Array.from({ length: 20 }, () => [latency(value), 30_000] as const);
        expect(new Set(levels(run(waits)))).toEqual(new Set(['healthy']));
        expect(new Set(levels(run(waits, run([[latency(150), 0]])[0])))).toEqual(new Set(['degraded']));
      }),
    );
  });

  test('never becomes critical on too little data, and every change of level follows the order', () => {
    const history = fc.array(fc.tuple(readings, fc.nat(120_000)), { maxLength: 40 });
    fc.assert(
      fc.property(history, (inputs) => {
        let state = untriedHealth;
        let nowMs = 0;
        for (const [input, passedMs] of inputs) {
          const next = step(state, input, (nowMs += passedMs), policy);
          const move = compareLevels(next.level, state.level);
          if (move > 0) {
            expect(next).toMatchObject({ level: judge(input, policy).level, goodSinceMs: null });
            if (next.level === 'healthy') throw new Error('worse than healthy is not healthy');
            const { threshold } = next.reason;
            if (threshold !== 'maxMemoryMB') expect(input[threshold].samples).toBeGreaterThanOrEqual(policy.minSamples);
            if (next.level === 'critical') expect(threshold).not.toBe('maxMemoryMB');
          }
          // Down is one step at a time.
          if (move < 0) expect(move).toBe(-1);
          state = next;
        }
      }),
      { numRuns: 300 },
    );
  });

  test('no change is the same object', () => {
    fc.assert(
      fc.property(readings, readings, fc.nat(500_000), (before, input, waitMs) => {
        const [start] = run([[before, 0]]);
        const next = step(start!, input, waitMs, policy);
        expect(step(next, input, waitMs, policy)).toBe(next);
        if (next !== start) expect(next).not.toEqual(start);
      }),
    );
  });
});
