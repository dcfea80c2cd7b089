import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyHistogram, quantileOf } from '../../src/observe/histogram.js';
import type { FailurePhase, Observation, ObservedVersion } from '../../src/observe/observe.js';
import {
  addToTally,
  emptyCounts,
  emptyTally,
  errorRateOf,
  failedTotal,
  isOfTally,
  mergeCounts,
  mergeTallies,
  tallyStartMs,
  type Counts,
  type Tally,
} from '../../src/observe/tally.js';

const observed: ObservedVersion = {
  feature: 'panel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1_795_244_451_480,
  revision: 412,
  stage: 'p7-s3',
};
const atMs = 1_795_244_454_321;
const phases: readonly FailurePhase[] = ['load', 'render', 'effect', 'event', 'reported'];

const failure = (phase: FailurePhase) => ({ kind: 'failure', failure: { phase, name: 'Error', message: '' } }) as const;
const happening = fc.oneof(
  fc
    .constantFrom('attempt', 'exposure', 'settled', 'aborted', 'suppressedByBreaker', 'overridden')
    .map((kind) => ({ kind })),
  fc.constantFrom(...phases).map(failure),
  fc.record({
    kind: fc.constant('timing' as const),
    name: fc.constantFrom('chunkLoadMs', 'commitMs'),
    valueMs: fc.integer({ min: 0, max: 10_000 }),
  }),
  fc.record({ kind: fc.constant('sum' as const), name: fc.constant('heapMb'), value: fc.nat(100) }),
  fc.record({
    kind: fc.constant('measure' as const),
    name: fc.constantFrom('rows', 'cells'),
    measure: fc.constant('gauge' as const),
    unit: fc.constant('1'),
    value: fc.integer({ min: -100, max: 100 }),
  }),
);
const observation = happening.map((what): Observation => ({ ...observed, atMs, ...what }) as Observation);
const observations = fc.array(observation, { maxLength: 40 });
const tallyOf = (all: readonly Observation[]): Tally => {
  const tally = emptyTally(observed, atMs);
  for (const one of all) addToTally(tally, one);
  return tally;
};

test.each([
  ['attempt', 'attempts'],
  ['exposure', 'exposures'],
  ['settled', 'settled'],
  ['aborted', 'aborted'],
  ['suppressedByBreaker', 'suppressedByBreaker'],
  ['overridden', 'overridden'],
] as const)('one %s counts one in %s and nowhere else', (kind, field) => {
  expect(tallyOf([{ ...observed, atMs, kind }]).counts).toEqual({ ...emptyCounts, [field]: 1 });
});

test.each(phases)('a failure in phase %s counts there and nowhere else', (phase) => {
  const { counts } = tallyOf([{ ...observed, atMs, ...failure(phase) }]);
  expect(counts).toEqual({ ...emptyCounts, failed: { ...emptyCounts.failed, [phase]: 1 } });
  expect(failedTotal(counts)).toBe(1);
});

test('timings go into the histogram of their name', () => {
  const timing = (name: 'chunkLoadMs' | 'commitMs', valueMs: number): Observation => ({
    ...observed,
    atMs,
    kind: 'timing',
    name,
    valueMs,
  });
  const { histograms, counts } = tallyOf([timing('chunkLoadMs', 40), timing('chunkLoadMs', 40), timing('commitMs', 3)]);
  expect(histograms.chunkLoadMs?.n).toBe(2);
  expect(quantileOf(histograms.commitMs!, 0.5)).toBe(3);
  expect(counts).toEqual(emptyCounts);
});

test('sums and measures go under their names, of one kind and unit each', () => {
  const measure = (name: string, value: number, unit = '{row}') =>
    ({ ...observed, atMs, kind: 'measure', name, measure: 'counter', unit, value }) as const;
  const { sums, measures, counts } = tallyOf([
    { ...observed, atMs, kind: 'sum', name: 'fetchErrors', value: 0 },
    { ...observed, atMs, kind: 'sum', name: 'fetchErrors', value: 1 },
    measure('rows', 3),
    measure('rows', 4),
    measure('rows', 9, 'By'),
    measure('constructor', 1),
    { ...observed, atMs, kind: 'slow' },
    { ...observed, atMs, kind: 'silent' },
  ]);
  expect(sums).toEqual({ fetchErrors: { n: 2, sum: 1 } });
  const counter = { kind: 'counter', unit: '{row}' };
  expect(measures['rows']).toEqual({ ...counter, n: 2, sum: 7 });
  expect(measures['constructor']).toEqual({ ...counter, n: 1, sum: 1 });
  expect(counts).toEqual(emptyCounts);
});

test('opens on the ten seconds that hold the observation', () => {
  expect(emptyTally(observed, atMs)).toMatchObject({ ...observed, startMs: 1_795_244_450_000, durationMs: 10_000 });
  expect([tallyStartMs(9_999), tallyStartMs(10_000)]).toEqual([0, 10_000]);
});

test('an added observation stays in its own tally', () => {
  const other = emptyTally(observed, atMs);
  addToTally(emptyTally(observed, atMs), { ...observed, atMs, ...failure('render') });
  addToTally(emptyTally(observed, atMs), { ...observed, atMs, kind: 'timing', name: 'commitMs', valueMs: 3 });
  expect(other).toMatchObject({ counts: emptyCounts, histograms: {}, sums: {}, measures: {} });
  expect(emptyHistogram).toMatchObject({ n: 0, b: [] });
  expect(emptyCounts.failed.render).toBe(0);
});

describe('isOfTally', () => {
  test.each([
    { feature: 'list' },
    { version: 'v1' },
    { arm: 'none' },
    { reason: 'OVERRIDE' },
    { epoch: 1 },
    { revision: 413 },
    { stage: null },
  ] satisfies Partial<ObservedVersion>[])('tells apart what differs in %j', (other) => {
    expect(isOfTally(emptyTally(observed, 0), { ...observed, ...other }, 0)).toBe(false);
  });

  test('tells times apart and equal ones not', () => {
    expect(isOfTally(emptyTally(observed, 0), observed, 10_000)).toBe(false);
    expect(isOfTally(emptyTally(observed, 0), { ...observed }, 0)).toBe(true);
  });
});

describe('merging', () => {
  test('two tallies gives the tally of all their observations', () => {
    fc.assert(
      fc.property(observations, observations, (a, b) => {
        const merged = mergeTallies(tallyOf(a), tallyOf(b));
        const whole = tallyOf([...a, ...b]);
        expect(merged.counts).toEqual(whole.counts);
        expect(merged.sums).toEqual(whole.sums);
        expect({ ...merged.measures }).toEqual({ ...whole.measures });
        for (const name of ['chunkLoadMs', 'commitMs'] as const) {
          expect(merged.histograms[name]?.b).toEqual(whole.histograms[name]?.b);
          expect(merged.histograms[name]?.sum).toBe(whole.histograms[name]?.sum);
        }
      }),
    );
  });

  test('counts is commutative and associative, with empty counts as zero', () => {
    const counts = observations.map((all) => tallyOf(all).counts);
    fc.assert(
      fc.property(counts, counts, counts, (a, b, c) => {
        expect(mergeCounts(a, b)).toEqual(mergeCounts(b, a));
        expect(mergeCounts(mergeCounts(a, b), c)).toEqual(mergeCounts(a, mergeCounts(b, c)));
        expect(mergeCounts(a, emptyCounts)).toEqual(a);
      }),
    );
  });
});

describe('the error rate', () => {
  const counts = (settled: number, render: number): Counts => ({
    ...emptyCounts,
    settled,
    attempts: 1_000,
    failed: { ...emptyCounts.failed, render },
  });

  test.each([
    [98, 2, 0.02],
    [0, 3, 1],
    [5, 0, 0],
    [0, 0, null],
  ])('of %i settled and %i failed is %s, whatever was attempted', (settled, failed, rate) => {
    expect(errorRateOf(counts(settled, failed))).toBe(rate);
  });
});
