/** The service's time as a parameter, so that tests can hold it. */
export interface ServiceClock {
  /** ms since 1970. */
  now(): number;
  /** Calls `run` after `delayMs`; returns what cancels it. Never keeps a process alive. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's own clock. */
export const systemServiceClock: ServiceClock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
