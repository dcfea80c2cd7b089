import { expect, test } from 'vitest';
import { digestOf } from '../../../src/evaluate/bucket.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { operatorToken, startRunning } from './running.js';

const seed = { memoryPanel: { enabled: true, percentage: 10 }, sessionsList: { enabled: true, percentage: 50 } };
const json = (response: Response) => response.json() as Promise<Record<string, unknown>>;

test('lists features with the names of old and their rollbacks', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  await send('POST', '/api/features/disable', { feature: 'memoryPanel', reason: 'Critical bug' });
  const list = await send('GET', '/api/features');
  expect(await json(list)).toMatchObject({
    revision: 2,
    emergency: null,
    features: [
      {
        feature: 'memoryPanel',
        enabled: false,
        percentage: 10,
        rolloutPercentage: 10,
        rolledBack: true,
        rollbackHistory: [{ reason: 'Critical bug', actor: 'ada', timestamp: expect.any(String) }],
      },
      { feature: 'sessionsList', enabled: true, rolloutPercentage: 50, rolledBack: false, rollbackHistory: [] },
    ],
  });
});

test('creates a feature, shows it with its ETag, refuses a second one', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  const created = await send('POST', '/api/features', {
    feature: 'newOne',
    percentage: 5,
    owner: 'web',
    config: { a: 1 },
  });
  expect([created.status, created.headers.get('etag')]).toEqual([201, '"1"']);
  expect(await json(created)).toMatchObject({
    feature: 'newOne',
    enabled: false,
    percentage: 5,
    revision: 2,
    auditId: 1,
  });
  const shown = await send('GET', '/api/features/newOne');
  expect(shown.headers.get('etag')).toBe('"1"');
  expect(await json(shown)).toMatchObject({ feature: 'newOne', owner: 'web', config: { a: 1 }, rowRevision: 1 });
  expect((await send('POST', '/api/features', { feature: 'newOne' })).status).toBe(409);
  expect((await send('GET', '/api/features/unknown')).status).toBe(404);
});

test('changes a feature only on the revision that was read', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  const patch = (body: unknown, ifMatch?: string) =>
    send('PATCH', '/api/features/memoryPanel', body, ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } });
  expect((await patch({ percentage: 5 })).status).toBe(428);
  const changed = await patch({ percentage: 5 }, '"1"');
  expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
  expect(await json(changed)).toMatchObject({ feature: 'memoryPanel', percentage: 5, revision: 2 });
  const stale = await patch({ percentage: 4 }, '"1"');
  expect([stale.status, stale.headers.get('etag')]).toEqual([412, '"2"']);
  expect(await json(stale)).toMatchObject({
    type: '/problems/stale-revision',
    current: { feature: 'memoryPanel', percentage: 5, rowRevision: 2 },
  });
  expect((await patch({ percentage: 4 }, 'W/"2"')).status).toBe(200);
  expect((await patch({ percentage: 3 }, '*')).status).toBe(200);
  expect((await patch({ percentage: 3 }, '"x"')).status).toBe(422);
  expect((await patch({}, '*')).status).toBe(422);
});

test.each([[{ percentage: 11 }], [{ rolloutPercentage: 11 }], [{ enabledUsers: ['user-1'] }]])(
  'asks why for %j, because it brings more v2',
  async (body) => {
    const { send } = await startRunning(createMemoryStore(seed));
    const init = { headers: { 'if-match': '"1"' } };
    const refused = await send('PATCH', '/api/features/memoryPanel', body, init);
    expect(refused.status).toBe(422);
    expect(await json(refused)).toMatchObject({ errors: [{ pointer: '/reason' }] });
    expect((await send('PATCH', '/api/features/memoryPanel', { ...body, reason: 'looks good' }, init)).status).toBe(
      200,
    );
  },
);

test.each([
  ['/percentage', { percentage: 101 }, '101'],
  ['/percentage', { percentage: 1.234 }, '1.234'],
  ['/percentage', { percentage: '5' }, '"5"'],
  ['/enabled', { enabled: 'yes' }, '"yes"'],
  ['/nonsense', { nonsense: 1 }, '1'],
  ['/constructor', { constructor: { prototype: 1 } }, '{"prototype":1}'],
  ['/requires', { requires: ['memoryPanel'] }, '["memoryPanel"]'],
  ['/requires/0', { requires: ['__proto__'] }, '"__proto__"'],
  ['/from', { from: 'tomorrow' }, '"tomorrow"'],
  ['/removeBy', { removeBy: '2027-13-45' }, '"2027-13-45"'],
  ['/config', { config: [1] }, '[1]'],
  ['/sampling', { sampling: 2 }, '2'],
  ['/allow', { allow: [{ tag: 'xyz' }] }, '"xyz"'],
  ['/reason', { reason: ' ' }, '" "'],
  ['/description', { description: 'x'.repeat(5_000) }, `"${'x'.repeat(62)}…`],
])('refuses a bad value at %s', async (pointer, body, value) => {
  const store = createMemoryStore(seed);
  const { send } = await startRunning(store);
  const refused = await send('PATCH', '/api/features/memoryPanel', body, { headers: { 'if-match': '*' } });
  expect(refused.status).toBe(422);
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  const { errors } = (await refused.json()) as { errors: { pointer: string; value: string }[] };
  expect(errors[0]!.pointer.startsWith(pointer)).toBe(true);
  expect(errors[0]!.value).toBe(value);
  expect((await store.readState()).revision).toBe(1);
});

test('keeps __proto__ and constructor inert from body to snapshot', async () => {
  const { send, get } = await startRunning(createMemoryStore(seed));
  const unknown = await send('PATCH', '/api/features/memoryPanel', '{"__proto__":{"enabled":true},"percentage":1}', {
    headers: { 'if-match': '*' },
  });
  expect(unknown.status).toBe(422);
  expect(await json(unknown)).toMatchObject({ errors: [{ pointer: '/__proto__' }] });
  for (const feature of ['__proto__', 'a:b', '', 'x'.repeat(65), '1a'])
    expect((await send('POST', '/api/features', { feature })).status).toBe(422);
  for (const feature of ['constructor', 'toString', 'hasOwnProperty', 'valueOf'])
    expect((await send('POST', '/api/features', { feature, enabled: true, percentage: 5 })).status).toBe(201);
  const config = await send(
    'PATCH',
    '/api/features/constructor',
    '{"config":{"__proto__":{"polluted":true},"constructor":1}}',
    { headers: { 'if-match': '*' } },
  );
  expect(config.status).toBe(200);
  await send('POST', '/api/features/disable', { feature: 'toString' });
  const text = await (await get('/api/snapshot')).text();
  expect(text).toContain('"config":{"__proto__":{"polluted":true},"constructor":1}');
  expect(JSON.parse(text)).toMatchObject({ kills: ['toString'] });
  expect((await send('GET', '/api/features/__proto__')).status).toBe(404);
  expect((await send('POST', '/api/features/disable', { feature: '__proto__' })).status).toBe(422);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('names users by tag and keeps no id', async () => {
  const store = createMemoryStore(seed);
  const { send } = await startRunning(store);
  const body = {
    enabledUsers: ['user-1', { id: 'user-2', label: 'QA' }],
    deniedUsers: [{ tag: '0123456789abcdef' }],
    reason: 'testers',
  };
  const changed = await send('PATCH', '/api/features/memoryPanel', body, { headers: { 'if-match': '*' } });
  const tags = ['user-1', 'user-2'].map((id) => digestOf('memoryPanel', id).tag);
  expect(await json(changed)).toMatchObject({
    allow: [{ tag: tags[0] }, { tag: tags[1], label: 'QA' }],
    deny: [{ tag: '0123456789abcdef' }],
  });
  expect(JSON.stringify([...(await store.readState()).features.values()])).not.toContain('user-');
});

test('turns off without a reason and on only with one', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  const off = await send('POST', '/api/features/disable', { feature: 'memoryPanel' }, { token: operatorToken });
  expect(await json(off)).toEqual({
    feature: 'memoryPanel',
    enabled: false,
    epoch: expect.any(Number),
    revision: 2,
    rollbackId: 1,
    auditId: 1,
  });
  expect((await send('POST', '/api/features/disable', { feature: 'unknown' })).status).toBe(404);
  const refused = await send('POST', '/api/features/enable', { feature: 'memoryPanel', percentage: 20 });
  expect(await json(refused)).toMatchObject({ status: 422, errors: [{ pointer: '/reason' }] });
  const on = await send('POST', '/api/features/enable', { feature: 'memoryPanel', percentage: 20, reason: 'fixed' });
  expect(await json(on)).toMatchObject({ enabled: true, revision: 3, rollbackId: null });
  expect(await json(await send('GET', '/api/features/memoryPanel'))).toMatchObject({
    percentage: 20,
    rolledBack: false,
  });
});

test('takes the flags request of a plain curl', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  const curl = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  const off = await send('POST', '/admin/flags', '{"flag": "memoryPanel", "enabled": false}', curl);
  expect(await json(off)).toMatchObject({ feature: 'memoryPanel', enabled: false });
  expect((await send('POST', '/admin/flags', { flag: 'memoryPanel', enabled: true })).status).toBe(422);
  const on = await send('POST', '/admin/flags', { flag: 'memoryPanel', enabled: true, reason: 'fixed' });
  expect(await json(on)).toMatchObject({ enabled: true });
});

test('rolls everything back without a body, and brings back only what is listed', async () => {
  const { send, get } = await startRunning(createMemoryStore(seed));
  const emergency = await send('POST', '/api/emergency/rollback');
  expect(await json(emergency)).toMatchObject({ feature: null, enabled: false, revision: 2, rollbackId: 1 });
  expect((await send('POST', '/api/emergency/rollback', { feature: 'memoryPanel' })).status).toBe(422);
  expect((await send('POST', '/api/emergency/rollback', '{nonsense')).status).toBe(400);
  expect(await (await get('/health/features')).json()).toMatchObject({
    emergency: true,
    features: { memoryPanel: { version: 'v1' } },
  });
  const enable = await send('POST', '/api/features/enable', { feature: 'memoryPanel', reason: 'try' });
  expect([enable.status, String((await json(enable))['detail'])]).toEqual([
    409,
    expect.stringContaining('/api/rollbacks/1/undo'),
  ]);
  expect((await send('POST', '/api/rollbacks/1/undo', { features: ['memoryPanel'] })).status).toBe(422);
  const undone = await send('POST', '/api/rollbacks/1/undo', { reason: 'found it', features: ['memoryPanel'] });
  expect(undone.status).toBe(200);
  expect(await (await get('/health/features')).json()).toMatchObject({
    emergency: false,
    features: { memoryPanel: { version: 'v2' }, sessionsList: { version: 'v1' } },
  });
  expect((await send('POST', '/api/rollbacks/1/undo', { reason: 'again' })).status).toBe(409);
  expect((await send('POST', '/api/rollbacks/99/undo', { reason: 'x' })).status).toBe(404);
  expect((await send('POST', '/api/rollbacks/x/undo', { reason: 'x' })).status).toBe(404);
});

test('tells who did what, page by page', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  for (let at = 0; at < 3; at++)
    await send(
      'POST',
      '/api/features/disable',
      { feature: 'memoryPanel', reason: `no ${at}` },
      { token: operatorToken, headers: { 'x-switchback-source': 'cli' } },
    );
  const page = (await json(await send('GET', '/api/audit?limit=2'))) as { entries: { id: number }[]; next: number };
  expect(page).toMatchObject({
    entries: [
      { actor: 'otto', source: 'cli', reason: 'no 2', requestId: expect.stringMatching(/^req-/) },
      { reason: 'no 1' },
    ],
    next: 2,
  });
  expect(await json(await send('GET', `/api/audit?limit=2&before=${page.next}`))).toMatchObject({
    entries: [{ reason: 'no 0' }],
    next: null,
  });
  expect(await json(await send('GET', '/api/audit?feature=sessionsList'))).toMatchObject({ entries: [] });
  for (const query of ['limit=0', 'limit=x', 'limit=1001', 'before=-1'])
    expect((await send('GET', `/api/audit?${query}`)).status).toBe(422);
  expect(await json(await send('GET', '/api/rollbacks?feature=memoryPanel'))).toMatchObject({
    rollbacks: [{ id: 1, actor: 'otto' }],
  });
});
