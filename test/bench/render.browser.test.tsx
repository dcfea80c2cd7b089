import { expect, test } from 'vitest';
import { runConsumers, runGates } from '../../bench/render/scenario.js';

test('1,000 consumers of 100 features render only for what changed', async () => {
  const { renders, changed } = await runConsumers();
  expect({ ...renders, changed }).toEqual({ mount: 1_000, toReady: 0, change: 10, changed: 10, refetch: 0 });
});

test('of 1,000 gates, the one whose v2 fails on update is the only one that renders', async () => {
  const { renders, failing, onV1 } = await runGates();
  expect(renders).toEqual({ mount: 1_000, others: 0 });
  expect(onV1).toEqual([failing]);
});
