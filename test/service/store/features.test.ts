import { expect, test } from 'vitest';
import { byAda, openStore } from './openStore.js';

const opened = openStore();
const tag = '4e35f1bfa70e4923';

test('starts empty, with an epoch of its creation', async () => {
  const state = await opened.store.readState();
  expect(state.revision).toBe(0);
  expect(Math.abs(state.epoch - Date.now())).toBeLessThan(60_000);
  expect([state.features.size, state.rollbacks.length]).toEqual([0, 0]);
});

test('creates a feature with every field and reads it back', async () => {
  const { store } = opened;
  await store.createFeature('base', {}, byAda);
  const patch = {
    enabled: true,
    percentage: 12.34,
    allow: [{ tag, label: 'Ada' }],
    deny: [{ tag }],
    regions: ['eu', 'us'],
    from: '2026-01-01T00:00:00.000Z',
    until: '2026-02-01T00:00:00.000Z',
    requires: ['base'],
    config: { pageSize: 20, nested: { list: [1, null, 'ü'] } },
    sampling: 0.1,
    logOnly: true,
    owner: 'web',
    description: 'Memory panel rewrite',
    removeBy: '2027-03-01',
  };
  const result = await store.createFeature('memoryPanel', patch, byAda);
  expect(result).toMatchObject({ revision: 2, rollbackId: null, feature: { feature: 'memoryPanel', rowRevision: 1 } });
  const state = await store.readState();
  expect(state.revision).toBe(2);
  expect(state.epoch).toBe(result.epoch);
  expect(state.features.get('memoryPanel')).toEqual({ ...result.feature });
  expect(state.features.get('memoryPanel')).toMatchObject(patch);
});

test('starts a feature off at 0 %', async () => {
  const { feature } = await opened.store.createFeature('memoryPanel', {}, byAda);
  expect(feature).toMatchObject({ enabled: false, percentage: 0, allow: [], requires: [], config: {}, sampling: 1 });
});

test('changes only what the patch names, and counts the row and the revision up by one', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', { percentage: 5, owner: 'web' }, byAda);
  const { feature, revision } = await store.changeFeature(
    'memoryPanel',
    { percentage: 100, config: { a: 1 } },
    1,
    byAda,
  );
  expect(feature).toMatchObject({ percentage: 100, owner: 'web', config: { a: 1 }, rowRevision: 2 });
  expect(revision).toBe(2);
  expect((await store.readState()).revision).toBe(2);
});

test('leaves the revision alone when nothing changes', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', { percentage: 5 }, byAda);
  const result = await store.changeFeature('memoryPanel', { percentage: 5 }, null, byAda);
  expect(result).toMatchObject({ revision: 1, auditId: null, feature: { rowRevision: 1 } });
});

test('refuses a stale row revision and shows the current feature', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', {}, byAda);
  await store.changeFeature('memoryPanel', { percentage: 1 }, 1, byAda);
  await expect(store.changeFeature('memoryPanel', { percentage: 2 }, 1, byAda)).rejects.toMatchObject({
    code: 'stale',
    current: { percentage: 1, rowRevision: 2 },
  });
  expect((await store.readState()).features.get('memoryPanel')?.percentage).toBe(1);
});

test('refuses a feature that exists, and one that does not', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', {}, byAda);
  await expect(store.createFeature('memoryPanel', {}, byAda)).rejects.toMatchObject({ code: 'conflict' });
  await expect(store.changeFeature('other', {}, null, byAda)).rejects.toMatchObject({ code: 'not-found' });
  await expect(store.rollback('other', byAda)).rejects.toMatchObject({ code: 'not-found' });
  expect((await store.readState()).revision).toBe(1);
});

test.each([
  ['percentage', 101, '/percentage'],
  ['percentage', -1, '/percentage'],
  ['percentage', 1.005, '/percentage'],
  ['percentage', Number.NaN, '/percentage'],
  ['enabled', 'yes', '/enabled'],
  ['allow', [{ tag: 'user-123' }], '/allow'],
  ['deny', { tag }, '/deny'],
  ['regions', 'eu', '/regions'],
  ['from', 'infinity', '/from'],
  ['until', 'tomorrow', '/until'],
  ['requires', ['__proto__'], '/requires'],
  ['requires', ['unheardOf'], '/requires'],
  ['config', [], '/config'],
  ['config', { text: 'a\0b' }, '/config'],
  ['config', { text: 'x'.repeat(70_000) }, '/config'],
  ['sampling', 2, '/sampling'],
  ['owner', 'x'.repeat(201), '/owner'],
  ['removeBy', '2026-02-30', '/removeBy'],
  ['unknown', 1, '/unknown'],
])('refuses %s: %j, names the field, and changes nothing', async (field, value, pointer) => {
  const { store } = opened;
  await store.createFeature('memoryPanel', {}, byAda);
  const change = store.changeFeature('memoryPanel', { [field]: value }, null, byAda);
  await expect(change).rejects.toMatchObject({ name: 'StoreError', code: 'invalid', field: pointer });
  expect((await store.readState()).revision).toBe(1);
});

test('refuses a window that ends before it starts', async () => {
  const window = { from: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' };
  await expect(opened.store.createFeature('memoryPanel', window, byAda)).rejects.toMatchObject({
    code: 'invalid',
    field: '/until',
  });
});

test('refuses a cycle of prerequisites and names the way round', async () => {
  const { store } = opened;
  await store.createFeature('a', {}, byAda);
  await store.createFeature('b', { requires: ['a'] }, byAda);
  await store.createFeature('c', { requires: ['b'] }, byAda);
  await expect(store.changeFeature('a', { requires: ['c'] }, null, byAda)).rejects.toMatchObject({
    code: 'conflict',
    field: '/requires',
    message: 'requires: a → c → b → a is a cycle',
  });
  await expect(store.changeFeature('a', { requires: ['a'] }, null, byAda)).rejects.toThrow('a → a');
});

test('lets only one of two changes close a cycle', async () => {
  const { store } = opened;
  await store.createFeature('a', {}, byAda);
  await store.createFeature('b', {}, byAda);
  const results = await Promise.allSettled([
    store.changeFeature('a', { requires: ['b'] }, null, byAda),
    store.changeFeature('b', { requires: ['a'] }, null, byAda),
  ]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('keeps keys such as constructor apart from the objects of the language', async () => {
  const { store } = opened;
  const config: unknown = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "toString": "x"}');
  for (const key of ['constructor', 'hasOwnProperty', 'toString', 'valueOf']) {
    await store.createFeature(key, { enabled: true, config: config as Record<string, never> }, byAda);
    await store.rollback(key, byAda);
    const stored = (await store.readState()).features.get(key);
    expect(stored).toMatchObject({ feature: key, enabled: false });
    expect(JSON.stringify(stored?.config)).toContain('"__proto__":{"polluted":true}');
    expect(await store.readTotals(key, 0, Date.now())).toHaveLength(4);
  }
  expect('polluted' in {}).toBe(false);
  for (const key of ['__proto__', '', '1a', 'a:b', 'a b', 'ä', 'a\n', `a${'b'.repeat(64)}`])
    await expect(store.createFeature(key, {}, byAda)).rejects.toMatchObject({ code: 'invalid', field: '/feature' });
  await expect(store.changeFeature('__proto__', { enabled: true }, null, byAda)).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('writes who, why and what into the audit', async () => {
  const { store } = opened;
  const created = await store.createFeature('memoryPanel', { percentage: 5 }, byAda);
  const changed = await store.changeFeature('memoryPanel', { percentage: 10 }, null, { ...byAda, reason: null });
  const audit = await store.readAudit({ limit: 10 });
  expect(audit.map(({ id }) => id)).toEqual([changed.auditId, created.auditId]);
  expect(audit[0]).toMatchObject({
    action: 'change',
    before: { percentage: 5 },
    after: { percentage: 10 },
    reason: null,
  });
  expect(audit[1]).toMatchObject({
    action: 'create',
    feature: 'memoryPanel',
    actor: 'ada',
    source: 'api',
    reason: 'a test',
    requestId: 'req-1',
    before: null,
  });
  expect(await store.readAudit({ limit: 10, beforeId: changed.auditId ?? 0 })).toHaveLength(1);
  expect(await store.readAudit({ limit: 10, feature: 'other' })).toEqual([]);
});

test('keeps the audit as it was written', async () => {
  await opened.store.createFeature('memoryPanel', {}, byAda);
  for (const text of ['UPDATE flag_audit SET actor = $$x$$', 'DELETE FROM flag_audit', 'TRUNCATE flag_audit'])
    await expect(opened.sql(text)).rejects.toThrow('is refused');
  expect(await opened.store.readAudit({ limit: 10 })).toHaveLength(1);
});
