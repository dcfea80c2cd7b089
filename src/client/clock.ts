/** Time as a parameter, so that tests can hold it. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** Calls `run` after `delayMs`; returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

// setTimeout fires at once beyond this.
const maxDelayMs = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), maxDelayMs));
    // A service or test that holds a client must still be able to end.
    if (typeof timer === 'object' && 'unref' in timer) timer.unref();
    return () => clearTimeout(timer);
  },
};
