import type { OnInternalFault } from '../../error.js';
import type { ServiceClock } from '../clock.js';
import type { Judge } from './judgeStage.js';
import type { PlanStore } from './planStore.js';

export interface PlanSchedulerOptions {
  readonly plans: PlanStore;
  readonly judge: Judge;
  readonly clock: ServiceClock;
  /** ms between the end of a tick and the next one. */
  readonly everyMs: number;
  /** Called after a tick that moved a plan. */
  readonly onMove: () => void;
  readonly onInternalFault: OnInternalFault;
}

/**
 * Ticks for as long as the service lives. What is due is in the database alone, so that nothing is lost with a process, and
 * every replica may tick: a plan is moved by one of them.
 * @returns stop
 */
export function startPlanScheduler(options: PlanSchedulerOptions): () => void {
  const { plans, judge, clock, everyMs, onMove, onInternalFault } = options;
  let stopped = false;
  let healthy = true;
  let cancel = (): void => {};

  const tick = async (): Promise<void> => {
    try {
      const ticked = await plans.tick(judge);
      healthy = true;
      if (!stopped && ticked.some(({ step }) => step.kind !== 'hold')) onMove();
    } catch (error) {
      if (healthy && !stopped) onInternalFault('plans', error);
      healthy = false;
    }
  };
  const wait = (): void => {
    if (!stopped) cancel = clock.after(everyMs, () => void tick().then(wait));
  };
  wait();
  return () => {
    stopped = true;
    cancel();
  };
}
