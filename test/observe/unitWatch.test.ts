import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/observe/observe.js';
import { createUnitWatch, type FoundUnit } from '../../src/observe/unitWatch.js';

const startMs = 1_795_244_450_000;
type Step = { readonly at: number; readonly hidden?: boolean; readonly subject?: string } & Record<string, unknown>;

const observed = ({ at, hidden: _, subject: __, ...what }: Step): Observation =>
  ({
    feature: 'panel',
    version: 'v2',
    arm: 'v2',
    reason: 'SPLIT',
    epoch: 7,
    revision: 1,
    stage: null,
    atMs: startMs + at,
    ...what,
  }) as Observation;

/** What is found over time, in ms since the start; a page change is a step of its own. */
function found(steps: readonly (Step | { readonly page: number })[], slowMs = 1_000, silentMs = 10_000) {
  const watch = createUnitWatch(() => ({ slowMs, silentMs }));
  const units: [FoundUnit['kind'], number][] = [];
  for (const step of steps) {
    if ('page' in step) watch.pageChanged(startMs + Number(step.page));
    else {
      const { hidden = false, subject = 'a' } = step as Step;
      const unit = watch.see(observed(step as Step), subject, hidden);
      if (unit) units.push([unit.kind, unit.atMs - startMs]);
    }
  }
  return units;
}
const commit = (at: number, valueMs: number, more: object = {}): Step => ({
  at,
  kind: 'timing',
  name: 'commitMs',
  valueMs,
  ...more,
});
const load = (at: number, valueMs: number): Step => ({ at, kind: 'timing', name: 'chunkLoadMs', valueMs });
const exposure = (at: number, more: object = {}): Step => ({ at, kind: 'exposure', ...more });
const settled = (at: number, more: object = {}): Step => ({ at, kind: 'settled', ...more });

describe('slow', () => {
  test('is a commit that took longer than the feature allows, once', () => {
    expect(found([commit(1_200, 1_001), commit(3_000, 2_000)])).toEqual([['slow', 1_200]]);
    expect(found([commit(1_200, 1_000)])).toEqual([]);
  });

  test('adds the load of the code to the commit that waited for it, and to no later one', () => {
    expect(found([load(600, 600), commit(1_050, 450)])).toEqual([['slow', 1_050]]);
    expect(found([load(600, 600), commit(5_000, 450)])).toEqual([]);
    expect(found([load(600, 600), commit(1_050, 300)])).toEqual([]);
  });

  test('holds for v1 as for v2', () => {
    expect(found([commit(1_200, 1_100, { version: 'v1', arm: 'v1' })])).toEqual([['slow', 1_200]]);
  });

  test('is nothing outside of the arms', () => {
    expect(
      found([commit(1_200, 5_000, { arm: 'none' }), exposure(0, { arm: 'none' }), settled(60_000, { arm: 'none' })]),
    ).toEqual([]);
  });

  test('is told again of another user, another stage and another feature', () => {
    const steps = [{}, { subject: 'b' }, { stage: 'p7-s2' }, { feature: 'list' }].map((more) =>
      commit(1_200, 1_100, more),
    );
    expect(found(steps)).toHaveLength(4);
  });

  test('is no hidden page’s, nor that of one that was hidden meanwhile', () => {
    expect(found([commit(1_200, 1_100, { hidden: true })])).toEqual([]);
    expect(found([{ page: 500 }, commit(1_200, 1_100)])).toEqual([]);
    expect(found([{ page: 50 }, commit(1_200, 1_100)])).toEqual([['slow', 1_200]]);
    expect(found([load(700, 700), { page: 300 }, commit(1_200, 500)])).toEqual([]);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 3_600_000])('does not believe a commit of %d ms', (valueMs) => {
    expect(found([commit(1_200, valueMs), load(1_300, valueMs), commit(1_310, 5)])).toEqual([]);
  });
});

describe('silent', () => {
  test('is an exposure that settled after its deadline, in the time of the exposure', () => {
    expect(found([exposure(100), settled(10_101)])).toEqual([['silent', 100]]);
    expect(found([exposure(100), settled(10_100)])).toEqual([]);
  });

  test('is once', () => {
    expect(found([exposure(0), settled(20_000), exposure(30_000), settled(60_000)])).toEqual([['silent', 0]]);
  });

  test('is nobody who had a healthy signal before', () => {
    expect(found([exposure(0), settled(2_000), exposure(3_000), settled(60_000)])).toEqual([]);
  });

  test('is no failure, and nobody who left before the deadline', () => {
    expect(found([exposure(0), { at: 50, kind: 'failure' }, settled(60_000)])).toEqual([]);
    expect(found([exposure(0), { at: 50, kind: 'aborted' }, settled(60_000)])).toEqual([]);
    expect(found([exposure(0), { at: 50, kind: 'aborted' }, exposure(50_000), settled(52_000)])).toEqual([]);
    expect(found([exposure(0), { at: 50, kind: 'aborted' }, exposure(50_000), settled(62_000)])).toEqual([
      ['silent', 50_000],
    ]);
  });

  test('counts the gates of one user as one', () => {
    const gates = Array.from({ length: 1_000 }, () => exposure(0));
    expect(found([...gates, ...gates.map(() => settled(11_000))])).toEqual([['silent', 0]]);
    // One of two left: the other still has to settle.
    expect(found([exposure(0), exposure(0), { at: 10, kind: 'aborted' }, settled(11_000)])).toEqual([['silent', 0]]);
  });

  test('is no hidden page, whose timers wait', () => {
    expect(found([exposure(0, { hidden: true }), settled(60_000)])).toEqual([]);
    expect(found([exposure(0), { page: 500 }, settled(60_000)])).toEqual([]);
    expect(found([exposure(0), { page: 500 }, { page: 59_000 }, settled(60_000)])).toEqual([]);
    expect(found([exposure(0), { page: 500 }, { page: 800 }, exposure(900), settled(60_000)])).toEqual([
      ['silent', 900],
    ]);
  });

  test.each([
    ['sleeps for a night', 30_000_000],
    ['has its clock set back', -5_000],
  ])('is no machine that %s', (_, tookMs) => {
    expect(found([exposure(0), settled(tookMs)])).toEqual([]);
  });
});

test('whatever happens, nobody is found twice, and nobody on a hidden page', () => {
  const step = fc.oneof(
    fc.record({
      at: fc.integer({ min: -100_000, max: 400_000 }),
      kind: fc.constantFrom('attempt', 'exposure', 'settled', 'aborted', 'failure'),
      hidden: fc.boolean(),
    }),
    fc.record({
      at: fc.nat(100_000),
      kind: fc.constant('timing'),
      name: fc.constantFrom('commitMs', 'chunkLoadMs', 'fetchMs'),
      valueMs: fc.double(),
      hidden: fc.boolean(),
    }),
    fc.record({ page: fc.nat(100_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const kinds = found(steps).map(([kind]) => kind);
      expect(new Set(kinds).size).toBe(kinds.length);
      const hidden = steps.map((one) => ('kind' in one && one.kind !== 'settled' ? { ...one, hidden: true } : one));
      expect(found(hidden)).toEqual([]);
    }),
  );
});
