// Comes in: observations. Goes out: batches of tallies to the service, each until it arrived or was counted as dropped. Who calls: httpSink.
import type { OnInternalFault } from '../../error.js';
import type { Clock } from '../clock.js';
import type { Exchange } from '../exchange.js';
import { onPageHide, type OnHide } from './onHide.js';
import { createSender, type SendBeacon } from './sender.js';
import type { Sink } from './sink.js';
import { createTallyQueue } from './tallyQueue.js';

/** What the entry chunk hands over, so that this one shares no code with it. */
export interface HttpReporterOptions {
  /** Where the service's public routes are, without a slash at its end. */
  readonly url: string;
  readonly post: Exchange['post'];
  readonly clock: Clock;
  readonly random: () => number;
  readonly senderId: string;
  /** How many observations were lost before this was there. */
  readonly dropped: number;
  readonly build?: string | undefined;
  readonly onInternalFault?: OnInternalFault | undefined;
  readonly sendBeacon?: SendBeacon | null | undefined;
  readonly onHide?: OnHide | undefined;
}

const flushIntervalMs = 5_000;
const flushCount = 50;
const faultIntervalMs = 60_000;

/**
 * Sends every 5 s, at 50 observations, and when the page is hidden.
 * @source docs/contracts.md part 5
 */
export function createHttpReporter(options: HttpReporterOptions): Sink {
  const { url, post, clock, random, senderId, onHide = onPageHide, onInternalFault } = options;
  const build = options.build?.slice(0, 64);
  const queue = createTallyQueue(options.dropped);
  const faultsMs = new Map<string, number>();
  let seq = 0;
  let cancelFlush: (() => void) | undefined;
  // From the first observation on, so that a client that is only created holds nothing.
  let stopHiding: (() => void) | undefined;

  const fault = (operation: string, error: unknown): void => {
    const nowMs = clock.now();
    if (Math.abs(nowMs - (faultsMs.get(operation) ?? -Infinity)) < faultIntervalMs) return;
    faultsMs.set(operation, nowMs);
    try {
      onInternalFault?.(operation, error);
    } catch {
      // There is nobody left to tell.
    }
  };
  const safely = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      fault('report', error);
    }
  };

  const take = (final: boolean) => {
    const batch = queue.take({ senderId, seq: seq + 1, sentAtMs: clock.now(), build, final });
    // A number that is never sent would look like a lost batch.
    if (batch) seq++;
    return batch;
  };
  const sender = createSender({
    url: `${url}/metrics`,
    post,
    sendBeacon: options.sendBeacon === undefined ? pageBeacon() : options.sendBeacon,
    clock,
    random,
    take,
    expire: queue.expire,
    fault,
  });

  const flush = (): void =>
    safely(() => {
      cancelFlush?.();
      cancelFlush = undefined;
      sender.send();
    });
  const leave = (): void =>
    safely(() => {
      cancelFlush?.();
      cancelFlush = undefined;
      sender.leave();
    });

  return {
    name: 'http',
    observe(observation, subject) {
      safely(() => {
        stopHiding ??= onHide(leave);
        queue.add(observation, subject);
        if (queue.fresh() >= flushCount) flush();
        else cancelFlush ??= clock.after(flushIntervalMs, flush);
      });
    },
    flush,
    close() {
      stopHiding?.();
      stopHiding = undefined;
      leave();
      sender.close();
    },
  };
}

function pageBeacon(): SendBeacon | null {
  return typeof navigator === 'undefined' || typeof navigator.sendBeacon !== 'function'
    ? null
    : (url, body) => navigator.sendBeacon(url, body);
}
