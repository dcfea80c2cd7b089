import type { OnInternalFault } from '../../error.js';
import type { ServiceClock } from '../clock.js';
import type { BaselineStore } from './baselineStore.js';

/**
 * Ends baselines for as long as the service lives. What is due is in the database alone: every replica may look, one ends each.
 * @returns stop
 */
export function startBaselineScheduler(options: {
  readonly baselines: BaselineStore;
  readonly clock: ServiceClock;
  /** ms between the end of a tick and the next one. */
  readonly everyMs: number;
  readonly onInternalFault: OnInternalFault;
}): () => void {
  const { baselines, clock, everyMs, onInternalFault } = options;
  let isStopped = false;
  let isHealthy = true;
  let cancel = (): void => {};

  const tick = async (): Promise<void> => {
    try {
      await baselines.tick();
      isHealthy = true;
    } catch (error) {
      if (isHealthy && !isStopped) onInternalFault('baselines', error);
      isHealthy = false;
    }
  };
  const wait = (): void => {
    if (!isStopped) cancel = clock.after(everyMs, () => void tick().then(wait));
  };
  wait();
  return () => {
    isStopped = true;
    cancel();
  };
}
