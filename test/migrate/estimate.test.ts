import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gainOf, shareOf } from '../../src/migrate/estimate.js';
import { emptyMoments } from '../../src/migrate/moments.js';

test('moments are those of a sample', () => {
  const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { maxLength: 50 });
  fc.assert(
    fc.property(values, (all) => {
      const moments = emptyMoments();
      for (const one of all) moments.add(one);
      const mean = all.reduce((sum, one) => sum + one, 0) / Math.max(all.length, 1);
      const variance = all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(all.length - 1, 1);
      expect(moments.n).toBe(all.length);
      expect(moments.mean).toBeCloseTo(mean, 6);
      expect(moments.variance).toBeCloseTo(variance, 4);
    }),
  );
});

const timed = (n: number, mean: number, variance: number) => ({ n, mean, variance });

test('a gain is the ratio of geometric means, with the interval of their difference', () => {
  const { value, low, high, sampleSize } = gainOf([
    { v1: timed(100, Math.log(100), 0.04), v2: timed(100, Math.log(80), 0.04) },
  ]);
  expect(value).toBeCloseTo(0.2, 10);
  // ln 0.8 ± 1.96 · √(0.04 / 100 + 0.04 / 100)
  expect(low).toBeCloseTo(1 - 0.8 * Math.exp(1.96 * Math.sqrt(0.0008)), 10);
  expect(high).toBeCloseTo(1 - 0.8 * Math.exp(-1.96 * Math.sqrt(0.0008)), 10);
  expect(sampleSize).toBe(200);
});

test('methods count as often as v2 ran them, and one that was timed too seldom not at all', () => {
  const half = { v1: timed(40, Math.log(2), 1), v2: timed(300, 0, 1) };
  const same = { v1: timed(40, 0, 1), v2: timed(100, 0, 1) };
  const seldom = { v1: timed(29, 0, 1), v2: timed(1_000, 10, 1) };
  const { value, low, sampleSize } = gainOf([half, same, seldom]);
  const difference = -0.75 * Math.log(2);
  const variance = 0.75 ** 2 * (1 / 40 + 1 / 300) + 0.25 ** 2 * (1 / 40 + 1 / 100);
  expect(value).toBeCloseTo(1 - Math.exp(difference), 10);
  expect(low).toBeCloseTo(1 - Math.exp(difference + 1.96 * Math.sqrt(variance)), 10);
  expect(sampleSize).toBe(480);
  expect(gainOf([seldom])).toEqual({ value: null, low: null, high: null, sampleSize: 1_029 });
  expect(gainOf([])).toEqual({ value: null, low: null, high: null, sampleSize: 0 });
});

test('a share has an interval that stays between 0 and 1, also at its ends', () => {
  expect(shareOf(0, 0)).toEqual({ value: null, low: null, high: null, sampleSize: 0 });
  expect(shareOf(0, 10)).toMatchObject({ value: 0, low: 0, sampleSize: 10 });
  expect(shareOf(10, 10)).toMatchObject({ value: 1, sampleSize: 10 });
  expect(Number(shareOf(10, 10).high)).toBeLessThanOrEqual(1);
  expect(Number(shareOf(10, 10).low)).toBeCloseTo(0.7225, 3);
});
