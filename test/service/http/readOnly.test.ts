import { expect, test } from 'vitest';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { createMemoryTokens } from '../../harness/memoryTokens.js';
import { openStream, startRunning } from './running.js';

const seed = { memoryPanel: { enabled: true, percentage: 10 } };

test.each<[string, string, unknown]>([
  ['POST', '/api/features', { feature: 'other' }],
  ['PATCH', '/api/features/memoryPanel', { percentage: 5 }],
  ['POST', '/api/features/disable', { feature: 'memoryPanel' }],
  ['POST', '/api/features/enable', { feature: 'memoryPanel', reason: 'x' }],
  ['POST', '/admin/flags', { flag: 'memoryPanel', enabled: false }],
  ['POST', '/api/emergency/rollback', {}],
  ['POST', '/api/rollbacks/1/undo', { reason: 'x' }],
  ['POST', '/api/tokens', { name: 'ci', role: 'viewer' }],
  ['DELETE', '/api/tokens/1', undefined],
])('a read-only service refuses %s %s, and says what to do', async (method, path, body) => {
  const store = { ...createMemoryStore(seed), tokens: createMemoryTokens() };
  const { send } = await startRunning(store, { readOnly: true });
  const before = await store.readState();
  const refused = await send(method, path, body, { headers: { 'if-match': '*' } });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    type: '/problems/read-only',
    detail: expect.stringContaining('send changes to a service without --read-only'),
  });
  expect((await send(method, path, body, { token: null })).status).toBe(401);
  expect(await store.readState()).toEqual(before);
  expect(await store.readAudit({ limit: 10 })).toEqual([]);
});

test('a read-only service serves rules, streams and confirmations, and follows changes made elsewhere', async () => {
  const store = createMemoryStore(seed);
  const { url, get, send } = await startRunning(store, { readOnly: true });
  const stream = await openStream(url);
  const { data: hello } = await stream.next('hello');
  await stream.next('snapshot');
  for (const path of ['/api/features', '/api/audit', '/api/rollbacks', '/api/features/memoryPanel/metrics'])
    expect((await send('GET', path)).status).toBe(200);
  expect((await get('/api/snapshot')).status).toBe(200);
  await store.changeOutside('memoryPanel', { enabled: false });
  const { data } = await stream.next('snapshot');
  expect(data).toMatchObject({ kills: ['memoryPanel'] });
  const confirmation = { streamId: hello['streamId'], epoch: data['epoch'], revision: data['revision'] };
  expect(await (await send('POST', '/api/confirm', confirmation, { token: null })).json()).toEqual({ confirmed: true });
});

test('senders of metrics hear that they may come back', async () => {
  const { send } = await startRunning(createMemoryStore(seed), { readOnly: true });
  const refused = await send('POST', '/api/metrics', {}, { token: null });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60']);
});

test('what the environment holds on v1 is held in memory, and not stored', async () => {
  const store = createMemoryStore(seed);
  const { get } = await startRunning(store, {
    readOnly: true,
    startKills: { emergency: false, features: ['memoryPanel'] },
  });
  expect(await (await get('/api/snapshot')).json()).toMatchObject({ kills: ['memoryPanel'] });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await store.readState()).rollbacks).toEqual([]);
});
