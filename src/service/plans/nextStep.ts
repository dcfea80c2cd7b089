import type { StoredFeature } from '../store.js';
import type { StageJudgement } from './judgeStage.js';
import { stageOf, type PauseCause, type RunningPlan } from './plan.js';

/** What becomes of a running plan now. */
export type PlanStep =
  | { readonly kind: 'hold'; readonly reason: string }
  | { readonly kind: 'pause'; readonly cause: PauseCause; readonly reason: string }
  | { readonly kind: 'revert'; readonly reason: string }
  | { readonly kind: 'advance'; readonly stage: number; readonly percentage: number; readonly reason: string }
  | { readonly kind: 'complete'; readonly reason: string };

/** What a plan is looked at with, read in the transaction that acts on it. */
export interface PlanSurroundings {
  /** Null: retired or deleted. */
  readonly feature: StoredFeature | null;
  /** One in force, or one that somebody undid before the plan noticed; `feature` null is the emergency. */
  readonly rollback: { readonly id: number; readonly feature: string | null; readonly reason?: string | null } | null;
  readonly judgement: StageJudgement;
}

/** Why a plan cannot go on as it is; null when nothing stands in its way. */
export function obstacleOf(
  plan: RunningPlan,
  { feature, rollback }: Pick<PlanSurroundings, 'feature' | 'rollback'>,
): { readonly cause: PauseCause; readonly reason: string } | null {
  if (rollback !== null) {
    const what = `${rollback.feature === null ? 'emergency rollback' : 'rollback'} ${rollback.id}`;
    return { cause: 'rollback', reason: rollback.reason ? `${what}: ${rollback.reason}` : what };
  }
  if (feature === null) return { cause: 'feature', reason: 'the feature is gone' };
  if (!feature.enabled) return { cause: 'feature', reason: 'the feature is off' };
  const { percentage } = stageOf(plan, plan.stage);
  if (!isSameShare(feature.percentage, percentage))
    return { cause: 'percentage', reason: `the feature is at ${feature.percentage} %, not at ${percentage} %` };
  return null;
}

/** Decides what a tick does: at most one stage, and never more v2 while anything stands in the way. */
export function nextStep(plan: RunningPlan, surroundings: PlanSurroundings): PlanStep {
  const { judgement } = surroundings;
  // Harm wins, whatever else is the matter.
  const obstacle = judgement.outcome === 'revert' ? null : obstacleOf(plan, surroundings);
  if (obstacle !== null) return { kind: 'pause', ...obstacle };
  return undisturbedStep(plan, judgement);
}

/** What a plan does while nothing stands in its way. */
export function undisturbedStep(plan: RunningPlan, judgement: StageJudgement): PlanStep {
  if (judgement.outcome === 'revert') return { kind: 'revert', reason: judgement.reason };
  const { holdMinutes } = stageOf(plan, plan.stage);
  const heldMinutes = plan.heldMs / 60_000;
  if (heldMinutes < holdMinutes) return { kind: 'hold', reason: `held ${shown(heldMinutes)} of ${holdMinutes} min` };
  if (judgement.outcome === 'hold') return { kind: 'hold', reason: judgement.reason };
  return stepOn(plan, `held ${shown(heldMinutes)} min; ${judgement.reason}`);
}

/** The next stage, or the end after the last one. */
export function stepOn(plan: RunningPlan, reason: string): PlanStep {
  if (plan.stage === plan.stages.length) return { kind: 'complete', reason };
  const stage = plan.stage + 1;
  return { kind: 'advance', stage, percentage: stageOf(plan, stage).percentage, reason };
}

const isSameShare = (a: number, b: number): boolean => Math.round(a * 100) === Math.round(b * 100);

const shown = (minutes: number): string => String(Math.round(minutes * 10) / 10);
