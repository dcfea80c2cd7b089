import { expect, test } from 'vitest';
import { consoleSink } from '../../../src/client/reporter/consoleSink.js';

test('prints what happened', () => {
  const printed: unknown[][] = [];
  const observation = {
    kind: 'exposure',
    feature: 'memoryPanel',
    version: 'v2',
    arm: 'v2',
    reason: 'SPLIT',
    epoch: 7,
    revision: 1,
    stage: null,
    atMs: 0,
  } as const;
  consoleSink((...values) => void printed.push(values)).observe(observation, '');
  expect(printed).toEqual([['[switchback] memoryPanel v2 exposure', observation]]);
});
