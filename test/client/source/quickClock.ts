import { systemClock, type Clock } from '../../../src/client/clock.js';

/** How long a source waits for an answer. */
const answerMs = 3_000;

/** So many times as fast, so that a test need not wait as long as a browser does; but answers may take what a busy machine needs. */
export const quickClock = (speed: number): Clock => ({
  now: () => systemClock.now(),
  after: (delayMs, run) => systemClock.after(delayMs === answerMs ? delayMs : delayMs / speed, run),
});
