import { describe, expect, test } from 'vitest';
import { emptyHistogram, record } from '../../../src/observe/histogram.js';
import { emptyCounts } from '../../../src/observe/tally.js';
import { compareWithBaseline } from '../../../src/service/baselines/compareWithBaseline.js';
import { quantileInterval, slowdownOf } from '../../../src/service/baselines/quantileInterval.js';
import { differenceOf, shareOf } from '../../../src/service/baselines/rateInterval.js';
import { emptyNumbers } from '../../../src/service/metrics/mergeNumbers.js';

// Newcombe (1998), table II, method 10.
test.each([
  [56, 70, 48, 80, 0.0524, 0.3339],
  [9, 10, 3, 10, 0.1705, 0.809],
  [5, 56, 0, 29, -0.0381, 0.1926],
  [10, 10, 0, 10, 0.6075, 1],
])('the difference of %i/%i and %i/%i is published as %d to %d', (a, m, b, n, low, high) => {
  const found = differenceOf(shareOf(a, m), shareOf(b, n));
  expect(found.value).toBeCloseTo(a / m - b / n, 12);
  expect(found.low).toBeCloseTo(low, 4);
  expect(found.high).toBeCloseTo(high, 4);
});

describe('over 300 draws of which the truth is known', () => {
  let seed = 7;
  const uniform = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const draw = (count: number, scale: number) => {
    let histogram = emptyHistogram;
    for (let at = 0; at < count; at += 1) histogram = record(histogram, scale * Math.exp(0.8 * normal()));
    return histogram;
  };
  // The p-quantile of exp(0.8 z) around 50.
  const truth: Readonly<Record<number, number>> = { 0.5: 50, 0.95: 50 * Math.exp(0.8 * 1.6448536269514722) };

  test.each([0.5, 0.95])('the interval of p%d holds it in 93 % at least', (quantile) => {
    let held = 0;
    for (let run = 0; run < 300; run += 1) {
      const interval = quantileInterval(draw(400, 50), quantile);
      if (interval !== null && interval.low <= truth[quantile]! && truth[quantile]! <= interval.high) held += 1;
    }
    expect(held / 300).toBeGreaterThanOrEqual(0.93);
  });

  test('the interval of a slowdown holds it in 91 % at least, and is no wider than it has to be', () => {
    let held = 0;
    let widest = 0;
    for (let run = 0; run < 300; run += 1) {
      const found = slowdownOf(draw(200, 75), draw(200, 50));
      if (found === null) continue;
      if (found.low <= 1.5 && 1.5 <= found.high) held += 1;
      widest = Math.max(widest, found.high / found.low);
    }
    expect(held / 300).toBeGreaterThanOrEqual(0.91);
    expect(widest).toBeLessThan(1.5);
  });
});

test('quantiles whose ranks do not exist have no interval', () => {
  const few = [1, 2, 3, 4, 5].reduce(record, emptyHistogram);
  expect(quantileInterval(few, 0.5)).toBeNull();
  expect(quantileInterval(emptyHistogram, 0.5)).toBeNull();
  expect(slowdownOf(emptyHistogram, few)).toBeNull();
});

test('names of outside are looked up among own ones alone, and what is on one side only has too little', () => {
  const histograms = Object.fromEntries([['__proto__', record(emptyHistogram, 5)]]);
  const found = compareWithBaseline({ ...emptyNumbers, histograms }, emptyNumbers);
  expect(Object.keys(found.timings)).toEqual(['__proto__']);
  expect(Object.values(found.timings)[0]).toMatchObject({ p50Ms: { status: 'tooLittle' } });
  const enough = { ...emptyNumbers, counts: { ...emptyCounts, settled: 1_000 } };
  expect(compareWithBaseline(enough, enough).errorRate).toEqual({
    status: 'tooLittle',
    reason: '0 failed in both together: 5 are needed',
  });
});
