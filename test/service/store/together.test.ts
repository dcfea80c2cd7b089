import { expect, test } from 'vitest';
import { byAda, openStore } from './openStore.js';

const opened = openStore();

const everything = {
  enabled: true,
  percentage: 12.34,
  allow: [{ tag: '4e35f1bfa70e4923', label: 'Ada' }],
  deny: [{ tag: '4e35f1bfa70e4924' }],
  regions: ['eu', 'u"s'],
  from: '2026-01-01T00:00:00.000Z',
  until: '2026-02-01T00:00:00.000Z',
  requires: ['base'],
  config: { pageSize: 20, nested: { list: [1, null, 'ü'] } },
  configSchema: { type: 'object' },
  sampling: 0.1,
  logOnly: true,
  owner: 'web',
  description: 'Memory panel rewrite',
  removeBy: '2027-03-01',
};
const nothing = {
  enabled: false,
  regions: null,
  from: null,
  until: null,
  requires: [],
  configSchema: null,
  owner: null,
  description: null,
  removeBy: null,
};

test('makes and changes features with every field, in one revision', async () => {
  const { store } = opened;
  const made = await store.changeFeatures(
    [
      { feature: 'memoryPanel', patch: everything, ifRowRevision: 0 },
      { feature: 'base', patch: {}, ifRowRevision: 0 },
    ],
    byAda,
  );
  expect(made).toMatchObject({ revision: 1, feature: null, auditId: expect.any(Number) });
  expect((await store.readState()).features.get('memoryPanel')).toMatchObject(everything);
  const changed = await store.changeFeatures(
    [
      { feature: 'memoryPanel', patch: nothing, ifRowRevision: 1 },
      { feature: 'base', patch: { percentage: 3 }, ifRowRevision: 1 },
    ],
    { ...byAda, reason: 'in one go' },
  );
  const { features, revision, rollbacks } = await store.readState();
  expect([revision, changed.revision]).toEqual([2, 2]);
  expect(features.get('memoryPanel')).toMatchObject({ ...nothing, percentage: 12.34, rowRevision: 2 });
  expect(features.get('base')).toMatchObject({ percentage: 3, rowRevision: 2 });
  // Turned off by it: a rollback like any other, and an end of it like any other.
  expect(rollbacks).toMatchObject([{ feature: 'memoryPanel', reason: 'in one go' }]);
  await store.changeFeatures([{ feature: 'memoryPanel', patch: { enabled: true }, ifRowRevision: 2 }], byAda);
  expect((await store.readState()).rollbacks).toEqual([]);
});

test('refuses all of it where one is stale, unknown, there already, retired, or breaks its schema', async () => {
  const { store } = opened;
  await store.createFeature('a', { configSchema: { properties: { n: { type: 'integer' } } } }, byAda);
  await store.createFeature('old', {}, byAda);
  await store.retireFeature('old', byAda);
  const good = { feature: 'b', patch: {}, ifRowRevision: 0 };
  const together = (feature: string, ifRowRevision: number, patch = {}) =>
    store.changeFeatures([good, { feature, patch, ifRowRevision }], byAda);
  await expect(together('a', 7)).rejects.toMatchObject({ code: 'stale', current: { feature: 'a' } });
  await expect(together('nobody', 1)).rejects.toMatchObject({ code: 'not-found' });
  await expect(together('a', 0)).rejects.toMatchObject({ code: 'conflict' });
  await expect(together('old', 0)).rejects.toThrow('it is retired');
  await expect(together('old', 1)).rejects.toMatchObject({ code: 'not-found' });
  await expect(together('a', 1, { config: { n: 'x' } })).rejects.toMatchObject({ code: 'invalid', field: '/config/n' });
  await expect(together('1a', 0)).rejects.toMatchObject({ code: 'invalid', field: '/feature' });
  await expect(together('a', 1, { requires: ['a'] })).rejects.toMatchObject({ code: 'conflict' });
  expect([...(await store.readState()).features.keys()]).toEqual(['a']);
});

test('lets one of two imports win, and neither of them wait for the other for ever', async () => {
  const { store } = opened;
  const features = Array.from({ length: 20 }, (_, at) => `f${at}`);
  const make = features.map((feature) => ({ feature, patch: {}, ifRowRevision: 0 }));
  await store.changeFeatures(make, byAda);
  const raise = (percentage: number, order: readonly string[]) =>
    store.changeFeatures(
      order.map((feature) => ({ feature, patch: { percentage }, ifRowRevision: 1 })),
      byAda,
    );
  const results = await Promise.allSettled([raise(1, features), raise(2, [...features].reverse())]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'stale' } });
  const { features: after } = await store.readState();
  expect(new Set([...after.values()].map(({ percentage }) => percentage)).size).toBe(1);
});

test('takes a thousand features at once', { timeout: 30_000 }, async () => {
  const { store } = opened;
  const many = (percentage: number, ifRowRevision: number) =>
    Array.from({ length: 1_000 }, (_, at) => ({ feature: `f${at}`, patch: { percentage }, ifRowRevision }));
  await store.changeFeatures(many(1, 0), byAda);
  await store.changeFeatures(many(0.5, 1), byAda);
  const { features, revision } = await store.readState();
  expect([features.size, revision, features.get('f999')?.percentage]).toEqual([1_000, 2, 0.5]);
});
