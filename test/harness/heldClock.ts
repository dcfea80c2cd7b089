import { createFakeClock, type FakeClock } from './fakeClock.js';

/** A fake clock that stands still, but for what is due at once: that is about order, not about time. */
export function createHeldClock(): FakeClock {
  const clock = createFakeClock();
  return {
    ...clock,
    after(delayMs, run) {
      if (delayMs > 0) return clock.after(delayMs, run);
      const timer = setTimeout(run, 0);
      return () => clearTimeout(timer);
    },
  };
}
