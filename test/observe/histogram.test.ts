import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketIndex, emptyHistogram, merge, quantileOf, record, type Histogram } from '../../src/observe/histogram.js';

const histogramOf = (values: readonly number[]): Histogram => values.reduce(record, emptyHistogram);
const duration = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0.001, max: 1e9, noNaN: true }),
  fc.double({ min: 0.1, max: 5_000, noNaN: true }),
);
const durations = fc.array(duration, { maxLength: 60 });

/** Counts are exact, sums of floats are not: they may differ in the last digits. */
function expectSame(a: Histogram, b: Histogram): void {
  const { sum, l1, l2, ...exact } = a;
  const { sum: otherSum, l1: otherL1, l2: otherL2, ...otherExact } = b;
  expect(exact).toEqual(otherExact);
  for (const [x, y] of [
    [sum, otherSum],
    [l1, otherL1],
    [l2, otherL2],
  ] as const)
    expect(Math.abs(x - y)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(x)));
}

describe('merging', () => {
  test('does not depend on the order', () => {
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        expectSame(merge(histogramOf(a), histogramOf(b)), merge(histogramOf(b), histogramOf(a)));
      }),
    );
  });

  test('does not depend on the grouping', () => {
    fc.assert(
      fc.property(durations, durations, durations, (a, b, c) => {
        const [x, y, z] = [histogramOf(a), histogramOf(b), histogramOf(c)];
        expectSame(merge(merge(x, y), z), merge(x, merge(y, z)));
      }),
    );
  });

  test('gives what one histogram of all values would be', () => {
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        expectSame(merge(histogramOf(a), histogramOf(b)), histogramOf([...a, ...b]));
      }),
    );
  });

  test('with the empty one changes nothing', () => {
    const some = histogramOf([1, 2, 3]);
    expect(merge(some, emptyHistogram)).toBe(some);
    expect(merge(emptyHistogram, some)).toBe(some);
  });

  test('leaves both as they were', () => {
    const [a, b] = [histogramOf([1, 100]), histogramOf([10])];
    const before = structuredClone([a, b]);
    merge(a, b);
    expect([a, b]).toEqual(before);
  });
});

describe('a quantile', () => {
  test('is within 4.4 % of the sorted sample', () => {
    const quantile = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 200 }), quantile, (values, q) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
        const estimate = quantileOf(histogramOf(values), q)!;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * 0.044);
      }),
      { numRuns: 2_000 },
    );
  });

  test('of nothing is null', () => {
    expect(quantileOf(emptyHistogram, 0.5)).toBeNull();
  });

  test('of one value is that value', () => {
    for (const q of [0, 0.5, 0.99, 1]) expect(quantileOf(histogramOf([41.2]), q)).toBe(41.2);
  });

  test('counts zeros as the smallest', () => {
    const histogram = histogramOf([0, 0, 0, 100]);
    expect(quantileOf(histogram, 0.75)).toBe(0);
    expect(quantileOf(histogram, 0.76)).toBe(100);
  });
});

describe('recording', () => {
  test('keeps the fields of the wire', () => {
    const histogram = record(emptyHistogram, 41.2);
    expect(histogram).toEqual({
      s: 3,
      n: 1,
      z: 0,
      sum: 41.2,
      min: 41.2,
      max: 41.2,
      o: 42,
      b: [1],
      l1: Math.log(41.2),
      l2: Math.log(41.2) ** 2,
    });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -0.001])('%d is left out', (value) => {
    const histogram = histogramOf([5]);
    expect(record(histogram, value)).toBe(histogram);
  });

  test.each([0, -0])('%d counts as a zero', (value) => {
    expect(record(emptyHistogram, value)).toMatchObject({ n: 1, z: 1, min: 0, max: 0, b: [] });
  });

  test('holds extremes in at most 320 buckets, told apart less finely', () => {
    const histogram = histogramOf([Number.MIN_VALUE, Number.MAX_VALUE, 1]);
    expect(histogram).toMatchObject({ s: 2, n: 3, min: 1e-6, max: 1e15 });
    expect(histogram.b.length).toBeLessThanOrEqual(320);
    expect(histogram.b.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  test('puts a value above the lower and up to the upper end of its bucket', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e9, noNaN: true }), (value) => {
        const base = 2 ** (1 / 8);
        const index = bucketIndex(value);
        expect(value).toBeGreaterThan(base ** index * (1 - 1e-12));
        expect(value).toBeLessThanOrEqual(base ** (index + 1) * (1 + 1e-12));
      }),
    );
  });
});
