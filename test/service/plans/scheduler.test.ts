import { expect, test } from 'vitest';
import { startPlanScheduler } from '../../../src/service/plans/planScheduler.js';
import type { PlanStore, TickedPlan } from '../../../src/service/plans/planStore.js';
import { createFakeClock } from '../../harness/fakeClock.js';
import { judgeOf } from './openPlans.js';

const hold: TickedPlan = { id: 1, feature: 'a', step: { kind: 'hold', reason: 'held 0 of 1 min' } };
const advance: TickedPlan = { id: 1, feature: 'a', step: { kind: 'advance', stage: 2, percentage: 10, reason: 'so' } };

function start(answers: (() => Promise<readonly TickedPlan[]>)[]) {
  const clock = createFakeClock();
  const seen = { ticks: 0, moves: 0, faults: [] as string[] };
  const tick = () => ((seen.ticks += 1), answers.shift()?.() ?? Promise.resolve([]));
  const stop = startPlanScheduler({
    plans: { tick } as Partial<PlanStore> as PlanStore,
    judge: judgeOf(),
    clock,
    everyMs: 5_000,
    onMove: () => (seen.moves += 1),
    onInternalFault: (operation, error) => seen.faults.push(`${operation}: ${String(error)}`),
  });
  return { clock, seen, stop };
}

test('looks every five seconds and tells when something moved', async () => {
  const { clock, seen } = start([async () => [hold], async () => [hold, advance]]);
  await clock.advance(4_999);
  expect(seen.ticks).toBe(0);
  await clock.advance(1);
  expect(seen).toMatchObject({ ticks: 1, moves: 0 });
  await clock.advance(10_000);
  expect(seen).toMatchObject({ ticks: 3, moves: 1 });
});

test('does not begin a tick while one lasts', async () => {
  let end = (_: readonly TickedPlan[]): void => {};
  const { clock, seen } = start([() => new Promise((resolve) => (end = resolve))]);
  await clock.advance(60_000);
  expect(seen.ticks).toBe(1);
  end([]);
  await clock.advance(5_000);
  expect(seen.ticks).toBe(2);
});

test('goes on through an outage and says so once', async () => {
  const down = () => Promise.reject(new Error('down'));
  const { clock, seen } = start([down, down, async () => [], down]);
  await clock.advance(20_000);
  expect(seen).toMatchObject({ ticks: 4, faults: ['plans: Error: down', 'plans: Error: down'] });
});

test('stops for good, and keeps quiet about the tick that was under way', async () => {
  let fail = (_: Error): void => {};
  const { clock, seen, stop } = start([() => new Promise((_, reject) => (fail = reject))]);
  await clock.advance(5_000);
  stop();
  fail(new Error('the pool is closed'));
  await clock.advance(60_000);
  expect(seen).toEqual({ ticks: 1, moves: 0, faults: [] });
  expect(clock.waiting()).toBe(0);
});
