import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createSwitchback } from '../../../src/client/client.js';
import { httpSource } from '../../../src/client/source/httpSource.js';
import { defineFeatures } from '../../../src/features.js';
import { startService, type ServiceOptions } from '../../../src/service/startService.js';
import { FakeStorage } from '../../client/fakeStorage.js';
import { makeLateDoor } from '../../harness/lateDoor.js';
import { NodeEventSource } from '../../harness/nodeEventSource.js';
import { startTestPostgres, type TestPostgres } from '../../harness/postgres.js';

const adminToken = 'admin-token-0123456789';
const features = defineFeatures({ memoryPanel: {}, sessionsList: {} });
let postgres: TestPostgres;
let dataDir: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
  dataDir = await mkdtemp(join(tmpdir(), 'switchback-late-'));
});
afterAll(async () => {
  await postgres.close();
  await rm(dataDir, { recursive: true, force: true });
});

test.each([
  ['by stream', NodeEventSource],
  ['by polling', null],
] as const)(
  'a page that knows the newest rules goes to v1 when the service comes back without its database, %s, and back to v2 after the undo',
  async (_, EventSource) => {
    const door = await makeLateDoor(await postgres.createDatabase());
    await door.open();
    const start = async (options: Partial<ServiceOptions> = {}) => {
      const service = await startService({
        port: 0,
        dataDir,
        databaseUrl: door.url,
        adminToken,
        delivery: { pollMs: 1_000 },
        ...options,
      });
      onTestFinished(() => service.close());
      return service;
    };
    const first = await start();
    const send = (path: string, body: unknown) =>
      fetch(first.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (const feature of ['memoryPanel', 'sessionsList'])
      await send('/api/features', { feature, enabled: true, percentage: 100 });
    const storage = new FakeStorage();
    const open = () => {
      const client = createSwitchback({
        features,
        source: httpSource({ url: `${first.url}/api`, EventSource, onWake: () => () => {} }),
        context: { targetingKey: 'user-1' },
        storage,
        sinks: [],
        onInternalFault: () => {},
      });
      onTestFinished(() => client.close());
      client.start();
      return client;
    };
    const versions = (client: ReturnType<typeof open>) =>
      (['memoryPanel', 'sessionsList'] as const).map((feature) => client.getDecision(feature).version);
    const page = open();
    await expect.poll(() => versions(page)).toEqual(['v2', 'v2']);

    await first.close();
    await door.close();
    const second = await start({ port: first.port, startKills: { emergency: false, features: ['memoryPanel'] } });
    expect(second.waitsForDatabase).toBe(true);
    await expect.poll(() => versions(page), { timeout: 20_000 }).toEqual(['v1', 'v2']);
    expect(page.getDecision('memoryPanel')).toMatchObject({ reason: 'ROLLED_BACK' });
    // The next page view does not begin with the v2 that was stored.
    expect(versions(open())).toEqual(['v1', 'v2']);

    await door.open();
    await expect
      .poll(async () => (await fetch(`${first.url}/api/snapshot`)).json(), { timeout: 20_000 })
      .toMatchObject({ kind: 'rules', revision: 3, kills: ['memoryPanel'] });
    expect(versions(page)).toEqual(['v1', 'v2']);
    expect((await send('/api/features/enable', { feature: 'memoryPanel', reason: 'fixed' })).status).toBe(200);
    await expect.poll(() => versions(page), { timeout: 20_000 }).toEqual(['v2', 'v2']);
  },
  90_000,
);

test('a page goes to v1 by kills that a service cannot store, although they come with the revision that it knows', async () => {
  const databaseUrl = await postgres.createDatabase();
  const start = async (options: Partial<ServiceOptions> = {}) => {
    const service = await startService({
      port: 0,
      dataDir,
      databaseUrl,
      adminToken,
      delivery: { pollMs: 1_000 },
      ...options,
    });
    onTestFinished(() => service.close());
    return service;
  };
  const first = await start();
  await fetch(`${first.url}/api/features`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ feature: 'memoryPanel', enabled: true, percentage: 100 }),
  });
  const open = (url: string) => {
    const client = createSwitchback({
      features,
      source: httpSource({ url: `${url}/api`, EventSource: null, onWake: () => () => {} }),
      context: { targetingKey: 'user-1' },
      storage: false,
      sinks: [],
      onInternalFault: () => {},
    });
    onTestFinished(() => client.close());
    client.start();
    return client;
  };
  const page = open(first.url);
  await expect.poll(() => page.getDecision('memoryPanel').version).toBe('v2');
  await first.close();
  // Read-only, as a standby is: nothing can be stored, so the revision stays.
  const options = { readOnly: true, startKills: { emergency: false, features: ['memoryPanel'] } };
  await start({ ...options, port: first.port });
  await expect
    .poll(() => page.getDecision('memoryPanel'), { timeout: 20_000 })
    .toMatchObject({ version: 'v1', reason: 'ROLLED_BACK' });
  expect(page.getDecision('sessionsList').version).toBe('v1');
}, 60_000);
