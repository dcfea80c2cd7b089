import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bundleForNode } from '../../harness/nodeBundle.js';
import { byAda, openStore } from '../store/openStore.js';
import { briefly, holdClock, stagesOf } from './openPlans.js';

const opened = openStore();
const yearMs = 31_557_600_000;
let program: Awaited<ReturnType<typeof bundleForNode>>;
beforeAll(async () => {
  program = await bundleForNode(new URL('./tickingProcess.ts', import.meta.url));
});
afterAll(() => program.remove());

/** A replica that ticks every 10 ms, with a clock that is wrong by so much. */
async function startTicking(aheadMs: number): Promise<{ child: ChildProcess; exited: Promise<unknown> }> {
  const child = spawn(process.execPath, [program.path, opened.serviceUrl, String(aheadMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  // It says so once it is ready.
  await createInterface(child.stdout!)[Symbol.asyncIterator]().next();
  return { child, exited };
}

const within = { timeout: 20_000, interval: 10 };
const percentages = [1, 5, 10, 25, 50, 75, 90, 100];

test('replicas with clocks that jump, of which one is killed at every stage, move a plan stage by stage, each once', async () => {
  const { store } = opened;
  const clock = await holdClock(opened);
  await store.createFeature('panel', {}, byAda);
  const { id } = await store.plans.create('panel', stagesOf(percentages, 60), byAda);
  await store.plans.start(id, byAda);
  let replicas = await Promise.all([startTicking(yearMs), startTicking(-yearMs)]);

  for (let stage = 1; stage < percentages.length; stage += 1) {
    await clock.move(60);
    // Before, during or after the one transaction that moves it.
    await delay((stage * 7) % 20);
    const killed = replicas[stage % 2]!;
    killed.child.kill('SIGKILL');
    const other = replicas[(stage + 1) % 2]!;
    other.child.stdin!.write('\n');
    const now = async () => briefly(await store.plans.read(id));
    await expect.poll(now, within).toBe(`running ${stage + 1}`);
    await killed.exited;
    // However often they look: the next stage is not due.
    replicas = [other, await startTicking(stage % 2 === 0 ? yearMs : -yearMs)];
    expect(await now()).toBe(`running ${stage + 1}`);
  }
  const audit = [...(await store.readAudit({ limit: 1_000, feature: 'panel' }))].reverse();
  const stageOf = (entry: Readonly<Record<string, unknown>> | null) => entry?.['stage'];
  const moves = audit
    .filter(({ action }) => action === 'plan-promoted')
    .map(({ before, after }) => [stageOf(before), stageOf(after)]);
  expect(moves).toEqual(percentages.slice(1).map((_, at) => [at + 1, at + 2]));
  const shares = audit
    .filter(({ action }) => action === 'change')
    .map(({ before, after }) => [before?.['percentage'], after?.['percentage']]);
  expect(shares).toEqual(percentages.slice(1).map((percentage, at) => [percentages[at], percentage]));
}, 120_000);

test('while replicas tick, a rollback of any kind stops a plan that is overdue, for good', async () => {
  const { store } = opened;
  const clock = await holdClock(opened);
  await Promise.all([startTicking(yearMs), startTicking(-yearMs)]);
  const roads: readonly (readonly [string, (feature: string) => Promise<unknown>])[] = [
    ['api', (feature) => store.rollback(feature, byAda)],
    ['update', (feature) => opened.sql('UPDATE feature_flags SET enabled = false WHERE feature = $1', [feature])],
    ['insert', (feature) => opened.sql('INSERT INTO rollbacks (feature) VALUES ($1)', [feature])],
    ['emergency', () => opened.sql('INSERT INTO rollbacks DEFAULT VALUES')],
  ];
  for (const [feature, rollBack] of roads) {
    await store.createFeature(feature, {}, byAda);
    const { id } = await store.plans.create(feature, stagesOf(percentages, 60), byAda);
    await store.plans.start(id, byAda);
    // Due at the very moment of the rollback.
    await Promise.all([clock.move(60), rollBack(feature)]);
    await expect.poll(async () => (await store.plans.read(id)).status, within).toBe('paused');
    const at = briefly(await store.plans.read(id));
    const percentage = (await store.readState()).features.get(feature)?.percentage;
    await clock.move(6_000);
    await delay(300);
    expect(briefly(await store.plans.read(id))).toBe(at);
    expect((await store.readState()).features.get(feature)?.percentage).toBe(percentage);
    const { rollbacks } = await store.readState();
    expect(rollbacks.some((one) => one.feature === feature || one.feature === null)).toBe(true);
  }
}, 60_000);
