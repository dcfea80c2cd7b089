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

/** Forgets by timers: a clock that is set says nothing. @param onChange there are more or fewer of them */
export function countFailures(clock: Clock, onChange: () => void): Failures {
  let cancels: (() => void)[] = [];
  return {
    add() {
      cancels.push(clock.after(windowMs, () => (cancels.shift(), onChange())));
      if (cancels.length > limit) cancels.shift()?.();
      onChange();
    },
    areMany: () => cancels.length === limit,
    clear() {
      for (const cancel of cancels) cancel();
      cancels = [];
    },
  };
}
