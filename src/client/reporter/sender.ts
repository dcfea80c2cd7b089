import type { Clock } from '../clock.js';
import type { Exchange } from '../exchange.js';
import type { Batch } from './batch.js';

/** The browser's `navigator.sendBeacon`: false when it would not take the data. */
export type SendBeacon = (url: string, body: Blob) => boolean;

export interface SenderOptions {
  readonly url: string;
  readonly post: Exchange['post'];
  readonly sendBeacon: SendBeacon | null;
  readonly clock: Clock;
  readonly random: () => number;
  /** Takes the next batch; `final`: it may be the last of this page. */
  readonly take: (final: boolean) => Batch | undefined;
  /** Counts a batch that was given up. */
  readonly expire: (batch: Batch) => void;
  readonly fault: (operation: string, error: unknown) => void;
}

/** Sends batches one after the other, each until it arrived or was given up. */
export interface Sender {
  /** Sends what waits, after the batch that is under way. */
  send(): void;
  /** Sends all at once in a way that outlives the page. */
  leave(): void;
  /** Ends trying again, until `send` is called. */
  close(): void;
}

const maxTries = 8;
const maxBackoffMs = 300_000;

export function createSender(options: SenderOptions): Sender {
  const { url, post, sendBeacon, clock, random, take, expire, fault } = options;
  let current: Batch | undefined;
  let tries = 0;
  let isRequesting = false;
  let wanted = false;
  let cancelRetry: (() => void) | undefined;
  let closed = false;

  const next = (): void => {
    wanted = false;
    current = take(false);
    tries = 0;
    if (current) void request(current);
  };
  const send = (): void => {
    closed = false;
    if (current) wanted = true;
    else next();
  };

  const request = async (batch: Batch): Promise<void> => {
    isRequesting = true;
    tries++;
    const { status, error, retryAfterMs } = await post(url, batch.text);
    isRequesting = false;
    if (error) fault('report', error);
    if (current !== batch) return;
    const isWorthAnotherTry = status === 0 || status === 408 || status === 429 || status >= 500;
    if (error && isWorthAnotherTry && tries < maxTries && !closed) return tryLater(batch, retryAfterMs);
    if (error) expire(batch);
    current = undefined;
    if ((wanted || batch.hasMore) && !closed) next();
  };
  const tryLater = (batch: Batch, retryAfterMs: number): void => {
    const delayMs = retryAfterMs || random() * Math.min(maxBackoffMs, 1_000 * 2 ** tries);
    cancelRetry = clock.after(delayMs, () => {
      cancelRetry = undefined;
      void request(batch);
    });
  };
  const leave = (): void => {
    // A request under way outlives the page by itself; one that waits for its next try goes out now, under its old number.
    if (current && !isRequesting) {
      cancelRetry?.();
      cancelRetry = undefined;
      const waiting = current;
      if (!beacon(waiting)) void request(waiting);
      else current = undefined;
    }
    for (let batch = take(true); batch; batch = take(true)) {
      if (beacon(batch)) continue;
      if (!current) {
        current = batch;
        tries = 0;
        void request(batch);
      } else void lastTry(batch);
    }
  };
  const beacon = ({ text }: Batch): boolean => {
    try {
      return sendBeacon?.(url, new Blob([text], { type: 'text/plain' })) ?? false;
    } catch (error) {
      fault('report', error);
      return false;
    }
  };
  // Only one batch is tried again at a time; this one has one chance.
  const lastTry = async (batch: Batch): Promise<void> => {
    const { error } = await post(url, batch.text);
    if (!error) return;
    expire(batch);
    fault('report', error);
  };

  return {
    send,
    leave,
    close() {
      closed = true;
    },
  };
}
