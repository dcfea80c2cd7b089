import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  closedBreaker,
  defaultBreakerPolicy,
  step,
  type BreakerEvent,
  type BreakerState,
} from '../../src/guard/breaker.js';

const policy = defaultBreakerPolicy;
const startMs = 1_795_244_451_480;
const yearMs = 365 * 86_400_000;

const event = fc.constantFrom<BreakerEvent>('incident', 'settled', 'tick');
/** Events with the ms that pass before each. */
const history = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 600_000 })), { maxLength: 40 });

function run(events: readonly (readonly [BreakerEvent, number])[], start: BreakerState = closedBreaker) {
  let breaker = start;
  let nowMs = startMs;
  for (const [name, passedMs] of events) {
    nowMs += passedMs;
    breaker = step(breaker, name, nowMs);
  }
  return { breaker, nowMs };
}

const opened = run([
  ['incident', 0],
  ['incident', 1_000],
  ['incident', 1_000],
]).breaker;
const openedMs = startMs + 2_000;

describe('closed', () => {
  test('opens at the third incident within five minutes, for 30 s', () => {
    expect(
      run([
        ['incident', 0],
        ['incident', 1_000],
      ]).breaker.state,
    ).toBe('closed');
    expect(opened).toEqual({ state: 'open', sinceMs: openedMs, untilMs: openedMs + 30_000, openings: 1 });
  });

  test('forgets incidents that are older than the window', () => {
    const late: [BreakerEvent, number][] = [
      ['incident', 0],
      ['incident', 150_000],
      ['incident', 150_000],
    ];
    expect(run(late).breaker.state).toBe('closed');
    late[2]![1] -= 1;
    expect(run(late).breaker.state).toBe('open');
  });

  test('never opens below the limit, whatever settles in between', () => {
    fc.assert(
      fc.property(history, (events) => {
        let incidents = 0;
        const few = events.filter(([name]) => name !== 'incident' || ++incidents < policy.incidentLimit);
        expect(run(few).breaker.state).toBe('closed');
      }),
    );
  });

  test('is not pardoned by an episode that settles: two of three users may be lucky', () => {
    expect(
      run([
        ['incident', 0],
        ['incident', 0],
        ['settled', 0],
        ['incident', 0],
      ]).breaker.state,
    ).toBe('open');
  });
});

describe('open', () => {
  test('holds until its end, whatever happens', () => {
    fc.assert(
      fc.property(event, fc.integer({ min: 0, max: 29_999 }), (name, passedMs) => {
        expect(step(opened, name, openedMs + passedMs)).toBe(opened);
      }),
    );
  });

  test('is half open from its end on', () => {
    expect(step(opened, 'tick', openedMs + 30_000)).toEqual({ state: 'halfOpen', openings: 1 });
  });
});

describe('half open', () => {
  const halfOpen: BreakerState = { state: 'halfOpen', openings: 1 };

  test('only an episode that settles closes it', () => {
    expect(step(halfOpen, 'settled', startMs)).toBe(closedBreaker);
    expect(step(halfOpen, 'tick', startMs + yearMs)).toBe(halfOpen);
  });

  test('one incident opens it again, for twice as long', () => {
    expect(step(halfOpen, 'incident', startMs)).toEqual({
      state: 'open',
      sinceMs: startMs,
      untilMs: startMs + 60_000,
      openings: 2,
    });
  });

  test('cool-downs double up to 30 minutes and stay there', () => {
    const seconds: number[] = [];
    let breaker = opened;
    let nowMs = openedMs;
    for (let round = 0; round < 2_000; round++) {
      if (breaker.state !== 'open') throw new Error(breaker.state);
      seconds.push((breaker.untilMs - nowMs) / 1_000);
      nowMs = breaker.untilMs;
      breaker = step(step(breaker, 'tick', nowMs), 'incident', nowMs);
    }
    expect(seconds.slice(0, 8)).toEqual([30, 60, 120, 240, 480, 960, 1_800, 1_800]);
    expect(Math.max(...seconds)).toBe(1_800);
  });

  test('closing forgets the earlier cool-downs', () => {
    const long: BreakerState = { state: 'halfOpen', openings: 9 };
    const incidents: [BreakerEvent, number][] = [
      ['settled', 0],
      ['incident', 0],
      ['incident', 0],
      ['incident', 0],
    ];
    expect(run(incidents, long).breaker).toMatchObject({ state: 'open', openings: 1, untilMs: startMs + 30_000 });
  });
});

describe('the clock', () => {
  test('set back a year holds v1 no longer than the longest cool-down', () => {
    const nowMs = openedMs - yearMs;
    const clamped = step(opened, 'tick', nowMs);
    expect(clamped.state).toBe('open');
    expect(step(clamped, 'tick', nowMs + policy.maxCoolDownMs).state).toBe('halfOpen');
  });

  test('set back by anything at any time: v2 is tried again within the longest cool-down', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: yearMs }), (events, backMs) => {
        const { breaker, nowMs } = run(events);
        const earlier = step(breaker, 'tick', nowMs - backMs);
        expect(step(earlier, 'tick', nowMs - backMs + policy.maxCoolDownMs).state).not.toBe('open');
      }),
      { numRuns: 500 },
    );
  });

  test('set back does not keep incidents of the future', () => {
    const { breaker, nowMs } = run([
      ['incident', 0],
      ['incident', 0],
    ]);
    const earlier = step(breaker, 'tick', nowMs - yearMs);
    expect(step(earlier, 'incident', nowMs - yearMs + policy.windowMs).state).toBe('closed');
  });

  test('set forward a year ends the cool-down', () => {
    expect(step(opened, 'tick', openedMs + yearMs).state).toBe('halfOpen');
  });
});

describe('purity', () => {
  test('the same input gives the same output and is left as it was', () => {
    fc.assert(
      fc.property(history, event, fc.integer({ min: -yearMs, max: yearMs }), (events, name, passedMs) => {
        const { breaker, nowMs } = run(events);
        const before = structuredClone(breaker);
        expect(step(breaker, name, nowMs + passedMs)).toEqual(step(before, name, nowMs + passedMs));
        expect(breaker).toEqual(before);
      }),
    );
  });

  test('no change gives the same object', () => {
    fc.assert(
      fc.property(history, event, fc.integer({ min: 0, max: yearMs }), (events, name, passedMs) => {
        const { breaker, nowMs } = run(events);
        const next = step(breaker, name, nowMs + passedMs);
        if (next === breaker) return;
        expect(next).not.toEqual(breaker);
      }),
    );
    expect(step(closedBreaker, 'tick', startMs)).toBe(closedBreaker);
    expect(step(closedBreaker, 'settled', startMs)).toBe(closedBreaker);
  });
});

describe('jitter', () => {
  const two = run([
    ['incident', 0],
    ['incident', 0],
  ]).breaker;

  test('stretches a cool-down by up to a fifth', () => {
    expect(step(two, 'incident', startMs, policy, 1)).toMatchObject({ untilMs: startMs + 36_000 });
    expect(step(two, 'incident', startMs, policy, 0.5)).toMatchObject({ untilMs: startMs + 33_000 });
  });

  test('never stretches beyond the longest cool-down', () => {
    const late: BreakerState = { state: 'halfOpen', openings: 20 };
    expect(step(late, 'incident', startMs, policy, 1)).toMatchObject({ untilMs: startMs + policy.maxCoolDownMs });
  });
});
