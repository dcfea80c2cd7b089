import { expect, onTestFinished, test, vi } from 'vitest';
import { createObserver } from '../../src/client/observer.js';
import type { Sink } from '../../src/client/reporter/sink.js';
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
  const time = { nowMs: 1_000 };
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => time.nowMs);
  onTestFinished(() => spy.mockRestore());
  const faults: string[] = [];
  const observer = createObserver(
    [good, { name: 'troubled', observe() {}, ...troubled }, other],
    (operation, error) => void faults.push(`${operation}: ${(error as Error).message}`),
  );
  const observe = async (times: number) => {
    for (let count = 0; count < times; count++) observer.observe(observation, 'subject');
    // Rejections come some microtasks later.
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  const brought = () => [good.observations.length, other.observations.length];
  return { observer, time, faults, observe, brought, good, other };
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
  await of.observe(100);
  of.observer.close();
  await of.observe(1);
  expect([of.brought(), of.faults]).toEqual([[101, 101], ['sink troubled: broken']]);
});

test('a sink that never answers holds nothing up', async () => {
  const of = createCase({ observe: (() => new Promise(() => {})) as Sink['observe'] });
  await of.observe(1_000);
  of.observer.close();
  expect([of.brought(), of.faults]).toEqual([[1_000, 1_000], []]);
});

test('a sink that goes on holding the page up gets a tenth of the time at most, and is told of once', async () => {
  let taken = 0;
  const of: ReturnType<typeof createCase> = createCase({
    observe() {
      taken++;
      of.time.nowMs += 60;
    },
  });
  await of.observe(100);
  expect([of.brought(), taken]).toEqual([[100, 100], 4]);
  of.time.nowMs += 2_399;
  await of.observe(100);
  expect([of.brought(), taken]).toEqual([[200, 200], 4]);
  of.time.nowMs += 1;
  await of.observe(1);
  expect([of.brought(), taken]).toEqual([[201, 201], 5]);
  await of.observe(100);
  expect([of.brought(), taken, of.faults]).toEqual([[301, 301], 9, ['sink troubled: held the page up for 240 ms']]);
});

test('a sink that holds the page up with each thing it is given rests as well', async () => {
  let taken = 0;
  const of: ReturnType<typeof createCase> = createCase({
    observe() {
      taken++;
      of.time.nowMs += 100;
    },
  });
  for (let times = 0; times < 5; times++) await of.observe(1);
  expect([taken, of.faults]).toEqual([2, ['sink troubled: held the page up for 100 ms']]);
});

test('a machine that stands still for a moment takes nothing from a sink', async () => {
  const taken: number[] = [];
  const of: ReturnType<typeof createCase> = createCase({
    observe() {
      taken.push(of.time.nowMs);
      // Others have the processor, again and again, but not in each delivery.
      if (taken.length % 10 === 3) of.time.nowMs += 5_000;
    },
  });
  for (let times = 0; times < 10; times++) await of.observe(5);
  expect([taken.length, of.faults]).toEqual([50, []]);
});

test('a sink that rests is closed all the same', async () => {
  let closed = 0;
  const of: ReturnType<typeof createCase> = createCase({
    observe: () => void (of.time.nowMs += 200),
    close: () => void closed++,
  });
  await of.observe(3);
  expect(of.faults).toHaveLength(1);
  of.observer.close();
  expect([closed, of.brought()]).toEqual([1, [3, 3]]);
});

test('a sink that observes while it is given something does not go round in circles', async () => {
  let rounds = 0;
  const of: ReturnType<typeof createCase> = createCase({
    observe() {
      if (rounds++ < 50) of.observer.observe({ ...observation, kind: 'settled' }, 'subject');
    },
  });
  await of.observe(1);
  expect(of.brought()).toEqual([51, 51]);
});

test('every sink gets everything in order', async () => {
  const of = createCase({});
  for (let atMs = 0; atMs < 10; atMs++) of.observer.observe({ ...observation, atMs }, 'subject');
  await of.observe(0);
  const times = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (const sink of [of.good, of.other]) expect(sink.observations.map(({ atMs }) => atMs)).toEqual(times);
});
