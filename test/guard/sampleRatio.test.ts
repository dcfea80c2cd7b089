import { expect, test } from 'vitest';
import { sampleRatioOf } from '../../src/guard/sampleRatio.js';

test('finds the split of 1,000 to 1,200 unlikely, as GrowthBook does', () => {
  const { pValue, isSuspicious } = sampleRatioOf(1_000, 1_200, 0.5);
  expect(pValue! / 2.007865612e-5).toBeCloseTo(1, 6);
  expect(isSuspicious).toBe(true);
});

test.each([
  [1_000, 1_000, 0.5, 1],
  [900, 100, 0.1, 1],
  [1_000, 1_050, 0.5, 0.2694596],
])('%i to %i at %f is no surprise', (v1, v2, expected, pValue) => {
  const found = sampleRatioOf(v1, v2, expected);
  expect(found.pValue).toBeCloseTo(pValue, 5);
  expect(found.isSuspicious).toBe(false);
});

test.each([
  [0, 0, 0.5],
  [7, 7, 0.5],
  [1_000, 0, 0],
  [0, 1_000, 1],
  [1_000, 3, 0.001],
])('says nothing of %i to %i at %f', (v1, v2, expected) => {
  expect(sampleRatioOf(v1, v2, expected)).toEqual({ expected, v1, v2, pValue: null, isSuspicious: false });
});
