import { expect, onTestFinished, test } from 'vitest';
import { createSwitchback } from '../../../src/client/client.js';
import { httpSink } from '../../../src/client/reporter/httpSink.js';
import { httpSource } from '../../../src/client/source/httpSource.js';
import type { Observation } from '../../../src/observe/observe.js';
import { digestOf } from '../../../src/evaluate/bucket.js';
import { defineFeatures } from '../../../src/features.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { NodeEventSource } from '../../harness/nodeEventSource.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { startRunning } from './running.js';

const features = defineFeatures({ memoryPanel: {} });

test('20 clients follow a rollback and say that they show it', async () => {
  const { url, get, send } = await startRunning(createMemoryStore({ memoryPanel: { enabled: true, percentage: 100 } }));
  const clients = Array.from({ length: 20 }, (_, at) =>
    createSwitchback({
      features,
      source: httpSource({ url: `${url}/api`, EventSource: NodeEventSource, onWake: () => () => {} }),
      context: { targetingKey: `user-${at}` },
      storage: false,
      sinks: [],
    }),
  );
  onTestFinished(() => clients.forEach((client) => client.close()));
  for (const client of clients) client.start();
  await expect.poll(() => clients.every((client) => client.isEnabled('memoryPanel'))).toBe(true);
  await expect.poll(async () => (await get('/api/health')).json()).toMatchObject({ streams: 20 });
  const elapsedMs = startStopwatch();
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await expect.poll(() => clients.some((client) => client.isEnabled('memoryPanel')), { interval: 5 }).toBe(false);
  expect(elapsedMs()).toBeLessThan(1_000);
  expect(clients[0]!.getDecision('memoryPanel')).toMatchObject({ version: 'v1', reason: 'ROLLED_BACK' });
  await expect
    .poll(async () => (await get('/api/health/rollback-status')).json())
    .toMatchObject({ rollbackComplete: true, streams: { sampled: 20, confirmed: 20 } });
});

test('takes what the reporter of a browser sends', async () => {
  const store = createMemoryStore({ memoryPanel: { enabled: true, percentage: 100 } });
  const { url } = await startRunning(store);
  const { epoch } = await store.readState();
  const faults: unknown[] = [];
  const sink = httpSink({
    url: `${url}/api`,
    sendBeacon: null,
    onHide: () => () => {},
    onInternalFault: (_, error) => faults.push(error),
  });
  onTestFinished(() => sink.close?.());
  const observed = {
    feature: 'memoryPanel',
    version: 'v2',
    arm: 'v2',
    reason: 'SPLIT',
    epoch,
    revision: 1,
    stage: null,
    atMs: Date.now(),
  } as const;
  const happened: Observation[] = [
    { ...observed, kind: 'attempt' },
    { ...observed, kind: 'exposure' },
    { ...observed, kind: 'timing', name: 'commitMs', valueMs: 12.5 },
    { ...observed, kind: 'failure', failure: { phase: 'render', name: 'Error', message: 'x' } },
  ];
  for (const one of happened) sink.observe(one, digestOf('memoryPanel', 'user-1').subject);
  sink.flush?.();
  await expect.poll(() => store.batches.length).toBe(1);
  expect(store.batches[0]!.buckets).toMatchObject([
    {
      counts: { attempts: 1, exposures: 1, failed: { render: 1 } },
      units: { exposed: 1, error: 1 },
      histograms: { commitMs: { n: 1 } },
      unverified: false,
    },
  ]);
  expect(faults).toEqual([]);
});
