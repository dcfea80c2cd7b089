import type { ChangeOrigin, ChangeResult } from '../store.js';
import type { Judge } from './judgeStage.js';
import type { PlanStep } from './nextStep.js';
import type { PlanStage, StoredPlan } from './plan.js';

/** A change to a plan, with the revision it was published at. */
export interface PlanChange extends ChangeResult {
  readonly plan: StoredPlan;
}

/** What a tick did with one plan. */
export interface TickedPlan {
  readonly id: number;
  readonly feature: string;
  readonly step: PlanStep;
}

/**
 * Where plans are kept, and where they move. Every change is one transaction, audited.
 * @throws StoreError `not-found`, `conflict` (another plan, the wrong phase, a rollback in force), `invalid`, `unavailable`
 */
export interface PlanStore {
  /** Newest first. */
  list(query: { readonly feature?: string; readonly limit: number }): Promise<readonly StoredPlan[]>;
  read(id: number): Promise<StoredPlan>;
  create(feature: string, stages: readonly PlanStage[], origin: ChangeOrigin): Promise<StoredPlan>;
  /** Turns the feature on at the first stage. Never takes v2 from anybody. */
  start(id: number, origin: ChangeOrigin): Promise<PlanChange>;
  pause(id: number, origin: ChangeOrigin): Promise<PlanChange>;
  /** Goes on with the stage it was paused in; what remained of its hold, or all of it after a rollback. */
  resume(id: number, origin: ChangeOrigin): Promise<PlanChange>;
  /** To the next stage now, whatever holds it; not while a gate says revert. After the last stage: completed. */
  promote(id: number, judge: Judge, origin: ChangeOrigin): Promise<PlanChange>;
  /** Leaves the feature as it is. */
  cancel(id: number, origin: ChangeOrigin): Promise<PlanChange>;
  /** Notes that the feature was rolled back on behalf of its plan; a plan that does not run stays as it is. */
  noteRollback(id: number, origin: ChangeOrigin): Promise<StoredPlan>;
  /** Looks at every running plan once: each goes at most one stage further. Plans that another replica looks at are left out. */
  tick(judge: Judge): Promise<readonly TickedPlan[]>;
}

/** A store that keeps plans as well. */
export interface WithPlans {
  readonly plans: PlanStore;
}
