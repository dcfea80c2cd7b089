import { expect, test } from 'vitest';
import { digestOf } from '../../../src/evaluate/bucket.js';
import { operatorToken, startRunning } from './running.js';
import { byAda, openStore } from '../store/openStore.js';

const opened = openStore();

type Body = Record<string, unknown>;
const json = (response: Response) => response.json() as Promise<Body>;

async function start() {
  const running = await startRunning(opened.store);
  const { send, get } = running;
  return {
    ...running,
    create: async (feature: string, rest: Body = {}) => {
      const made = await send('POST', '/api/features', { feature, ...rest });
      expect(made.status).toBe(201);
    },
    patch: (feature: string, body: Body) =>
      send('PATCH', `/api/features/${feature}`, body, { headers: { 'if-match': '*' } }),
    published: async () => (await json(await get('/api/snapshot')))['features'] as Record<string, Body>,
  };
}

test('retires a feature with a reason: published no more, readable with its history, and brought back off', async () => {
  const { send, create, published, get } = await start();
  await create('memoryPanel', { enabled: true, percentage: 100, owner: 'web' });
  const path = '/api/features/memoryPanel';
  expect(await json(await send('POST', `${path}/retire`, {}))).toMatchObject({
    status: 422,
    errors: [{ pointer: '/reason' }],
  });
  expect((await send('POST', `${path}/retire`, { reason: 'x' }, { token: operatorToken })).status).toBe(403);
  expect(await json(await send('POST', `${path}/retire`, { reason: 'v2 is all there is' }))).toMatchObject({
    feature: 'memoryPanel',
    revision: 2,
    auditId: expect.any(Number),
  });
  expect(await published()).toEqual({});
  expect((await json(await get('/health/features')))['features']).toEqual({});
  expect(await json(await send('GET', path))).toMatchObject({ owner: 'web', retiredAt: expect.any(String) });
  expect(await json(await send('GET', '/api/retired'))).toMatchObject({ features: [{ feature: 'memoryPanel' }] });
  const { entries } = (await json(await send('GET', '/api/audit?feature=memoryPanel'))) as { entries: Body[] };
  expect(entries[0]).toMatchObject({
    action: 'retire',
    reason: 'v2 is all there is',
    actor: 'ada',
    before: { retired_at: null },
    after: { retired_at: expect.any(String) },
  });
  const again = await send('POST', '/api/features', { feature: 'memoryPanel' });
  expect([again.status, (await json(again))['detail']]).toEqual([409, expect.stringContaining('/restore')]);
  expect((await send('POST', `${path}/retire`, { reason: 'again' })).status).toBe(404);

  expect((await send('POST', `${path}/restore`, { reason: 'not yet' })).status).toBe(200);
  expect(await published()).toMatchObject({ memoryPanel: { enabled: false, percentage: 100 } });
  expect(await json(await send('GET', '/api/audit?feature=memoryPanel'))).toMatchObject({
    entries: expect.arrayContaining([expect.objectContaining({ action: 'restore', reason: 'not yet' })]),
  });
  expect((await send('POST', `${path}/restore`, { reason: 'twice' })).status).toBe(409);
  expect((await send('POST', '/api/features/nobody/restore', { reason: 'x' })).status).toBe(404);
});

test('keeps a feature that others require, or that a plan raises', async () => {
  const { send, create } = await start();
  await create('master');
  await create('child', { requires: ['master'] });
  const refused = await send('POST', '/api/features/master/retire', { reason: 'x' });
  expect([refused.status, (await json(refused))['detail']]).toEqual([
    409,
    expect.stringContaining('required by child'),
  ]);
  const plan = await send('POST', '/api/plans', { feature: 'child', preset: 'canary' });
  expect(plan.status).toBe(201);
  expect(await json(await send('POST', '/api/features/child/retire', { reason: 'x' }))).toMatchObject({
    status: 409,
    detail: expect.stringContaining('is draft: cancel it first'),
  });
});

test('names a cycle of master switches in order, in 409', async () => {
  const { create, patch } = await start();
  await create('a');
  await create('b', { requires: ['a'] });
  await create('c', { requires: ['b'] });
  const refused = await patch('a', { requires: ['c'], reason: 'x' });
  expect(refused.status).toBe(409);
  expect(await json(refused)).toMatchObject({
    detail: 'requires: a → c → b → a is a cycle',
    errors: [{ pointer: '/requires' }],
  });
});

test('holds a config to its schema, from either side, and says where', async () => {
  const { create, patch, send, published } = await start();
  const configSchema = {
    type: 'object',
    properties: { pageSize: { type: 'integer', minimum: 1, maximum: 100 }, theme: { enum: ['light', 'dark'] } },
    required: ['pageSize'],
    additionalProperties: false,
  };
  await create('memoryPanel', { config: { pageSize: 20 }, configSchema });
  const wrong = await patch('memoryPanel', { config: { pageSize: 0, theme: 'pink', more: 1 } });
  expect(wrong.status).toBe(422);
  expect(await json(wrong)).toMatchObject({
    errors: [
      { pointer: '/config/pageSize', value: '0', message: 'at least 1' },
      { pointer: '/config/theme', value: '"pink"' },
      { pointer: '/config/more', message: 'nothing may be here' },
    ],
  });
  expect(await json(await patch('memoryPanel', { config: {} }))).toMatchObject({
    status: 422,
    errors: [{ pointer: '/config', message: 'with the property "pageSize"' }],
  });
  expect(
    await json(await patch('memoryPanel', { configSchema: { properties: { pageSize: { maximum: 10 } } } })),
  ).toMatchObject({
    errors: [{ pointer: '/config/pageSize', value: '20' }],
  });
  expect(await json(await patch('memoryPanel', { configSchema: { pattern: '(a+)+' } }))).toMatchObject({
    status: 422,
    errors: [{ pointer: '/configSchema/pattern' }],
  });
  expect((await patch('memoryPanel', { config: { pageSize: 50, theme: 'dark' } })).status).toBe(200);
  expect(await json(await send('GET', '/api/features/memoryPanel'))).toMatchObject({ configSchema });
  // What is checked here is nobody's business in a browser.
  expect(await published()).toMatchObject({ memoryPanel: { config: { pageSize: 50, theme: 'dark' } } });
  expect(JSON.stringify(await published())).not.toContain('configSchema');
  expect((await patch('memoryPanel', { configSchema: null, config: { any: true } })).status).toBe(200);
  await expect(
    opened.store.changeFeature(
      'memoryPanel',
      { configSchema: { properties: { any: { type: 'string' } } } },
      null,
      byAda,
    ),
  ).rejects.toMatchObject({ code: 'invalid', field: '/config/any' });
});

test('never stores a user id: a tag alone, and a label only where an operator gives one', async () => {
  const { create, patch, send } = await start();
  await create('memoryPanel');
  await patch('memoryPanel', { enabledUsers: ['user-123', { id: 'user-456', label: 'Ada' }], reason: 'try' });
  const { tag } = digestOf('memoryPanel', 'user-123');
  expect(await json(await send('GET', '/api/features/memoryPanel'))).toMatchObject({
    allow: [{ tag }, { tag: digestOf('memoryPanel', 'user-456').tag, label: 'Ada' }],
  });
  for (const table of ['feature_flags', 'flag_audit'])
    expect(JSON.stringify(await opened.sql(`SELECT to_jsonb(one) FROM ${table} AS one`))).not.toMatch(/user-\d/);
});

test('shows the rollback history of all features in public, without who and why', async () => {
  const { create, send, get } = await start();
  await create('memoryPanel', { enabled: true, percentage: 12.5 });
  await create('sessionsList');
  await send('POST', '/api/features/disable', { feature: 'memoryPanel', reason: 'a secret matter' });
  await send('POST', '/api/rollbacks/1/undo', { reason: 'fixed' });
  const text = await (await get('/health/features')).text();
  expect(JSON.parse(text)).toMatchObject({
    features: {
      memoryPanel: {
        enabled: true,
        rolloutPercentage: 12.5,
        rollbackHistory: [{ timestamp: expect.any(String), endedAt: expect.any(String) }],
      },
      sessionsList: { enabled: false, rolloutPercentage: 0, rollbackHistory: [] },
    },
  });
  expect(text).not.toMatch(/secret|ada/);
});

test('imports features that require each other, all or none, and says what would change first', async () => {
  const { create, send } = await start();
  await create('memoryPanel', { percentage: 10, owner: 'web' });
  await create('other');
  const features = [
    { feature: 'memoryPanel', percentage: 10, owner: 'api', requires: ['master'], from: '2027-01-31T08:00:00Z' },
    { feature: 'master', requires: ['base'], config: { b: 1, a: [1] } },
    { feature: 'base' },
  ];
  const diff = await send('POST', '/api/features/diff', { features });
  expect(await json(diff)).toMatchObject({
    differs: true,
    revision: 2,
    untouched: ['other'],
    changes: [
      {
        feature: 'memoryPanel',
        action: 'change',
        rowRevision: 1,
        fields: [
          { field: 'from', from: null },
          { field: 'requires', from: [], to: ['master'] },
          { field: 'owner', from: 'web', to: 'api' },
        ],
      },
      { feature: 'master', action: 'create', rowRevision: 0 },
      { feature: 'base', action: 'create', rowRevision: 0, fields: [] },
    ],
  });
  const broken = [...features, { feature: 'base2', percentage: 101 }];
  expect(await json(await send('POST', '/api/features/import', { features: broken }))).toMatchObject({
    status: 422,
    errors: [{ pointer: '/features/3/percentage', value: '101' }],
  });
  expect((await send('POST', '/api/features/import', { features }, { token: operatorToken })).status).toBe(403);
  const done = await send('POST', '/api/features/import', { features, reason: 'from staging' });
  expect(await json(done)).toMatchObject({ feature: null, revision: 3, differs: true });
  const again = await json(await send('POST', '/api/features/import', { features }));
  expect(again).toMatchObject({ differs: false, revision: 3, changes: [], auditId: null });
  const { entries } = (await json(await send('GET', '/api/audit'))) as { entries: Body[] };
  expect(entries.slice(0, 3).map(({ reason }) => reason)).toEqual(['from staging', 'from staging', 'from staging']);
});

test('leaves everything alone when one change of an import cannot be made', async () => {
  const { create, send } = await start();
  await create('a', { percentage: 5 });
  await create('b', { requires: ['a'] });
  const cyclic = [{ feature: 'a', percentage: 1, requires: ['b'] }];
  expect(await json(await send('POST', '/api/features/import', { features: cyclic, reason: 'x' }))).toMatchObject({
    status: 409,
    detail: 'requires: a → b → a is a cycle',
    errors: [{ pointer: '/features/0/requires' }],
  });
  const stale = [
    { feature: 'b', percentage: 1 },
    { feature: 'a', percentage: 1, rowRevision: 7 },
  ];
  expect((await send('POST', '/api/features/import', { features: stale, reason: 'x' })).status).toBe(412);
  const doubled = [{ feature: 'a' }, { feature: 'a' }];
  expect(await json(await send('POST', '/api/features/import', { features: doubled }))).toMatchObject({
    errors: [{ pointer: '/features/1/feature' }],
  });
  expect(
    await json(await send('POST', '/api/features/import', { features: [{ feature: 'a', percentage: 9 }] })),
  ).toMatchObject({
    status: 422,
    errors: [{ pointer: '/reason' }],
  });
  // The second one fails in the database, after the first was written there.
  await expect(
    opened.store.changeFeatures(
      [
        { feature: 'a', patch: { percentage: 3 }, ifRowRevision: 1 },
        { feature: 'b', patch: { from: '2027-02-01T00:00:00Z', until: '2027-01-01T00:00:00Z' }, ifRowRevision: 1 },
      ],
      byAda,
    ),
  ).rejects.toMatchObject({ code: 'invalid', field: '/until' });
  const state = await opened.store.readState();
  expect([state.revision, state.features.get('a')?.percentage, state.features.get('b')?.requires]).toEqual([
    2,
    5,
    ['a'],
  ]);
});
