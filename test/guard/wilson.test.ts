import { expect, test } from 'vitest';
import { wilsonInterval } from '../../src/guard/wilson.js';

test.each([
  [10, 100, 0.0552, 0.1744],
  [0, 10, 0, 0.2775],
  [10, 10, 0.7225, 1],
  [103, 1_000, 0.0857, 0.1234],
])('%i of %i lies in a known interval', (count, total, low, high) => {
  const found = wilsonInterval(count, total);
  expect(found[0]).toBeCloseTo(low, 4);
  expect(found[1]).toBeCloseTo(high, 4);
});
