import type { Clock } from '../../src/client/clock.js';

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Goes on by `ms`, running what falls due in order and letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets the time without running anything, as a machine that slept or was set does. */
  jump(ms: number): void;
  /** Timers that wait. */
  waiting(): number;
}

// A real turn of the event loop: more than microtasks, since a Response's body takes some.
const settle = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setTimeout(resolve, 0));
};

export function createFakeClock(startMs = 1_795_244_451_480): FakeClock {
  const timers = new Map<number, { dueMs: number; run: () => void }>();
  let wallMs = startMs;
  let elapsedMs = 0;
  let nextId = 1;
  return {
    now: () => wallMs,
    after(delayMs, run) {
      const id = nextId++;
      timers.set(id, { dueMs: elapsedMs + Math.max(delayMs, 0), run });
      return () => void timers.delete(id);
    },
    async advance(ms) {
      const untilMs = elapsedMs + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(([, { dueMs }]) => dueMs <= untilMs);
        const [first] = due.sort(([idA, a], [idB, b]) => a.dueMs - b.dueMs || idA - idB);
        if (first === undefined) break;
        const [id, { dueMs, run }] = first;
        timers.delete(id);
        wallMs += dueMs - elapsedMs;
        elapsedMs = dueMs;
        run();
        await settle();
      }
      wallMs += untilMs - elapsedMs;
      elapsedMs = untilMs;
    },
    jump(ms) {
      wallMs += ms;
    },
    waiting: () => timers.size,
  };
}
