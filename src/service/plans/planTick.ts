import { assertNever, type OnInternalFault } from '../../error.js';
import type { Database, Queryable } from '../database.js';
import { sqlStateOf } from '../databaseError.js';
import { readTotals } from '../readTotals.js';
import { disableUnlessLocked } from '../rollbackChange.js';
import { StoreError, type ChangeOrigin, type StoredTotals } from '../store.js';
import type { GateAnswer } from './gateAnswer.js';
import type { Judge, StageJudgement } from './judgeStage.js';
import { nextStep, undisturbedStep, type PlanStep } from './nextStep.js';
import type { RunningPlan } from './plan.js';
import { because, readSurroundings, setShare } from './planMoves.js';
import { glanceAtPlans, lockPlan } from './planRows.js';
import type { TickedPlan } from './planStore.js';

const byPlan = (id: number): ChangeOrigin => ({ actor: `plan ${id}`, source: 'plan', reason: null, requestId: null });

/** Looks at every running plan once, each in a transaction of its own; one that fails leaves the others alone. */
export async function tickPlans(
  database: Database,
  judge: Judge,
  onInternalFault: OnInternalFault,
): Promise<readonly TickedPlan[]> {
  const ticked: TickedPlan[] = [];
  for (const { plan, isTroubled } of await glanceAtPlans(database)) {
    try {
      const judgement = await judgePlan(database, plan, judge, onInternalFault);
      const likely = undisturbedStep(plan, judgement);
      // Most ticks change nothing: they lock and write nothing either.
      const isQuiet = !isTroubled && likely.kind === 'hold' && areSame(plan.gates, judgement.answers);
      const step = isQuiet ? likely : await tickPlan(database, plan, judgement);
      if (step !== null) ticked.push({ id: plan.id, feature: plan.feature, step });
    } catch (error) {
      if (error instanceof StoreError && error.code === 'unavailable' && !isLocked(error)) throw error;
      // Somebody's open transaction holds the feature: the next tick tries again.
      if (!isLocked(error)) onInternalFault(`plan ${plan.id}`, error);
    }
  }
  return ticked;
}

/** Asks the gates before anything is locked: numbers take their time. */
export async function judgePlan(
  database: Queryable,
  plan: RunningPlan,
  judge: Judge,
  onInternalFault: OnInternalFault,
): Promise<StageJudgement> {
  let totals: readonly StoredTotals[] | null = [];
  if (judge.needsTotals(plan))
    try {
      const toMs = Date.parse(plan.runningSince) + plan.heldMs + 1;
      totals = await readTotals(database, plan.feature, Date.parse(plan.runningSince), toMs);
    } catch (error) {
      onInternalFault(`plan ${plan.id}`, error);
      totals = null;
    }
  return judge.judge(plan, totals);
}

function tickPlan(database: Database, seen: RunningPlan, judgement: StageJudgement): Promise<PlanStep | null> {
  return database.transaction(byPlan(seen.id), async (tx) => {
    await tx.query(`SET LOCAL lock_timeout = '500ms'`);
    const locked = await lockPlan(tx, seen.id, 'skip');
    const plan = locked?.plan;
    // Another replica was quicker, or somebody did something.
    if (locked === null || plan?.status !== 'running') return null;
    if (plan.stage !== seen.stage || plan.runningSince !== seen.runningSince) return null;
    // A clock that was set back would hold the stage until it has caught up: the time begins anew instead.
    if (locked.isClockBehind)
      await tx.query('UPDATE plans SET running_since = switchback_clock() WHERE id = $1', [plan.id]);
    // A revert waits for nobody who holds the feature.
    const step =
      judgement.outcome === 'revert'
        ? undisturbedStep(plan, judgement)
        : nextStep(plan, { ...(await readSurroundings(tx, locked)), judgement });
    await noteAnswers(tx, plan, judgement);
    if (step.kind !== 'hold')
      await because(tx, step.kind === 'revert' ? `plan ${plan.id}: ${step.reason}` : step.reason);
    await take(tx, plan, step);
    return step;
  });
}

async function noteAnswers(tx: Queryable, plan: RunningPlan, { answers }: StageJudgement): Promise<void> {
  await tx.query('UPDATE plans SET gates = $2::jsonb WHERE id = $1 AND gates <> $2::jsonb', [
    plan.id,
    JSON.stringify(answers),
  ]);
}

/** Does what was decided; the plan's row is locked. */
export async function take(tx: Queryable, plan: RunningPlan, step: PlanStep): Promise<void> {
  const { id, feature } = plan;
  switch (step.kind) {
    case 'hold':
      return;
    case 'pause':
      await tx.query(`UPDATE plans SET status = 'paused', cause = $2 WHERE id = $1`, [id, step.cause]);
      return;
    case 'advance':
      await tx.query('UPDATE plans SET stage = $2 WHERE id = $1', [id, step.stage]);
      await setShare(tx, plan, step.percentage);
      return;
    case 'complete':
      await tx.query(`UPDATE plans SET status = 'completed' WHERE id = $1`, [id]);
      return;
    case 'revert':
      await tx.query(`SELECT set_config('switchback.source', 'guard', true)`);
      // The plan first: its end is a rollback, not a pause.
      await tx.query(`UPDATE plans SET status = 'rolledBack' WHERE id = $1`, [id]);
      await tx.query(
        `INSERT INTO rollbacks (feature, from_enabled, from_percentage)
          SELECT feature, enabled, percentage FROM feature_flags WHERE feature = $1 ON CONFLICT DO NOTHING`,
        [feature],
      );
      await disableUnlessLocked(tx, feature);
      return;
    default:
      return assertNever(step);
  }
}

const areSame = (a: readonly GateAnswer[], b: readonly GateAnswer[]): boolean =>
  a.length === b.length &&
  a.every(({ kind, outcome, reason, verdict }, at) => {
    const other = b[at];
    return kind === other?.kind && outcome === other.outcome && reason === other.reason && verdict === other.verdict;
  });

const isLocked = (error: unknown): boolean => sqlStateOf(error instanceof StoreError ? error.cause : error) === '55P03';
