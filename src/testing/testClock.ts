import { refuseOption } from '../error.js';
import type { Clock } from '../client/clock.js';

/** A clock that stands still until it is told to go on. */
export interface TestClock extends Clock {
  /**
   * Goes on by `ms`: what falls due runs in order, and promises settle in between.
   * @throws SwitchbackError `invalid-option` for less than 0
   */
  advance(ms: number): Promise<void>;
}

// The start does not matter, only that every run has the same.
const defaultStartMs = 1_800_000_000_000;

// A load that fails is several promises deep.
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

/** Makes a clock for a client under test. @param startMs ms since 1970; default 1,800,000,000,000 */
export function createTestClock(startMs = defaultStartMs): TestClock {
  const timers = new Map<number, { readonly dueMs: number; readonly run: () => void }>();
  let nowMs = startMs;
  let nextId = 1;
  return {
    now: () => nowMs,
    after(delayMs, run) {
      const id = nextId++;
      timers.set(id, { dueMs: nowMs + Math.max(delayMs, 0), run });
      return () => void timers.delete(id);
    },
    async advance(ms) {
      if (!(ms >= 0)) refuseOption('advance(ms)', 'a number of ms, 0 or more', ms);
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].sort(([idA, a], [idB, b]) => a.dueMs - b.dueMs || idA - idB);
        if (next === undefined || next[1].dueMs > untilMs) break;
        const [id, { dueMs, run }] = next;
        timers.delete(id);
        nowMs = Math.max(nowMs, dueMs);
        run();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}
