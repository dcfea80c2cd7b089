import { assertNever } from '../../error.js';
import type { Queryable } from '../database.js';
import { StoreError } from '../store.js';
import type { GateAnswer } from './gateAnswer.js';
import {
  stageOf,
  type PauseCause,
  type PlanPhase,
  type PlanStage,
  type PlanStatus,
  type RunningPlan,
  type StoredPlan,
} from './plan.js';

/** A row of `plans` as `to_jsonb` gives it. */
interface PlanRow {
  readonly id: number;
  readonly feature: string;
  readonly stages: readonly PlanStage[];
  readonly status: PlanStatus;
  readonly stage: number | null;
  readonly cause: PauseCause | null;
  readonly created_at: string;
  readonly created_by: string;
  readonly started_at: string | null;
  readonly stage_began_at: string | null;
  readonly running_since: string | null;
  readonly held_ms: number;
  readonly ended_at: string | null;
  readonly changed_at: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly gates: readonly GateAnswer[];
  readonly after_rollback: number;
}

interface Read {
  readonly plan: PlanRow;
  readonly runMs: number | null;
}

const columns = `to_jsonb(plan) AS plan, floor(extract(epoch FROM switchback_clock() - running_since) * 1000)::float8 AS "runMs"`;

/** What only a transaction on the plan needs to know. */
export interface LockedPlan {
  readonly plan: StoredPlan;
  readonly afterRollback: number;
  /** The database's clock is behind the time at which the plan began to run. */
  readonly isClockBehind: boolean;
}

/** Reads plans, newest first. `where` is ours, never from outside. */
export async function readPlans(
  database: Queryable,
  where: string,
  values: readonly unknown[] = [],
): Promise<readonly StoredPlan[]> {
  const rows = await database.query<Read>(`SELECT ${columns} FROM plans AS plan WHERE ${where}`, values);
  return rows.map(toStoredPlan);
}

/** A running plan as a glance shows it; `isTroubled` when something may stand in its way, or the clock was set back. */
export interface GlancedPlan {
  readonly plan: RunningPlan;
  readonly isTroubled: boolean;
}

/** Reads the running plans in one statement, without locks. */
export async function glanceAtPlans(database: Queryable): Promise<readonly GlancedPlan[]> {
  const rows = await database.query<Read & { isCalm: boolean }>(
    `SELECT ${columns}, EXISTS (SELECT FROM feature_flags AS flag WHERE flag.feature = plan.feature AND enabled AND retired_at IS NULL
        AND percentage = (stages->(stage - 1)->>'percentage')::numeric)
      AND NOT EXISTS (SELECT FROM rollbacks AS kill WHERE (kill.feature = plan.feature OR kill.feature IS NULL)
        AND (kill.ended_at IS NULL OR kill.id > plan.after_rollback)) AS "isCalm"
      FROM plans AS plan WHERE status = 'running' ORDER BY id`,
  );
  return rows.flatMap((row) => {
    const plan = toStoredPlan(row);
    return plan.status === 'running' ? [{ plan, isTroubled: !row.isCalm || (row.runMs ?? 0) < 0 }] : [];
  });
}

/** @throws StoreError `not-found` */
export async function readPlan(database: Queryable, id: number): Promise<StoredPlan> {
  const [plan] = Number.isSafeInteger(id) ? await readPlans(database, 'id = $1', [id]) : [];
  if (plan === undefined) throw new StoreError('not-found', `there is no plan ${id}`);
  return plan;
}

/** Locks a plan for the rest of the transaction; null when it is not there, or locked and to be skipped. */
export async function lockPlan(tx: Queryable, id: number, ifLocked: 'wait' | 'skip'): Promise<LockedPlan | null> {
  const [row] = Number.isSafeInteger(id)
    ? await tx.query<Read>(
        `SELECT ${columns} FROM plans AS plan WHERE id = $1 FOR UPDATE ${ifLocked === 'skip' ? 'SKIP LOCKED' : ''}`,
        [id],
      )
    : [];
  if (row === undefined) return null;
  return {
    plan: toStoredPlan(row),
    afterRollback: row.plan.after_rollback,
    isClockBehind: row.runMs !== null && row.runMs < 0,
  };
}

const toTime = (at: string): string => new Date(at).toISOString();

function toStoredPlan({ plan, runMs }: Read): StoredPlan {
  const { id, feature, stages, actor, reason } = plan;
  const base = { id, feature, stages, actor, reason };
  return {
    ...base,
    createdAt: toTime(plan.created_at),
    createdBy: plan.created_by,
    changedAt: toTime(plan.changed_at),
    ...phaseOf(plan, Math.max(0, runMs ?? 0)),
  };
}

function phaseOf(row: PlanRow, runMs: number): PlanPhase {
  const { status } = row;
  const time = (at: string | null): string => toTime(at ?? row.changed_at);
  switch (status) {
    case 'draft':
      return { status };
    case 'running': {
      const stage = row.stage ?? 1;
      const leftMs = stageOf(row, stage).holdMinutes * 60_000 - row.held_ms;
      const runningSince = time(row.running_since);
      return {
        status,
        ...inStage(row, stage),
        heldMs: row.held_ms + runMs,
        runningSince,
        heldUntil: new Date(Date.parse(runningSince) + Math.max(0, leftMs)).toISOString(),
        gates: row.gates,
      };
    }
    case 'paused':
      return { status, ...inStage(row, row.stage ?? 1), heldMs: row.held_ms, cause: row.cause ?? 'person' };
    case 'completed':
    case 'rolledBack':
      return { status, stage: row.stage ?? 1, startedAt: time(row.started_at), endedAt: time(row.ended_at) };
    case 'cancelled': {
      const startedAt = row.started_at === null ? null : toTime(row.started_at);
      return { status, stage: row.stage, startedAt, endedAt: time(row.ended_at) };
    }
    default:
      return assertNever(status);
  }
}

const inStage = (row: PlanRow, stage: number) => ({
  stage,
  startedAt: toTime(row.started_at ?? row.changed_at),
  stageBeganAt: toTime(row.stage_began_at ?? row.changed_at),
});
