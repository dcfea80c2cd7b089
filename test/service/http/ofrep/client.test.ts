import { expect, onTestFinished, test } from 'vitest';
import { createSwitchback } from '../../../../src/client/client.js';
import { ofrepSource } from '../../../../src/client/source/ofrepSource.js';
import { defineFeatures } from '../../../../src/features.js';
import { createMemoryStore } from '../../../harness/memoryStore.js';
import { NodeEventSource } from '../../../harness/nodeEventSource.js';
import { startStopwatch } from '../../../harness/stopwatch.js';
import { startRunning } from '../running.js';

const features = defineFeatures({ memoryPanel: { config: { pageSize: 10 } }, sessionsList: {} });
const soon = { timeout: 5_000, interval: 10 };

function visit(url: string, targetingKey: string, EventSource: typeof NodeEventSource | null = NodeEventSource) {
  const faults: string[] = [];
  const client = createSwitchback({
    features,
    source: ofrepSource({ url, EventSource, onWake: () => () => {}, onHide: () => () => {} }),
    context: { targetingKey },
    storage: false,
    onInternalFault: (operation, error) => faults.push(`${operation}: ${String(error)}`),
  });
  onTestFinished(() => client.close());
  client.start();
  return { client, faults };
}

test('our clients run on our OFREP as on our own protocol, and flip within 2 s of a change', async () => {
  const store = createMemoryStore({
    memoryPanel: { enabled: true, percentage: 100, config: { pageSize: 20 } },
    sessionsList: { enabled: true, percentage: 50 },
  });
  const { url, send, faults: serviceFaults } = await startRunning(store);
  const visits = Array.from({ length: 10 }, (_, at) => visit(url, `user-${at}`));
  const isOn = () => visits.map(({ client }) => client.isEnabled('memoryPanel'));
  await expect.poll(isOn, soon).toEqual(Array(10).fill(true));
  await expect.poll(() => visits.every(({ client }) => client.getStatus().status === 'live'), soon).toBe(true);
  expect(visits[0]!.client.getConfig('memoryPanel')).toEqual({ pageSize: 20 });

  let elapsedMs = startStopwatch();
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await expect.poll(isOn, soon).toEqual(Array(10).fill(false));
  expect(elapsedMs()).toBeLessThan(2_000);
  expect(visits[0]!.client.getDecision('memoryPanel')).toMatchObject({ version: 'v1', reason: 'ROLLED_BACK' });

  elapsedMs = startStopwatch();
  await send('POST', '/api/features/enable', { feature: 'memoryPanel', percentage: 100, reason: 'mended' });
  await expect.poll(isOn, soon).toEqual(Array(10).fill(true));
  expect(elapsedMs()).toBeLessThan(2_000);

  await send('POST', '/api/emergency/rollback');
  await expect.poll(isOn, soon).toEqual(Array(10).fill(false));
  for (const { faults } of visits) expect(faults).toEqual([]);
  expect(serviceFaults).toEqual([]);
});

test('a client without streams has the change at its next poll', { timeout: 40_000 }, async () => {
  const store = createMemoryStore({ memoryPanel: { enabled: true, percentage: 100 } });
  const { url, send } = await startRunning(store);
  const { client } = visit(url, 'user-1', null);
  await expect.poll(() => client.isEnabled('memoryPanel'), soon).toBe(true);
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await expect.poll(() => client.isEnabled('memoryPanel'), { timeout: 30_000 }).toBe(false);
});
