// Comes in: stages that somebody wrote down. Goes out: a plan, phase by phase, by which a feature's percentage rises. Who calls: routes, the scheduler, the CLI.
import { assertNever } from '../../error.js';
import type { GateAnswer, GateSetting } from './gateAnswer.js';

/** What a plan may hold. */
export const planCaps = { stages: 20, gatesPerStage: 10, holdMinutes: 525_600 };

/** One step of a plan: a share of users, for how long at least, and what has to be fine before the next one. */
export interface PlanStage {
  /** 0–100 in steps of 0.01. */
  readonly percentage: number;
  /** Minutes, 0 or more. */
  readonly holdMinutes: number;
  readonly gates: readonly GateSetting[];
}

/** Why a plan stands still: somebody paused it, a rollback, a percentage set by hand, or a feature that is off or gone. */
export type PauseCause = 'person' | 'rollback' | 'percentage' | 'feature';

/** A plan that was started; times are ISO 8601, by the database's clock. */
interface InStage {
  /** From 1. */
  readonly stage: number;
  readonly startedAt: string;
  readonly stageBeganAt: string;
  /** ms that count towards the hold of this stage; time on pause does not. */
  readonly heldMs: number;
}

/** A plan that moves on when its hold is over and its gates say so. */
export interface RunningPhase extends InStage {
  readonly status: 'running';
  /** Since when it runs without a pause. */
  readonly runningSince: string;
  /** When the hold of this stage is over, if nothing comes between. */
  readonly heldUntil: string;
  /** What the gates of this stage said last. */
  readonly gates: readonly GateAnswer[];
}

/** A plan that stands still, and why. */
interface PausedPhase extends InStage {
  readonly status: 'paused';
  readonly cause: PauseCause;
}

/** A plan that reached its last stage, or whose feature was rolled back. */
interface EndedPhase {
  readonly status: 'completed' | 'rolledBack';
  readonly stage: number;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** A plan that somebody ended before its last stage. */
interface CancelledPhase {
  readonly status: 'cancelled';
  /** Null when it was never started. */
  readonly stage: number | null;
  readonly startedAt: string | null;
  readonly endedAt: string;
}

/** How far a plan is. */
export type PlanPhase = { readonly status: 'draft' } | RunningPhase | PausedPhase | EndedPhase | CancelledPhase;

/** The name of a plan's phase. */
export type PlanStatus = PlanPhase['status'];

/** What a plan says in every phase; times are ISO 8601. */
interface PlanBase {
  readonly id: number;
  readonly feature: string;
  readonly stages: readonly PlanStage[];
  readonly createdAt: string;
  readonly createdBy: string;
  /** Who brought it into this phase, when and why. */
  readonly actor: string;
  readonly changedAt: string;
  readonly reason: string | null;
}

/** A plan as stored, and as the API shows it. */
export type StoredPlan = PlanBase & PlanPhase;

/** A plan that moves on by itself. */
export type RunningPlan = PlanBase & RunningPhase;

/** Whether a plan is over: its feature may have another one. */
export function isEnded(status: PlanStatus): boolean {
  switch (status) {
    case 'draft':
    case 'running':
    case 'paused':
      return false;
    case 'completed':
    case 'rolledBack':
    case 'cancelled':
      return true;
    default:
      return assertNever(status);
  }
}

/** @throws TypeError when a plan has no such stage, which the database rules out */
export function stageOf({ id, stages }: Pick<PlanBase, 'id' | 'stages'>, stage: number): PlanStage {
  const found = stages[stage - 1];
  if (found === undefined) throw new TypeError(`[switchback] plan ${id} has no stage ${stage}`);
  return found;
}
