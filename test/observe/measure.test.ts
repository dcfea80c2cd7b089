import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { percentile } from '../../src/observe/histogram.js';
import {
  addToMeasure,
  mergeMeasures,
  openMeasure,
  type Measures,
  type MeasureKind,
} from '../../src/observe/measure.js';
import { mergeSums, type Sums } from '../../src/observe/sum.js';

const measureOf = (kind: MeasureKind, values: readonly number[], unit = '1') => {
  const [first = 0, ...rest] = values;
  const measure = openMeasure(kind, unit, first);
  for (const value of rest) addToMeasure(measure, value);
  return measure;
};
const values = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 20 });

test('a counter adds up', () => {
  expect(measureOf('counter', [1, 2, 4])).toEqual({ kind: 'counter', unit: '1', n: 3, sum: 7 });
});

test('a gauge keeps its ends and the last one', () => {
  expect(measureOf('gauge', [3, -2, 1])).toEqual({ kind: 'gauge', unit: '1', n: 3, sum: 2, min: -2, max: 3, last: 1 });
});

test('a histogram keeps how values are spread, and nothing that is none', () => {
  const measure = measureOf('histogram', [10, 20, Number.NaN, -1, 30], 'ms');
  expect(measure).toMatchObject({ kind: 'histogram', unit: 'ms', n: 3, sum: 60, min: 10, max: 30 });
  expect(measure.kind === 'histogram' && percentile(measure, 0.5)!.value).toBeCloseTo(20, 0);
});

describe('merging', () => {
  test.each(['counter', 'gauge', 'histogram'] as const)('two of a %s gives the one of all their values', (kind) => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = mergeMeasures({ m: measureOf(kind, a) }, { m: measureOf(kind, b) });
        // Sums of logarithms differ in their last digits.
        const about = kind === 'histogram' ? { l1: expect.any(Number), l2: expect.any(Number) } : {};
        expect(merged['m']).toEqual({ ...measureOf(kind, [...a, ...b]), ...about });
      }),
    );
  });

  test('keeps the first where two differ in kind or unit', () => {
    const first: Measures = { m: measureOf('counter', [1]) };
    for (const other of [measureOf('counter', [5], 'ms'), measureOf('gauge', [5]), measureOf('histogram', [5])]) {
      expect(mergeMeasures(first, { m: other })).toEqual(first);
      expect(mergeMeasures({ m: other }, first)).toEqual({ m: other });
    }
  });

  test('adds no eleventh name, and keeps names of prototypes inert', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`m${at}`, measureOf('counter', [1])]));
    const merged = mergeMeasures(many, { constructor: measureOf('counter', [2]), toString: measureOf('counter', [3]) });
    expect(Object.keys(merged)).toEqual([...Object.keys(many), 'constructor']);
    expect(merged['constructor']).toEqual({ kind: 'counter', unit: '1', n: 1, sum: 2 });
  });

  test('sums adds both up', () => {
    const a: Sums = { heapMb: { n: 1, sum: 30 } };
    const b: Sums = { heapMb: { n: 2, sum: 50 }, fetchErrors: { n: 3, sum: 1 } };
    expect(mergeSums(a, b)).toEqual({ heapMb: { n: 3, sum: 80 }, fetchErrors: { n: 3, sum: 1 } });
    expect(mergeSums(b, a)).toEqual(mergeSums(a, b));
    expect(mergeSums(a, {})).toEqual(a);
  });
});
