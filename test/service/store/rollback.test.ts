import pg from 'pg';
import { expect, test } from 'vitest';
import { startStopwatch } from '../../harness/stopwatch.js';
import { byAda, openStore } from './openStore.js';

const opened = openStore();

test('a rollback turns the feature off, is active, and is undone to what was', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', { enabled: true, percentage: 40 }, byAda);
  const down = await store.rollback('memoryPanel', byAda);
  expect(down).toMatchObject({ revision: 2, feature: { enabled: false, percentage: 40 } });
  const { rollbacks } = await store.readState();
  expect(rollbacks).toMatchObject([
    {
      id: down.rollbackId,
      feature: 'memoryPanel',
      actor: 'ada',
      source: 'api',
      reason: 'a test',
      fromPercentage: 40,
      revision: 2,
    },
  ]);
  const up = await store.undoRollback(down.rollbackId ?? 0, null, { ...byAda, actor: 'bob', reason: 'fixed' });
  expect(up).toMatchObject({ revision: 3, feature: { enabled: true, percentage: 40 } });
  expect((await store.readState()).rollbacks).toEqual([]);
  expect(await store.readRollbacks({ limit: 5 })).toMatchObject([{ endedBy: 'bob', endedReason: 'fixed' }]);
  await expect(store.undoRollback(down.rollbackId ?? 0, null, byAda)).rejects.toMatchObject({ code: 'conflict' });
  await expect(store.undoRollback(999, null, byAda)).rejects.toMatchObject({ code: 'not-found' });
});

test('a second rollback finds the first one, and one of a feature that was off leaves it off when undone', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', { percentage: 40 }, byAda);
  const first = await store.rollback('memoryPanel', byAda);
  const second = await store.rollback('memoryPanel', byAda);
  expect(second).toMatchObject({ rollbackId: first.rollbackId, revision: first.revision });
  const { feature } = await store.undoRollback(first.rollbackId ?? 0, null, byAda);
  expect(feature?.enabled).toBe(false);
});

test('enabling a feature ends its rollback, disabling it opens one', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', { enabled: true }, byAda);
  const off = await store.changeFeature('memoryPanel', { enabled: false }, null, byAda);
  expect(off.rollbackId).not.toBeNull();
  expect((await store.readState()).rollbacks).toMatchObject([{ feature: 'memoryPanel', actor: 'ada', revision: 2 }]);
  await store.changeFeature('memoryPanel', { enabled: true }, null, byAda);
  expect((await store.readState()).rollbacks).toEqual([]);
});

test('an emergency leaves the flags alone and is not ended by enabling one', async () => {
  const { store } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  await store.createFeature('b', {}, byAda);
  const emergency = await store.emergencyRollback(byAda);
  expect(await store.emergencyRollback(byAda)).toMatchObject({
    rollbackId: emergency.rollbackId,
    revision: emergency.revision,
  });
  await store.changeFeature('b', { enabled: true }, null, byAda);
  const { rollbacks, features } = await store.readState();
  expect(rollbacks).toMatchObject([{ id: emergency.rollbackId, feature: null, revision: 3 }]);
  expect(features.get('a')?.enabled).toBe(true);
});

test('undoing an emergency brings back what is listed and turns the rest off', async () => {
  const { store } = opened;
  for (const key of ['a', 'b', 'c']) await store.createFeature(key, { enabled: true }, byAda);
  await store.rollback('c', byAda);
  const { rollbackId } = await store.emergencyRollback(byAda);
  const id = rollbackId ?? 0;
  await expect(store.undoRollback(id, ['a', 'nope'], byAda)).rejects.toMatchObject({ code: 'not-found' });
  await expect(store.undoRollback(id, ['c'], byAda)).rejects.toMatchObject({ code: 'conflict', field: '/features' });
  expect((await store.readState()).rollbacks).toHaveLength(2);
  const { revision } = await store.undoRollback(id, ['a'], byAda);
  const state = await store.readState();
  expect([...state.features.values()].map(({ feature, enabled }) => [feature, enabled])).toEqual([
    ['a', true],
    ['b', false],
    ['c', false],
  ]);
  expect(state.rollbacks.map(({ feature }) => feature).sort()).toEqual(['b', 'c']);
  expect(state.revision).toBe(revision);
});

test('is not blocked by a row that an open transaction holds', async () => {
  const { store, connectionString } = opened;
  await store.createFeature('memoryPanel', { enabled: true }, byAda);
  for (const held of ['percentage = 50', 'enabled = false']) {
    const holder = new pg.Client({ connectionString });
    await holder.connect();
    await holder.query(`BEGIN; UPDATE feature_flags SET ${held} WHERE feature = 'memoryPanel'`);
    const elapsedMs = startStopwatch();
    const { rollbackId } = await store.rollback('memoryPanel', byAda);
    // It waits for 250 ms at most; the rest is for a machine that is busy.
    expect(elapsedMs()).toBeLessThan(4_000);
    const state = await store.readState();
    expect(state.features.get('memoryPanel')?.enabled).toBe(true);
    expect(state.rollbacks).toMatchObject([{ id: rollbackId, feature: 'memoryPanel' }]);
    await holder.query('COMMIT');
    await holder.end();
    expect((await store.readState()).rollbacks).toMatchObject([{ id: rollbackId }]);
    await store.changeFeature('memoryPanel', { enabled: true }, null, byAda);
    expect((await store.readState()).rollbacks).toEqual([]);
  }
});

test('a kill survives an enabling transaction that was open when it came', async () => {
  const { store, connectionString } = opened;
  await store.createFeature('memoryPanel', {}, byAda);
  const holder = new pg.Client({ connectionString });
  await holder.connect();
  await holder.query("BEGIN; UPDATE feature_flags SET enabled = true WHERE feature = 'memoryPanel'");
  await store.rollback('memoryPanel', byAda);
  await holder.query('COMMIT');
  await holder.end();
  expect((await store.readState()).rollbacks).toMatchObject([{ feature: 'memoryPanel', actor: 'ada' }]);
});
