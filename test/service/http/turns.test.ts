import { expect, test } from 'vitest';
import { createTurns } from '../../../src/service/http/turns.js';

/** Rounds of the event loop that happen when the test says so. */
function createRounds(maxWaiting = 100) {
  let planned: (() => void)[] = [];
  let now = 0;
  const turns = createTurns({ maxWaiting, maxWaitMs: 2_000, nowMs: () => now, defer: (run) => void planned.push(run) });
  const given: string[] = [];
  return {
    given,
    wait: (ms: number) => void (now += ms),
    ask: (name: string) => void turns.next().then((isTurn) => given.push(isTurn ? name : `${name} refused`)),
    async round() {
      const [...runs] = planned;
      planned = [];
      for (const run of runs) run();
      await Promise.resolve();
      return runs.length;
    },
  };
}

test('gives one turn in a round, in order', async () => {
  const { ask, round, given } = createRounds();
  for (const name of ['a', 'b', 'c']) ask(name);
  await round();
  expect(given).toEqual(['a']);
  await round();
  await round();
  expect(given).toEqual(['a', 'b', 'c']);
  expect(await round()).toBe(0);
});

test('leaves rounds without work where many wait', async () => {
  const { ask, round, given } = createRounds();
  for (let at = 0; at < 40; at += 1) ask(String(at));
  for (let at = 0; at < 5; at += 1) await round();
  expect(given).toEqual(['0', '1']);
  for (let at = 0; at < 200; at += 1) await round();
  expect(given).toHaveLength(40);
});

test('refuses who is one too many, and who waited for too long, without a turn', async () => {
  const { ask, round, wait, given } = createRounds(2);
  for (const name of ['a', 'b', 'c']) ask(name);
  await round();
  expect(given).toEqual(['c refused', 'a']);
  wait(2_001);
  ask('d');
  await round();
  expect(given).toEqual(['c refused', 'a', 'b refused', 'd']);
});
