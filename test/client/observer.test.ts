import { expect, test } from 'vitest';
import { createObserver } from '../../src/client/observer.js';
import type { Sink } from '../../src/client/reporter/sink.js';
import type { Observation } from '../../src/observe/observe.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { recordingSink } from '../harness/recordingSink.js';

const labels = {
  feature: 'panel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
} as const;
const observation = { ...labels, kind: 'attempt', atMs: 1 } as const;

function createCase(troubled: Partial<Sink>) {
  const good = recordingSink();
  const other = recordingSink();
  const clock = createFakeClock();
  const faults: string[] = [];
  const observer = createObserver(
    [good, { name: 'troubled', observe() {}, ...troubled }, other],
    (operation, error) => void faults.push(`${operation}: ${(error as Error).message}`),
    clock,
  );
  const observe = (times: number) => {
    for (let count = 0; count < times; count++) observer.observe(observation, 'subject');
  };
  const brought = () => [good.observations.length, other.observations.length];
  return { observer, clock, faults, observe, brought, good, other };
}

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('a sink that %s is told of once, and the others go on', async (_, observe) => {
  const of = createCase({ observe: observe as Sink['observe'], close: observe as () => void });
  of.observe(100);
  await of.clock.advance(0);
  of.observe(1);
  await of.clock.advance(0);
  of.observer.close();
  await of.clock.advance(0);
  expect([of.brought(), of.faults]).toEqual([[101, 101], ['sink troubled: broken']]);
});

test('a sink that never answers holds nothing up', async () => {
  const of = createCase({ observe: (() => new Promise(() => {})) as Sink['observe'] });
  of.observe(1_000);
  await of.clock.advance(0);
  of.observer.close();
  expect([of.brought(), of.faults, of.clock.waiting()]).toEqual([[1_000, 1_000], [], 0]);
});

test('a sink that holds the page up gets a tenth of the time at most, is told of once, and catches up', async () => {
  let taken = 0;
  const of: ReturnType<typeof createCase> = createCase({
    observe() {
      taken++;
      if (taken <= 3) of.clock.jump(60);
    },
  });
  of.observe(100);
  await of.clock.advance(0);
  expect([of.brought(), taken]).toEqual([[100, 100], 2]);
  of.observe(1);
  await of.clock.advance(1_199);
  expect([of.brought(), taken]).toEqual([[101, 101], 2]);
  await of.clock.advance(600_000);
  expect([taken, of.faults.length, of.clock.waiting()]).toEqual([101, 1, 0]);
  expect(of.faults).toEqual(['sink troubled: held the page up for 120 ms']);
});

test('keeps 500 observations at most for a sink that rests', async () => {
  let taken = 0;
  const of: ReturnType<typeof createCase> = createCase({
    observe() {
      if (taken++ === 0) of.clock.jump(110);
    },
  });
  of.observe(1);
  await of.clock.advance(0);
  of.observe(10_000);
  await of.clock.advance(600_000);
  expect([of.brought(), taken]).toEqual([[10_001, 10_001], 501]);
});

test('holds no timer after close, though a sink rests', async () => {
  const of: ReturnType<typeof createCase> = createCase({ observe: () => of.clock.jump(110) });
  of.observe(3);
  await of.clock.advance(0);
  expect(of.clock.waiting()).toBe(1);
  of.observer.close();
  expect([of.clock.waiting(), of.brought()]).toEqual([0, [3, 3]]);
});

test('a clock that was set meanwhile keeps no sink out for long', async () => {
  let taken = 0;
  const of: ReturnType<typeof createCase> = createCase({
    observe() {
      if (taken++ === 0) of.clock.jump(86_400_000);
    },
  });
  of.observe(2);
  await of.clock.advance(60_000);
  expect(taken).toBe(2);
});

test('a sink that observes while it is given something does not go round in circles', async () => {
  let rounds = 0;
  const of: ReturnType<typeof createCase> = createCase({
    observe() {
      if (rounds++ < 50) of.observer.observe({ ...observation, kind: 'settled' } as Observation, 'subject');
    },
  });
  of.observe(1);
  await of.clock.advance(0);
  expect(of.brought()).toEqual([51, 51]);
});

test('every sink gets everything in order', async () => {
  const of = createCase({});
  for (let atMs = 0; atMs < 10; atMs++) of.observer.observe({ ...observation, atMs }, 'subject');
  await of.clock.advance(0);
  const times = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (const sink of [of.good, of.other]) expect(sink.observations.map(({ atMs }) => atMs)).toEqual(times);
});
