// Comes in: observations. Goes out: batches of tallies to the service, each until it arrived or was counted as dropped. Who calls: createSwitchback.
import type { OnInternalFault } from '../../error.js';
import { systemClock, type Clock } from '../clock.js';
import { globalFetch, readServiceUrl, type Fetch } from '../source/serviceUrl.js';
import { randomHex } from '../targetingKey.js';
import { createSender, type SendBeacon } from './sender.js';
import { onPageHide, type OnHide } from './onHide.js';
import type { Sink } from './sink.js';
import { createTallyQueue } from './tallyQueue.js';

export interface HttpSinkOptions {
  /** Where the service's public routes are, such as `/api`; batches go to `metrics` below it. */
  readonly url: string;
  /** Names the host's build in the batches; at most 64 characters are sent. */
  readonly build?: string | undefined;
  /** Hears of our own failures, each kind at most once a minute. */
  readonly onInternalFault?: OnInternalFault | undefined;
  readonly fetch?: Fetch | undefined;
  /** null: there is none. */
  readonly sendBeacon?: SendBeacon | null | undefined;
  readonly clock?: Clock | undefined;
  /** Draws from [0, 1). */
  readonly random?: (() => number) | undefined;
  /** 32 hex digits; default: drawn anew for each sink. */
  readonly senderId?: string | undefined;
  /** Default: the page is hidden or left. */
  readonly onHide?: OnHide | undefined;
}

const flushIntervalMs = 5_000;
const flushCount = 50;
const faultIntervalMs = 60_000;

/**
 * Reports to a Switchback service: every 5 s, at 50 observations, and when the page is hidden.
 * @throws SwitchbackError `invalid-option` for a url that is not a non-empty string
 * @source contracts part 5
 */
export function httpSink(options: HttpSinkOptions): Sink {
  const { clock = systemClock, random = Math.random, onHide = onPageHide, onInternalFault } = options;
  const url = readServiceUrl(options.url);
  const build = options.build?.slice(0, 64);
  const senderId = options.senderId ?? randomHex();
  const queue = createTallyQueue();
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
    fetch: options.fetch ?? globalFetch,
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
