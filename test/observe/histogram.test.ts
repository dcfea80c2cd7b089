import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketIndex,
  downscale,
  emptyHistogram,
  maxBuckets,
  merge,
  percentile,
  quantileOf,
  record,
  type Histogram,
} from '../../src/observe/histogram.js';

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

// Anything a double can be, and what is near the ends of what is told apart.
const anything = fc.oneof(
  fc.double(),
  fc.double({ min: 1e-9, max: 1e18, noNaN: true }),
  fc.constantFrom(0, -0, 5e-324, 2.2e-308, 1e-6, 1e15, Number.MAX_VALUE, Infinity, -Infinity, Number.NaN, -1),
);

describe('a percentile', () => {
  const q = fc.double({ min: 0, max: 1, noNaN: true });

  test('is as far off as it says at most, whatever was recorded, merged or downscaled', () => {
    fc.assert(
      fc.property(
        fc.array(anything, { maxLength: 80 }),
        fc.array(anything, { maxLength: 80 }),
        q,
        fc.nat(3),
        (a, b, at, by) => {
          const kept = [...a, ...b].filter((value) => value >= 0 && value < Infinity);
          const clamped = kept.map((value) => (value === 0 ? 0 : Math.min(Math.max(value, 1e-6), 1e15)));
          const sorted = clamped.sort((x, y) => x - y);
          const merged = merge(histogramOf(a), histogramOf(b));
          const found = percentile(downscale(merged, merged.s - by), at);
          if (sorted.length === 0) {
            expect(found).toBeNull();
            return;
          }
          const exact = sorted[Math.max(1, Math.ceil(at * sorted.length)) - 1]!;
          expect(Math.abs(found!.value - exact)).toBeLessThanOrEqual(exact * (found!.errorRatio + 1e-9));
          expect(found!.value).toBeGreaterThanOrEqual(sorted[0]!);
          expect(found!.value).toBeLessThanOrEqual(sorted.at(-1)!);
        },
      ),
      {
        numRuns: 1_000,
        examples: [
          [[5e-324, 1e300], [0, 1], 1, 0],
          [[-1, Number.NaN], [], 0.5, 0],
          [[1e-6, 1e15], [1, 2, 3], 0.5, 3],
        ],
      },
    );
  });

  test.each([
    [3, 0.0433],
    [2, 0.0865],
    [0, 0.3334],
  ])('at scale %i is within %d', (scale, ratio) => {
    const errorRatio = percentile(downscale(histogramOf([1, 10, 100]), scale), 0.5)!.errorRatio;
    expect(errorRatio).toBeLessThanOrEqual(ratio);
    expect(errorRatio).toBeGreaterThan(ratio - 0.001);
  });

  test('of zeros, and of one value, is exact', () => {
    expect(percentile(histogramOf([0, 0, 7]), 0.5)).toEqual({ value: 0, errorRatio: 0 });
    expect(percentile(histogramOf([7, 7]), 0.5)).toEqual({ value: 7, errorRatio: 0 });
  });
});

describe('downscaling', () => {
  test('keeps every count, and is the same before a merge as after it', () => {
    fc.assert(
      fc.property(durations, durations, fc.integer({ min: -2, max: 2 }), (a, b, scale) => {
        const [x, y] = [histogramOf(a), histogramOf(b)];
        const before = merge(downscale(x, scale), downscale(y, scale));
        expectSame(
          before.n === 0 ? before : { ...before, s: scale },
          before.n === 0 ? before : downscale(merge(x, y), scale),
        );
        expect(downscale(x, scale).b.reduce((sum, count) => sum + count, 0)).toBe(x.n - x.z);
      }),
    );
  });

  test('leaves a histogram of that scale, or a coarser one, as it is', () => {
    const some = histogramOf([1, 2]);
    expect(downscale(some, 3)).toBe(some);
    expect(downscale(some, 5)).toBe(some);
  });

  test('comes by itself where values spread, and never takes more than 320 buckets', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 60 }), fc.array(anything, { maxLength: 60 }), (a, b) => {
        const whole = histogramOf([...a, ...b]);
        expect(whole.b.length).toBeLessThanOrEqual(maxBuckets);
        expectSame(merge(histogramOf(a), histogramOf(b)), whole);
      }),
      {
        numRuns: 500,
        examples: [
          [[1e-6], [1e15]],
          [
            [1e-6, 1],
            [1e15, 3],
          ],
          [[0], [1e15, 1e-6]],
        ],
      },
    );
    expect(histogramOf([0.001, 1e9]).s).toBe(3);
    expect(histogramOf([1e-6, 1e15]).s).toBe(2);
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
