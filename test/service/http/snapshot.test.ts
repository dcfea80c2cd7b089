import { expect, test } from 'vitest';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { startRunning } from './running.js';

const seed = {
  memoryPanel: {
    enabled: true,
    percentage: 12.5,
    owner: 'web',
    description: 'secret plan',
    allow: [{ tag: '4e35f1bfa70e4923', label: 'Ann' }],
  },
  sessionsList: { enabled: false, percentage: 40 },
};

test('publishes rules without owner, description or labels', async () => {
  const { get } = await startRunning(createMemoryStore(seed));
  const response = await get('/api/snapshot');
  const text = await response.text();
  expect(response.headers.get('cache-control')).toBe('public, max-age=0, s-maxage=2, stale-if-error=86400');
  expect(JSON.parse(text)).toMatchObject({
    schema: 1,
    kind: 'rules',
    revision: 1,
    emergency: null,
    kills: ['sessionsList'],
    delivery: { pollMs: 15_000, heartbeatMs: 8_000 },
    features: { memoryPanel: { enabled: true, percentage: 12.5, allow: ['4e35f1bfa70e4923'], deny: [] } },
  });
  expect(text).not.toMatch(/owner|description|secret plan|Ann|label|rolledBack/);
  expect(parseSnapshot(JSON.parse(text))).toMatchObject({ status: 'valid', problems: [] });
});

test('answers 304 to the ETag it gave, weakly compared, and 200 after a change', async () => {
  const { get, send } = await startRunning(createMemoryStore(seed));
  const etag = (await get('/api/snapshot')).headers.get('etag')!;
  expect(etag).toMatch(/^W\/"\d+-1"$/);
  for (const tag of [etag, etag.slice(2), `"other", ${etag}`, '*'])
    expect((await get('/api/snapshot', { headers: { 'if-none-match': tag } })).status).toBe(304);
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  const changed = await get('/api/snapshot', { headers: { 'if-none-match': etag } });
  expect(changed.status).toBe(200);
  expect(await changed.json()).toMatchObject({
    revision: 2,
    kills: ['memoryPanel', 'sessionsList'],
    features: { memoryPanel: { rolledBack: true } },
  });
});

test('keeps the last revisions under an immutable URL', async () => {
  const { get, send } = await startRunning(createMemoryStore(seed), { keptRevisions: 2 });
  const { epoch } = (await (await get('/api/snapshot')).json()) as { epoch: number };
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  const kept = await get(`/api/snapshot/${epoch}-1`);
  expect(kept.headers.get('cache-control')).toContain('immutable');
  expect(await kept.json()).toMatchObject({ revision: 1, kills: ['sessionsList'] });
  await send('POST', '/api/emergency/rollback');
  const gone = await get(`/api/snapshot/${epoch}-1`);
  expect([gone.status, gone.headers.get('cache-control')]).toEqual([404, 'no-store']);
});

test('serves the last state while the database is away, refuses changes within 3 s and says so', async () => {
  const store = createMemoryStore(seed);
  const { get, send } = await startRunning(store);
  store.trouble = 'down';
  const refused = await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  store.trouble = 'silent';
  const elapsedMs = startStopwatch();
  expect((await send('POST', '/api/emergency/rollback')).status).toBe(503);
  expect(elapsedMs()).toBeLessThan(3_000);
  expect((await get('/api/snapshot')).status).toBe(200);
  expect((await send('GET', '/api/features')).status).toBe(200);
});

test('tells that the database is away and recovers by itself', async () => {
  const store = createMemoryStore(seed);
  const { get, handler } = await startRunning(store);
  expect(await (await get('/api/health')).json()).toMatchObject({
    status: 'ok',
    writable: true,
    revision: 1,
    features: 2,
    kills: 1,
  });
  store.trouble = 'down';
  await store.changeOutside('memoryPanel', { enabled: false });
  await expect
    .poll(async () => (await get('/api/health')).json())
    .toMatchObject({ status: 'degraded', writable: false, revision: 1 });
  store.trouble = 'none';
  await expect
    .poll(async () => (await get('/api/health')).json(), { timeout: 4_000 })
    .toMatchObject({ status: 'ok', revision: 2, alarms: [] });
  expect(handler).toBeDefined();
});

test('answers 503 until the database was read once', async () => {
  const store = createMemoryStore(seed);
  store.trouble = 'down';
  const { get } = await startRunning(store);
  expect((await get('/api/snapshot')).status).toBe(503);
  expect((await get('/api/health')).status).toBe(503);
  store.trouble = 'none';
  await expect.poll(async () => (await get('/api/snapshot')).status, { timeout: 4_000 }).toBe(200);
});

test('keeps kills and raises the epoch when the database goes back', async () => {
  const store = createMemoryStore(seed);
  const { get, send, faults } = await startRunning(store);
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  const before = (await (await get('/api/snapshot')).json()) as { epoch: number };
  store.goBackTo(1);
  await expect
    .poll(async () => (await get('/api/snapshot')).json())
    .toMatchObject({ revision: 1, kills: ['memoryPanel', 'sessionsList'] });
  const after = (await (await get('/api/snapshot')).json()) as { epoch: number };
  expect(after.epoch).toBeGreaterThan(before.epoch);
  expect(faults.join()).toContain('went back');
  expect(await (await get('/api/health')).json()).toMatchObject({ status: 'degraded' });
});

test('refuses a change after which the snapshot would be too large', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  const config = { text: 'x'.repeat(16_000) };
  const statuses: number[] = [];
  for (let at = 0; at < 14; at++)
    statuses.push((await send('POST', '/api/features', { feature: `big${at}`, config })).status);
  expect(statuses.at(0)).toBe(201);
  expect(statuses.at(-1)).toBe(422);
  const deniedUsers = Array.from({ length: 9_999 }, (_, at) => `user-${at}`);
  const tags = await send('PATCH', '/api/features/memoryPanel', { deniedUsers }, { headers: { 'if-match': '*' } });
  expect(tags.status).toBe(422);
});

test('applies kills even when the rest of the state is too large to publish', async () => {
  const store = createMemoryStore(seed);
  const { get } = await startRunning(store);
  await store.changeOutside('huge', { enabled: true, percentage: 5, config: { text: 'x'.repeat(250_000) } });
  await store.changeOutside('memoryPanel', { enabled: false });
  await expect
    .poll(async () => (await get('/api/snapshot')).json())
    .toMatchObject({ revision: 3, kills: ['memoryPanel', 'sessionsList'] });
  expect(await (await get('/api/health')).json()).toMatchObject({ status: 'degraded' });
});

test('holds v1 from the environment at once and stores it as a rollback', async () => {
  const store = createMemoryStore(seed);
  const { get, send } = await startRunning(store, {
    startKills: { emergency: false, features: ['memoryPanel', 'unknownFeature'] },
  });
  expect(await (await get('/api/snapshot')).json()).toMatchObject({
    kills: ['memoryPanel', 'sessionsList', 'unknownFeature'],
  });
  await expect
    .poll(async () => (await send('GET', '/api/rollbacks')).json())
    .toMatchObject({ rollbacks: [{ feature: 'memoryPanel', source: 'env' }] });
  await expect.poll(async () => (await get('/api/snapshot')).json()).toMatchObject({ revision: 2 });
  const enabled = await send('POST', '/api/features/enable', { feature: 'memoryPanel', reason: 'fixed' });
  expect(enabled.status).toBe(200);
  expect(await (await get('/api/snapshot')).json()).toMatchObject({ kills: ['sessionsList', 'unknownFeature'] });
});

test('holds everything on v1 from the environment', async () => {
  const { get } = await startRunning(createMemoryStore(seed), { startKills: { emergency: true, features: [] } });
  expect(await (await get('/api/snapshot')).json()).toMatchObject({ emergency: { since: expect.any(String) } });
});

test('shows features to anyone by counts only', async () => {
  const { get } = await startRunning(createMemoryStore(seed));
  expect(await (await get('/health/features')).json()).toMatchObject({
    emergency: false,
    features: {
      memoryPanel: { enabled: true, percentage: 12.5, killed: false, version: 'v2' },
      sessionsList: { enabled: false, killed: true, version: 'v1' },
    },
  });
});
