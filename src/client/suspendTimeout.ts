import { SwitchbackError } from '../error.js';
import type { Clock } from './clock.js';

/** Whether a gate's `suspendTimeoutMs` is one. What is none counts as not given: v2 may take its time. */
export const isSuspendTimeout = (afterMs: number | undefined): afterMs is number =>
  afterMs! >= 1 && afterMs! <= 600_000;

/** Watches over a v2 that is not on the screen: React tells nobody that it suspends, it is simply not committed. */
export interface SuspendTimeout {
  /** @param afterMs undefined, or none: it may take its time */
  watch(afterMs: number | undefined): void;
  cancel(): void;
}

/** @param onTimeout told with `suspend-timeout` */
export function createSuspendTimeout(clock: Clock, onTimeout: (error: SwitchbackError) => void): SuspendTimeout {
  let cancel = () => {};
  return {
    watch(afterMs) {
      cancel();
      if (!isSuspendTimeout(afterMs)) return;
      cancel = clock.after(afterMs, () =>
        onTimeout(new SwitchbackError('suspend-timeout', `v2 was still suspended after ${afterMs} ms`)),
      );
    },
    cancel: () => cancel(),
  };
}
