import pg from 'pg';
import { expect, test } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import type { PlanGate } from '../../../src/service/plans/planGate.js';
import { byAda, openStore } from '../store/openStore.js';
import { briefly, holdClock, judgeOf, stagesOf } from './openPlans.js';

const opened = openStore();
const judge = judgeOf();
const harm: PlanGate = {
  kind: 'harm',
  needsTotals: true,
  check: () => null,
  evaluate: (_plan, _stage, totals) => ({
    outcome: 'revert',
    reason: `${totals.length} totals`,
    verdict: 'critical',
  }),
};

/** A feature at 0 % and a plan of it that runs. */
async function running(percentages = [1, 10, 100], holdMinutes = 60) {
  const { store } = opened;
  const clock = await holdClock(opened);
  await store.createFeature('memoryPanel', {}, byAda);
  const { id } = await store.plans.create('memoryPanel', stagesOf(percentages, holdMinutes), byAda);
  await store.plans.start(id, byAda);
  const now = async () => {
    const [plan, state] = [await store.plans.read(id), await store.readState()];
    const { enabled, percentage } = state.features.get('memoryPanel')!;
    return [briefly(plan), enabled, percentage, state.stages?.get('memoryPanel')];
  };
  return { store, plans: store.plans, clock, id, now };
}

test('a plan rises stage by stage, each held for its time, and completes', async () => {
  const { plans, clock, id, now } = await running();
  expect(await now()).toEqual(['running 1', true, 1, `p${id}-s1`]);
  await clock.move(59);
  expect(await plans.tick(judge)).toMatchObject([{ id, step: { kind: 'hold', reason: 'held 59 of 60 min' } }]);
  expect(await now()).toEqual(['running 1', true, 1, `p${id}-s1`]);
  await clock.move(1);
  expect(await plans.tick(judge)).toMatchObject([{ step: { kind: 'advance', stage: 2, percentage: 10 } }]);
  expect(await now()).toEqual(['running 2', true, 10, `p${id}-s2`]);
  expect(await plans.tick(judge)).toMatchObject([{ step: { kind: 'hold' } }]);
  await clock.move(60);
  await plans.tick(judge);
  await clock.move(60);
  expect(await plans.tick(judge)).toMatchObject([{ step: { kind: 'complete' } }]);
  expect(await now()).toEqual(['completed 3', true, 100, undefined]);
  expect(await plans.tick(judge)).toEqual([]);
});

test('a plan that is overdue for days goes one stage a tick, and holds each', async () => {
  const { plans, clock, now } = await running();
  await clock.move(5 * 1_440);
  await plans.tick(judge);
  await plans.tick(judge);
  expect((await now())[0]).toBe('running 2');
});

test('a clock that was set back begins the hold anew and does not stop the plan', async () => {
  const { plans, clock, now } = await running();
  await clock.move(50);
  await clock.move(-1_000);
  await plans.tick(judge);
  await clock.move(59);
  await plans.tick(judge);
  expect((await now())[0]).toBe('running 1');
  await clock.move(1);
  await plans.tick(judge);
  expect((await now())[0]).toBe('running 2');
});

test('a tick that moves nothing writes nothing, and what the gates say is shown', async () => {
  const { plans, clock, id } = await running([1, 100], 60);
  await clock.move(30);
  await plans.tick(judge);
  expect(await plans.read(id)).toMatchObject({ heldMs: 30 * 60_000, gates: [{ kind: 'time', outcome: 'pass' }] });
  const versionOf = async () =>
    await opened.sql(
      'SELECT xmin::text, xmax::text FROM plans UNION ALL SELECT xmin::text, xmax::text FROM feature_flags',
    );
  const before = await versionOf();
  await clock.move(29);
  await plans.tick(judge);
  expect(await versionOf()).toEqual(before);
});

test('time on pause does not count, time before it does', async () => {
  const { plans, clock, id, now } = await running();
  await clock.move(40);
  expect(briefly((await plans.pause(id, byAda)).plan)).toBe('paused 1 person');
  await clock.move(500);
  expect(await plans.tick(judge)).toEqual([]);
  expect((await plans.pause(id, byAda)).plan).toMatchObject({ heldMs: 40 * 60_000 });
  await plans.resume(id, byAda);
  await clock.move(19);
  await plans.tick(judge);
  expect((await now())[0]).toBe('running 1');
  await clock.move(1);
  await plans.tick(judge);
  expect((await now())[0]).toBe('running 2');
});

test.each<[string, (id: number) => Promise<unknown>]>([
  ['the API', () => opened.store.rollback('memoryPanel', byAda)],
  ['an emergency', () => opened.store.emergencyRollback(byAda)],
  ['psql', () => opened.sql(`UPDATE feature_flags SET enabled = false`)],
  ['an emergency in psql', () => opened.sql('INSERT INTO rollbacks DEFAULT VALUES')],
  ['psql with triggers off', () => withTriggersOff(`UPDATE feature_flags SET enabled = false`)],
  [
    'a rollback in psql with triggers off',
    () => withTriggersOff(`INSERT INTO rollbacks (feature) VALUES ('memoryPanel')`),
  ],
])('a rollback by %s pauses the plan, and its stage is held again from the beginning', async (road, roll) => {
  const { store, plans, clock, id, now } = await running();
  await clock.move(60);
  await roll(id);
  if (road.includes('triggers off')) await plans.tick(judge);
  const cause = road === 'psql with triggers off' ? 'feature' : 'rollback';
  expect((await now())[0]).toBe(`paused 1 ${cause}`);
  await plans.tick(judge);
  expect((await now())[2]).toBe(1);
  if (cause === 'rollback') {
    await expect(plans.resume(id, byAda)).rejects.toMatchObject({ code: 'conflict', message: /undo it first/ });
    const [active] = (await store.readState()).rollbacks;
    await store.undoRollback(active!.id, ['memoryPanel'], byAda);
  }
  await plans.resume(id, byAda);
  await clock.move(59);
  await plans.tick(judge);
  expect((await now()).slice(0, 3)).toEqual(['running 1', true, 1]);
  await clock.move(1);
  await plans.tick(judge);
  expect((await now())[0]).toBe('running 2');
});

const withTriggersOff = (text: string) =>
  opened.sql(`DO $$ BEGIN SET LOCAL session_replication_role = replica; ${text}; END $$`);

test('a rollback that was undone before the plan noticed pauses it all the same', async () => {
  const { plans, clock, now } = await running();
  await clock.move(60);
  await withTriggersOff(`INSERT INTO rollbacks (feature, ended_at) VALUES ('memoryPanel', clock_timestamp())`);
  await plans.tick(judge);
  expect((await now())[0]).toBe('paused 1 rollback');
});

test('the pause is in the transaction of the rollback', async () => {
  const { now } = await running();
  const client = new pg.Client({ connectionString: opened.connectionString });
  await client.connect();
  await client.query(`BEGIN; UPDATE feature_flags SET enabled = false`);
  expect((await now())[0]).toBe('running 1');
  await client.query('COMMIT');
  expect((await now())[0]).toBe('paused 1 rollback');
  await client.end();
});

test('a rollback waits for no plan that somebody holds, and the tick finds it', async () => {
  const { store, plans, clock, id, now } = await running();
  const client = new pg.Client({ connectionString: opened.connectionString });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM plans WHERE id = $1 FOR UPDATE', [id]);
  await store.rollback('memoryPanel', byAda);
  await clock.move(60);
  expect(await plans.tick(judge)).toEqual([]);
  await client.query('ROLLBACK');
  await client.end();
  await plans.tick(judge);
  expect((await now()).slice(0, 3)).toEqual(['paused 1 rollback', false, 1]);
});

test('a feature that somebody holds in psql is no fault: the next tick goes on', async () => {
  const { plans, clock, now } = await running();
  const client = new pg.Client({ connectionString: opened.connectionString });
  await client.connect();
  await client.query(`BEGIN; UPDATE feature_flags SET owner = 'x'`);
  await clock.move(60);
  expect(await plans.tick(judge)).toEqual([]);
  await client.query('COMMIT');
  await client.end();
  await plans.tick(judge);
  expect((await now())[0]).toBe('running 2');
});

test('by hand more is refused while the plan runs, and less pauses it', async () => {
  const { store, plans, id, now } = await running([10, 50], 60);
  await expect(store.changeFeature('memoryPanel', { percentage: 20 }, null, byAda)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(`pause it first (POST /api/plans/${id}/pause)`),
  });
  await expect(opened.sql('UPDATE feature_flags SET percentage = 20')).rejects.toThrow(/pause it first/);
  await store.changeFeature('memoryPanel', { percentage: 5, owner: 'web' }, null, { ...byAda, reason: null });
  expect(await now()).toEqual(['paused 1 percentage', true, 5, undefined]);
  await store.changeFeature('memoryPanel', { percentage: 20 }, null, byAda);
  await expect(plans.resume(id, byAda)).rejects.toMatchObject({ code: 'conflict', message: /is at 20 %/ });
  await store.changeFeature('memoryPanel', { percentage: 9 }, null, byAda);
  await plans.resume(id, byAda);
  expect(await now()).toEqual(['running 1', true, 10, `p${id}-s1`]);
});

test('a percentage changed behind the plan pauses it at the next tick', async () => {
  const { plans, clock, now } = await running();
  await withTriggersOff('UPDATE feature_flags SET percentage = 50');
  await clock.move(60);
  await plans.tick(judge);
  expect(await now()).toEqual(['paused 1 percentage', true, 50, undefined]);
});

test('one feature has one plan that has not ended', async () => {
  const { plans, store, id } = await running();
  const again = () => plans.create('memoryPanel', stagesOf([100], 0), byAda);
  await expect(again()).rejects.toMatchObject({ code: 'conflict', message: /has a plan already/ });
  await plans.cancel(id, byAda);
  const next = await again();
  await store.changeFeature('memoryPanel', { percentage: 30 }, null, byAda);
  expect(await plans.list({ feature: 'memoryPanel', limit: 10 })).toMatchObject([
    { id: next.id, status: 'draft' },
    { id, status: 'cancelled', stage: 1 },
  ]);
  expect(await plans.list({ feature: 'other', limit: 10 })).toEqual([]);
});

test('a plan starts where nobody loses v2, and not under a rollback', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', { enabled: true, percentage: 30 }, byAda);
  const { id } = await store.plans.create('memoryPanel', stagesOf([10, 100], 0), byAda);
  await expect(store.plans.start(id, byAda)).rejects.toMatchObject({ code: 'conflict', message: /is at 30 %/ });
  await store.changeFeature('memoryPanel', { percentage: 10 }, null, byAda);
  const { rollbackId } = await store.emergencyRollback(byAda);
  await expect(store.plans.start(id, byAda)).rejects.toMatchObject({
    message: expect.stringContaining(`/api/rollbacks/${rollbackId}/undo`),
  });
  expect(briefly(await store.plans.read(id))).toBe('draft');
});

test('promoting goes to the next stage at once and ends after the last; other phases refuse', async () => {
  const { plans, id, now } = await running([10, 100]);
  expect(briefly((await plans.promote(id, judge, byAda)).plan)).toBe('running 2');
  expect((await now())[2]).toBe(100);
  expect(briefly((await plans.promote(id, judge, byAda)).plan)).toBe('completed 2');
  await expect(plans.promote(id, judge, byAda)).rejects.toMatchObject({ code: 'conflict', message: /is completed/ });
  for (const move of ['start', 'pause', 'resume', 'cancel'] as const)
    await expect(plans[move](id, byAda)).rejects.toMatchObject({ code: 'conflict' });
  await expect(plans.read(999)).rejects.toMatchObject({ code: 'not-found' });
  await expect(plans.start(1e18, byAda)).rejects.toMatchObject({ code: 'not-found' });
});

test('every move is audited with who and why, the plan itself as actor', async () => {
  const { store, plans, clock, id } = await running([10, 100], 60);
  await clock.move(60);
  await plans.tick(judge);
  await store.rollback('memoryPanel', { ...byAda, reason: 'it flickers' });
  const entries = [...(await store.readAudit({ limit: 20 }))].reverse();
  expect(entries.map(({ action, actor, source, reason }) => [action, actor, source, reason])).toEqual([
    ['create', 'ada', 'api', 'a test'],
    ['plan-created', 'ada', 'api', 'a test'],
    ['plan-started', 'ada', 'api', 'a test'],
    ['enable', 'ada', 'api', 'a test'],
    ['plan-promoted', `plan ${id}`, 'plan', 'held 60 min; every gate passes'],
    ['change', `plan ${id}`, 'plan', 'held 60 min; every gate passes'],
    ['rollback', 'ada', 'api', 'it flickers'],
    ['plan-paused', 'ada', 'api', expect.stringMatching(/^rollback \d+: it flickers$/)],
    ['disable', 'ada', 'api', 'it flickers'],
  ]);
  expect(entries[4]).toMatchObject({ before: { stage: 1 }, after: { stage: 2 } });
});

test('a plan that starts does not end a rollback that came a moment before', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', {}, byAda);
  const { id } = await store.plans.create('memoryPanel', stagesOf([10, 100], 0), byAda);
  await opened.sql(`CREATE FUNCTION roll_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO rollbacks (feature) VALUES (NEW.feature); RETURN NEW; END $$`);
  await opened.sql(
    'CREATE TRIGGER a_moment_before BEFORE UPDATE ON feature_flags FOR EACH ROW EXECUTE FUNCTION roll_back()',
  );
  await expect(store.plans.start(id, byAda)).rejects.toMatchObject({ code: 'conflict', message: /undo it first/ });
  await opened.sql('DROP TRIGGER a_moment_before ON feature_flags');
  await store.plans.start(id, byAda);
});

test('a revert waits for nobody who holds the feature', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', {}, byAda);
  const { id } = await store.plans.create('memoryPanel', stagesOf([10, 100], 60, [{ kind: 'harm' }]), byAda);
  await store.plans.start(id, byAda);
  const client = new pg.Client({ connectionString: opened.connectionString });
  await client.connect();
  await client.query(`BEGIN; UPDATE feature_flags SET owner = 'x'`);
  await store.plans.tick(judgeOf([harm]));
  expect((await store.readState()).rollbacks).toMatchObject([{ feature: 'memoryPanel', source: 'guard' }]);
  expect(briefly(await store.plans.read(id))).toBe('rolledBack 1');
  await client.query('ROLLBACK');
  await client.end();
});

test('a revert of a gate is a rollback by the guard and the end of the plan', async () => {
  const { store } = opened;
  await store.createFeature('memoryPanel', {}, byAda);
  const { id } = await store.plans.create('memoryPanel', stagesOf([10, 100], 60, [{ kind: 'harm' }]), byAda);
  await store.plans.start(id, byAda);
  const harmful = judgeOf([harm]);
  await expect(store.plans.promote(id, harmful, byAda)).rejects.toMatchObject({ message: /gate harm: 4 totals/ });
  await store.plans.tick(harmful);
  expect(briefly(await store.plans.read(id))).toBe('rolledBack 1');
  const { rollbacks, features } = await store.readState();
  expect(rollbacks).toMatchObject([
    { source: 'guard', actor: `plan ${id}`, reason: `plan ${id}: gate harm: 4 totals` },
  ]);
  expect(features.get('memoryPanel')).toMatchObject({ enabled: false, percentage: 10 });
});

test('a database refuses what no plan does', async () => {
  const { id } = await running();
  for (const text of [
    'UPDATE plans SET stage = 3',
    `UPDATE plans SET stages = '[]'`,
    `UPDATE plans SET feature = 'other'`,
    `INSERT INTO plans (feature, stages) VALUES ('other', '[{"percentage":10,"holdMinutes":0,"gates":[]},{"percentage":5,"holdMinutes":0,"gates":[]}]')`,
    `INSERT INTO plans (feature, stages) VALUES ('other', '[{"percentage":10.001,"holdMinutes":0,"gates":[]}]')`,
    `INSERT INTO plans (feature, stages) VALUES ('other', '[{"percentage":"x","holdMinutes":0,"gates":[]}]')`,
    `INSERT INTO plans (feature, stages) VALUES ('other', '[]')`,
  ])
    await expect(opened.sql(text), text).rejects.toThrow(/plan_stages_rise|switchback:|invalid input syntax/);
  await opened.sql(`UPDATE plans SET status = 'paused'`);
  expect(briefly(await opened.store.plans.read(id))).toBe('paused 1 person');
  await opened.sql(`UPDATE plans SET status = 'cancelled'`);
  await expect(opened.sql(`UPDATE plans SET status = 'running', stage = 2`)).rejects.toThrow(/has ended/);
});

test('two schedulers promote a plan once', async () => {
  const { plans, clock, now } = await running([1, 2, 3, 4, 5, 6], 1);
  const other = await createPostgresStore({ connectionString: opened.connectionString });
  for (let stage = 2; stage <= 6; stage += 1) {
    await clock.move(100);
    await Promise.all([plans.tick(judge), other.plans.tick(judge), plans.tick(judge), other.plans.tick(judge)]);
    expect((await now())[0]).toBe(`running ${stage}`);
  }
  await other.close();
});
