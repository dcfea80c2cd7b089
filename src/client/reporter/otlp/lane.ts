import type { Clock } from '../../clock.js';
import type { Body, Lost } from './encoding.js';
import type { Outcome } from './postOtlp.js';

export interface LaneOptions {
  readonly post: (text: string) => Promise<Outcome>;
  /** The next body; undefined when nothing waits. */
  readonly take: () => Body | undefined;
  /** Something will never arrive, such as a body and all that it tells of earlier losses. */
  readonly lost: (why: Lost, items: number) => void;
  /** Told of what went wrong, each time. */
  readonly fault: (what: string, cause?: unknown) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Sends one kind of thing, a request at a time, each until it arrived or was given up. */
export interface Lane {
  /** Sends what waits, after what is under way. */
  send(): void;
  /** The page may be gone soon: sends at once, unless the collector asked to be left alone. */
  leave(): void;
  /** Ends trying again, until `send` is called. */
  close(): void;
}

const maxTries = 8;
const maxBackoffMs = 300_000;

export function createLane({ post, take, lost, fault, clock, random }: LaneOptions): Lane {
  let current: Body | undefined;
  let tries = 0;
  // Kept from body to body: a collector that is down is asked ever more seldom.
  let failures = 0;
  let isRequesting = false;
  let isWanted = false;
  let isClosed = false;
  let quietUntilMs = 0;
  let cancelRetry: (() => void) | undefined;

  const pump = (): void => {
    if (isRequesting || cancelRetry) return;
    if (!current) {
      isWanted = false;
      tries = 0;
      current = take();
    }
    if (current) void request(current);
  };
  const request = async (body: Body): Promise<void> => {
    isRequesting = true;
    tries++;
    const outcome = await post(body.text);
    isRequesting = false;
    if (outcome.kind !== 'unanswered') {
      failures = 0;
      current = undefined;
      settle(body, outcome);
      if ((isWanted || body.hasMore) && !isClosed) pump();
      return;
    }
    failures++;
    fault('no answer', outcome.cause);
    if (tries >= maxTries) {
      current = undefined;
      giveUp(body, 'expired');
    }
    const delayMs = outcome.retryAfterMs || random() * Math.min(maxBackoffMs, 1_000 * 2 ** failures);
    quietUntilMs = clock.now() + outcome.retryAfterMs;
    if (!isClosed) cancelRetry = clock.after(delayMs, retry);
  };
  const retry = (): void => {
    cancelRetry = undefined;
    pump();
  };
  const giveUp = ({ items, losses }: Body, why: Lost): void => {
    if (items > 0) lost(why, items);
    for (const [earlier, count] of losses) lost(earlier, count);
  };
  const settle = (body: Body, outcome: Exclude<Outcome, { kind: 'unanswered' }>): void => {
    if (outcome.kind === 'refused') {
      giveUp(body, 'refused');
      fault(`answered ${outcome.status}`);
      return;
    }
    if (outcome.rejected > 0) lost('rejected', outcome.rejected);
    if (outcome.rejected > 0 || outcome.message !== undefined)
      fault(`partial success, ${outcome.rejected} rejected`, outcome.message);
  };
  // Only one body is tried again at a time; this one has one chance.
  const lastTry = async (body: Body): Promise<void> => {
    const outcome = await post(body.text);
    if (outcome.kind !== 'unanswered') return settle(body, outcome);
    giveUp(body, 'expired');
    fault('no answer', outcome.cause);
  };
  const leave = (): void => {
    if (clock.now() < quietUntilMs) return;
    cancelRetry?.();
    cancelRetry = undefined;
    // What is under way outlives the page by itself.
    const body = isRequesting ? take() : undefined;
    if (body) void lastTry(body);
    else pump();
  };

  return {
    send() {
      isClosed = false;
      isWanted = true;
      pump();
    },
    leave,
    close() {
      leave();
      isClosed = true;
      cancelRetry?.();
      cancelRetry = undefined;
    },
  };
}
