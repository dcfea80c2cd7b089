import { SwitchbackError } from '../error.js';
import type { Clock } from './clock.js';

/** Watches over a v2 that is not on the screen: React tells nobody that it suspends, it is simply not committed. */
export interface SuspendTimeout {
  /** @param afterMs undefined: it may take its time */
  watch(afterMs: number | undefined): void;
  cancel(): void;
}

/** @param onTimeout told with `suspend-timeout` */
export function createSuspendTimeout(clock: Clock, onTimeout: (error: SwitchbackError) => void): SuspendTimeout {
  let cancel = () => {};
  return {
    watch(afterMs) {
      cancel();
      if (afterMs === undefined) return;
      cancel = clock.after(afterMs, () =>
        onTimeout(new SwitchbackError('suspend-timeout', `v2 was still suspended after ${afterMs} ms`)),
      );
    },
    cancel: () => cancel(),
  };
}
