import { expect, test } from 'vitest';
import { mutations } from './mutations.js';
import { drawSample, runMutations } from './runMutations.js';

const seed = Number(process.env['SWITCHBACK_SEED'] ?? Math.floor(Math.random() * 1e6));

// All of them at night.
const size = 4;

test('with a part of our source taken away the tests of its row fail, for some parts drawn at random', async () => {
  console.log(`mutations drawn with SWITCHBACK_SEED=${seed}`);
  const results = await runMutations(drawSample(mutations.length, size, seed));
  const notKilled = results.filter(({ outcome }) => outcome !== 'killed');
  const told = notKilled.map(
    ({ mutation, outcome, output }) => `${outcome}, row ${mutation.row}: ${mutation.why}\n${output}`,
  );
  expect(told, `SWITCHBACK_SEED=${seed}`).toEqual([]);
});
