/** Hands out turns in order, one in a round of the event loop. */
export interface Turns {
  /** Resolves when it is the caller's turn; false where too many wait, or it took so long that nobody waits for the answer any more. */
  next(): Promise<boolean>;
}

export interface TurnOptions {
  /** Waiting at most. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** ms, never going back. */
  readonly nowMs?: () => number;
  /** Runs something after what has arrived by then was read. */
  readonly defer?: (run: () => void) => void;
}

/** Where so many wait, connections may too: then rounds without work come between, in which nothing but one of those is taken. */
const many = 32;
const restRounds = 4;

/**
 * Node takes one new connection in a round of its event loop. Where a round is filled with the work of those who are served already,
 * the others wait for many seconds in the queue of the system, before anything here hears of them. With little work in each round they
 * are taken as fast as that work is done, and everybody waits here, in order.
 */
export function createTurns(options: TurnOptions): Turns {
  const { maxWaiting, maxWaitMs, nowMs = () => performance.now(), defer = setImmediate } = options;
  const waiting: { readonly sinceMs: number; readonly resolve: (isTurn: boolean) => void }[] = [];
  let isPlanned = false;
  let rest = 0;

  const plan = (): void => {
    if (isPlanned || waiting.length === 0) return;
    isPlanned = true;
    defer(round);
  };
  const round = (): void => {
    isPlanned = false;
    rest -= 1;
    if (rest > 0) return plan();
    if (waiting.length > many) rest = restRounds;
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
      const isTurn = nowMs() - first.sinceMs <= maxWaitMs;
      first.resolve(isTurn);
      // Who is refused costs nothing: the next one may have this round.
      if (isTurn) break;
    }
    plan();
  };

  return {
    next() {
      if (waiting.length >= maxWaiting) return Promise.resolve(false);
      return new Promise((resolve) => {
        waiting.push({ sinceMs: nowMs(), resolve });
        plan();
      });
    },
  };
}
