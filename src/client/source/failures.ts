import type { Clock } from '../clock.js';

/** The failures of one connection that are not long ago. */
export interface Failures {
  add(): void;
  /** Three within a minute. */
  areMany(): boolean;
  clear(): void;
}

const limit = 3;
const windowMs = 60_000;

/** Forgets by timers: a clock that is set says nothing. @param onFewer one is not counted any more */
export function countFailures(clock: Clock, onFewer?: () => void): Failures {
  let cancels: (() => void)[] = [];
  return {
    add() {
      const forget = (): void => {
        cancels.shift();
        onFewer?.();
      };
      cancels.push(clock.after(windowMs, forget));
      if (cancels.length > limit) cancels.shift()?.();
    },
    areMany: () => cancels.length === limit,
    clear() {
      for (const cancel of cancels) cancel();
      cancels = [];
    },
  };
}
