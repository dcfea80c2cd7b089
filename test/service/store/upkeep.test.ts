import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { publish } from '../../../src/service/http/publish.js';
import { migrate } from '../../../src/service/migrate.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { stagesOf } from '../plans/openPlans.js';
import { byAda, openStore } from './openStore.js';

const opened = openStore();

/** A transaction of somebody in psql that stays open. */
async function openTransaction(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: opened.connectionString });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN');
  return client;
}

const settled = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: unknown) => (error as { code: string }).code,
  );

test('a plan that is created while its feature is being retired is refused once that is done', async () => {
  const { store } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const retiring = await openTransaction();
  await retiring.query(`UPDATE feature_flags SET retired_at = now() WHERE feature = 'a'`);
  const creating = settled(store.plans.create('a', stagesOf([10, 100], 60), byAda));
  const typed = settled(
    opened.sql(`INSERT INTO plans (feature, stages)
      VALUES ('a', '[{"percentage":10,"holdMinutes":60,"gates":[{"kind":"time"}]}]')`),
  );
  await vi.waitFor(
    async () =>
      expect(
        await opened.sql(`SELECT count(*)::int AS waiting FROM pg_stat_activity
          WHERE wait_event_type = 'Lock' AND datname = current_database()`),
      ).toEqual([{ waiting: 2 }]),
    { timeout: 5_000 },
  );
  await retiring.query('COMMIT');
  expect(await creating).toBe('conflict');
  expect(await typed).toBe('55006');
  expect(await store.plans.list({ limit: 10 })).toEqual([]);
});

test('a feature that gets a plan while it is being retired stays', async () => {
  const { store } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const planning = await openTransaction();
  await planning.query(`INSERT INTO plans (feature, stages)
    VALUES ('a', '[{"percentage":10,"holdMinutes":60,"gates":[{"kind":"time"}]}]')`);
  const retiring = settled(store.retireFeature('a', byAda));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await planning.query('COMMIT');
  expect(await retiring).toBe('conflict');
  expect((await store.readState()).features.has('a')).toBe(true);
});

test('of a plan and a retirement at once one goes through, never both', async () => {
  const { store } = opened;
  for (let round = 0; round < 15; round += 1) {
    const feature = `f${round}`;
    await store.createFeature(feature, { enabled: true }, byAda);
    const outcomes = await Promise.all([
      settled(store.plans.create(feature, stagesOf([10, 100], 60), byAda)),
      settled(store.retireFeature(feature, byAda)),
    ]);
    expect(outcomes.filter((one) => one === 'done')).toHaveLength(1);
  }
});

test('a rollback does not wait for a plan that somebody is typing', async () => {
  const { store } = opened;
  await store.createFeature('a', { enabled: true, percentage: 100 }, byAda);
  const planning = await openTransaction();
  await planning.query(`INSERT INTO plans (feature, stages)
    VALUES ('a', '[{"percentage":10,"holdMinutes":60,"gates":[{"kind":"time"}]}]')`);
  const elapsedMs = startStopwatch();
  await store.rollback('a', byAda);
  // It waits for 250 ms at most; the rest is for a machine that is busy.
  expect(elapsedMs()).toBeLessThan(4_000);
  expect(publish(await store.readState()).kills).toEqual(['a']);
});

test('a feature that was retired while it was rolled back is no kill any more, and one again when it is restored', async () => {
  const { store } = opened;
  await store.createFeature('a', { enabled: true, percentage: 100 }, byAda);
  await store.rollback('a', byAda);
  await store.rollback('notYetThere', byAda).catch(() => {});
  await opened.sql(`INSERT INTO rollbacks (feature) VALUES ('notYetThere')`);
  expect(publish(await store.readState()).kills).toEqual(['a', 'notYetThere']);
  await store.retireFeature('a', byAda);
  const retired = publish(await store.readState());
  expect([retired.kills, [...retired.features.keys()]]).toEqual([['notYetThere'], []]);
  await store.restoreFeature('a', byAda);
  const restored = publish(await store.readState());
  expect(restored.kills).toEqual(['a', 'notYetThere']);
  expect(JSON.parse(restored.body)).toMatchObject({ features: { a: { enabled: false, rolledBack: true } } });
});

test('finds a plan that was changed with the triggers off', async () => {
  const { store, connectionString, sql } = opened;
  await store.createFeature('a', { enabled: true, percentage: 10 }, byAda);
  const { id } = await store.plans.create('a', stagesOf([10, 100], 60), byAda);
  await store.plans.start(id, byAda);
  const before = await store.readState();
  expect(before.stages?.get('a')).toBe(`p${id}-s1`);
  const other = await createPostgresStore({ connectionString, pollMs: 50, digestMs: 50 });
  onTestFinished(() => other.close());
  const onHealth = vi.fn<(isHealthy: boolean) => void>();
  onTestFinished(other.watch(() => {}, onHealth));
  // The first look at the content is what the next ones are compared with; without it nothing is healthy.
  await vi.waitFor(() => expect(onHealth).toHaveBeenCalledWith(true, undefined));
  await sql(
    `SET session_replication_role = replica; UPDATE plans SET status = 'cancelled', running_since = NULL, cause = NULL, ended_at = now() WHERE id = ${id}`,
  );
  await vi.waitFor(async () => expect((await store.readState()).revision).toBe(before.revision + 1));
  expect((await store.readAudit({ limit: 1 }))[0]).toMatchObject({ action: 'change-without-triggers' });
  expect((await store.readState()).stages?.get('a')).toBeUndefined();
});

test('an upgrade is a revision, and no change made with the triggers off', async () => {
  const { store, connectionString, sql } = opened;
  await store.createFeature('a', { enabled: true }, byAda);
  const running = await createPostgresStore({ connectionString, pollMs: 20, digestMs: 20 });
  onTestFinished(() => running.close());
  onTestFinished(
    running.watch(
      () => {},
      () => {},
    ),
  );
  // As it was before this step; what reads meanwhile may stand in its way.
  const undo = () =>
    sql(`BEGIN; DROP TRIGGER check_feature ON plans; DROP FUNCTION switchback_check_plan_feature();
    DROP FUNCTION switchback_acknowledge_epoch(); ALTER TABLE switchback_state DROP COLUMN acknowledged_epoch;
    ALTER TABLE replicas DROP COLUMN ofrep_streams; DELETE FROM switchback_migrations WHERE version >= 9; COMMIT`);
  await vi.waitFor(undo, { timeout: 20_000, interval: 100 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await migrate({ connectionString });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { revision, epoch, acknowledgedEpoch } = await running.readState();
  expect([revision, acknowledgedEpoch]).toEqual([2, epoch]);
  expect((await running.readAudit({ limit: 10 })).map(({ action }) => action)).toEqual(['create']);
});
