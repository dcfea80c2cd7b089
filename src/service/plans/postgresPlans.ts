// Comes in: what people and the scheduler want of plans. Goes out: plans, moved in the same transaction as their feature. Who calls: the PostgreSQL store.
import type { OnInternalFault } from '../../error.js';
import type { Database, Queryable } from '../database.js';
import { sqlStateOf } from '../databaseError.js';
import { finishChange, readFeature } from '../featureChange.js';
import { StoreError, type ChangeOrigin } from '../store.js';
import { obstacleOf, stepOn } from './nextStep.js';
import { isEnded, stageOf, type PlanStatus, type StoredPlan } from './plan.js';
import { readSurroundings, refuseLess, refuseRollback, setShare } from './planMoves.js';
import { lockPlan, readPlan, readPlans, type LockedPlan } from './planRows.js';
import type { PlanChange, PlanStore } from './planStore.js';
import { judgePlan, take, tickPlans } from './planTick.js';

/** Keeps plans in PostgreSQL. */
export function createPostgresPlans(database: Database, onInternalFault: OnInternalFault): PlanStore {
  const change = (
    id: number,
    origin: ChangeOrigin,
    work: (tx: Queryable, locked: LockedPlan) => Promise<void>,
  ): Promise<PlanChange> =>
    database.transaction(origin, async (tx) => {
      const locked = await lockPlan(tx, id, 'wait');
      if (locked === null) throw new StoreError('not-found', `there is no plan ${id}`);
      await work(tx, locked);
      const result = await finishChange(tx, locked.plan.feature, null);
      return { ...result, plan: await readPlan(tx, id) };
    });

  return {
    list: ({ feature, limit }) =>
      readPlans(database, '($1::text IS NULL OR feature = $1) ORDER BY id DESC LIMIT $2', [feature ?? null, limit]),

    read: (id) => readPlan(database, id),

    create: (feature, stages, origin) =>
      database.transaction(origin, async (tx) => {
        await readFeature(tx, feature);
        const [row] = await tx
          .query<{ id: number }>(
            'INSERT INTO plans (feature, stages) VALUES ($1, $2::jsonb) RETURNING id::float8 AS id',
            [feature, JSON.stringify(stages)],
          )
          .catch((error: unknown) => {
            if (sqlStateOf(error) !== '23505') throw error;
            throw new StoreError(
              'conflict',
              `${feature} has a plan already: end it first (plan cancel), or go on with it`,
              {
                field: '/feature',
                cause: error,
              },
            );
          });
        if (row === undefined) throw new StoreError('unavailable', 'the plan was not stored');
        return readPlan(tx, row.id);
      }),

    start: (id, origin) =>
      change(id, origin, async (tx, { plan }) => {
        expectStatus(plan, 'start', ['draft']);
        await letRun(tx, plan, 1);
      }),

    pause: (id, origin) =>
      change(id, origin, async (tx, { plan }) => {
        // Asked twice, or just paused by something else: it stands still, which is what was wanted.
        if (plan.status === 'paused') return;
        expectStatus(plan, 'pause', ['running']);
        await tx.query(`UPDATE plans SET status = 'paused', cause = 'person' WHERE id = $1`, [id]);
      }),

    resume: (id, origin) =>
      change(id, origin, async (tx, { plan }) => {
        expectStatus(plan, 'resume', ['paused']);
        if (plan.status === 'paused') await letRun(tx, plan, plan.stage);
      }),

    async promote(id, judge, origin) {
      const seen = await readPlan(database, id);
      const judgement = seen.status === 'running' ? await judgePlan(database, seen, judge, onInternalFault) : null;
      return change(id, origin, async (tx, locked) => {
        const { plan } = locked;
        expectStatus(plan, 'promote', ['running']);
        if (plan.status !== 'running') return;
        if (seen.status !== 'running' || seen.stage !== plan.stage)
          throw new StoreError('conflict', `plan ${id} has just moved to stage ${plan.stage}: look again`);
        if (judgement?.outcome === 'revert')
          throw new StoreError('conflict', `plan ${id} is not promoted: ${judgement.reason}`);
        const obstacle = obstacleOf(plan, await readSurroundings(tx, locked));
        if (obstacle !== null) throw new StoreError('conflict', `plan ${id} cannot go on: ${obstacle.reason}`);
        await take(tx, plan, stepOn(plan, ''));
      });
    },

    cancel: (id, origin) =>
      change(id, origin, async (tx, { plan }) => {
        expectStatus(plan, 'cancel', ['draft', 'running', 'paused']);
        await tx.query(`UPDATE plans SET status = 'cancelled' WHERE id = $1`, [id]);
      }),

    noteRollback: (id, origin) =>
      database.transaction(origin, async (tx) => {
        const locked = await lockPlan(tx, id, 'wait');
        if (locked === null) throw new StoreError('not-found', `there is no plan ${id}`);
        if (locked.plan.status !== 'running' && locked.plan.status !== 'paused') return locked.plan;
        await tx.query(`UPDATE plans SET status = 'rolledBack' WHERE id = $1`, [id]);
        return readPlan(tx, id);
      }),

    tick: (judge) => tickPlans(database, judge, onInternalFault),
  };
}

/** Runs a plan at a stage: the feature is on at the stage's percentage from now on, and nobody loses v2 by that. */
async function letRun(tx: Queryable, plan: StoredPlan, stage: number): Promise<void> {
  const feature = await readFeature(tx, plan.feature, 'FOR NO KEY UPDATE');
  await refuseRollback(tx, plan.feature);
  const { percentage } = stageOf(plan, stage);
  refuseLess(feature, percentage);
  await tx.query(`UPDATE plans SET status = 'running', stage = $2 WHERE id = $1`, [plan.id, stage]);
  await setShare(tx, plan, percentage);
  // Turning a feature on ends its rollback: one that came a moment ago must not be lost by that.
  await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
  await refuseRollback(tx, plan.feature);
}

function expectStatus({ id, status }: StoredPlan, what: string, wanted: readonly PlanStatus[]): void {
  if (wanted.includes(status)) return;
  const hint = isEnded(status)
    ? 'it has ended, make a new one'
    : status === 'draft'
      ? 'start it first'
      : status === 'paused'
        ? 'resume it first'
        : 'it runs already';
  throw new StoreError('conflict', `plan ${id} is ${status}, ${what} is not possible: ${hint}`);
}
