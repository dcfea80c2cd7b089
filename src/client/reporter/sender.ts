import type { Clock } from '../clock.js';
import type { Exchange } from '../exchange.js';
import type { Batch, Dropped } from './batch.js';
import type { StoredQueue } from './storedQueue.js';

/** The browser's `navigator.sendBeacon`: false when it would not take the data. */
export type SendBeacon = (url: string, body: Blob) => boolean;

export interface SenderOptions {
  readonly url: string;
  readonly post: Exchange['post'];
  readonly sendBeacon: SendBeacon | null;
  readonly clock: Clock;
  readonly random: () => number;
  /** Undefined while its code is not there: batches are in memory alone. */
  readonly stored: () => StoredQueue | undefined;
  /** Takes the next batch; `final`: it may be the last of this page. */
  readonly take: (final: boolean, maxBytes?: number, minBytes?: number) => Batch | undefined;
  /** Makes two of a batch that nobody was offered; undefined where it is too small for that. */
  readonly split: (batch: Batch) => readonly Batch[] | undefined;
  /** What waits, in bytes. */
  readonly waitingBytes: () => number;
  /** Counts a batch that will never arrive. */
  readonly lose: (batch: Batch, why: keyof Dropped) => void;
  readonly fault: (operation: string, error: unknown) => void;
}

/** Sends batches one after the other, each until it arrived or was given up; what it has is stored until then. */
export interface Sender {
  /** Sends what waits, after the batch that is under way. */
  send(): void;
  /** Stores a part of what waits for another time. */
  setAside(): void;
  /** Sends all it can in a way that outlives the page; what it cannot is stored. @param isGone the page may not come back */
  leave(isGone: boolean): void;
  /** Whether a batch of ours is under way, or waits for its next try. */
  isSending(seq: number): boolean;
  /** Stores that batch too, where its code came later. */
  storeCurrent(): void;
  /** Ends trying again, until `send` is called. */
  close(): void;
}

const maxTries = 8;
/** From so many failures in a row on the service is left alone, for a minute at first. */
const breakerFailures = 5;
const maxOpenMs = 300_000;
/** While the service is away so much may wait in memory, where a crash takes it. */
const maxUnstoredBytes = 16 * 1_024;
/** Browsers refuse what outlives the page beyond 64 KiB or 9 requests in all; of ours there is one at a time. */
const maxKeepaliveLength = 60_000;
const requestIntervalMs = 100;

export function createSender(options: SenderOptions): Sender {
  const { url, post, sendBeacon, clock, random, stored, take, split, waitingBytes, lose, fault } = options;
  let current: Batch | undefined;
  let tries = 0;
  let failures = 0;
  let isRequesting = false;
  let isWanted = false;
  let isLeftAlone = false;
  let isClosed = false;
  let cancelPause: (() => void) | undefined;
  let requestedAtMs = -Infinity;

  const go = (): void => {
    if (cancelPause || isRequesting || isClosed) return;
    if (!current) {
      const batch = isWanted ? take(false) : undefined;
      isWanted &&= waitingBytes() > 0;
      if (batch) keep(batch);
      current = batch ?? stored()?.next();
      tries = 0;
    }
    if (current) run(current);
  };
  const run = (batch: Batch): void => void request(batch).catch((error) => fault('report', error));
  const keep = (batch: Batch): boolean => stored()?.put(batch) ?? false;
  const isKept = (batch: Batch): boolean => stored()?.has(batch) ?? false;
  const stopPause = (): void => {
    cancelPause?.();
    cancelPause = undefined;
    isLeftAlone = false;
  };
  const pause = (delayMs: number, isForService = false): void => {
    stopPause();
    isLeftAlone = isForService;
    cancelPause = clock.after(delayMs, () => {
      stopPause();
      go();
    });
  };
  const request = async (batch: Batch): Promise<void> => {
    const nowMs = clock.now();
    // However many errors there are, such as those of a host that reports ours: it only waits, nothing is dropped for it.
    if (Math.abs(nowMs - requestedAtMs) < requestIntervalMs) return pause(requestIntervalMs);
    requestedAtMs = nowMs;
    tries++;
    isRequesting = true;
    const { status, error, retryAfterMs, value } = await post(url, batch.text, batch.text.length < maxKeepaliveLength);
    isRequesting = false;
    if (error) fault('report', error);
    if (error && (status < 400 || status === 408 || status === 429 || status >= 500)) {
      failures++;
      if (tries >= maxTries || isClosed) {
        current = undefined;
        stored()?.rest(batch);
        if (!isKept(batch)) lose(batch, 'expired');
      }
      if (isClosed) return;
      const isOpen = failures >= breakerFailures;
      const longestMs = isOpen
        ? Math.min(maxOpenMs, 60_000 * 2 ** (failures - breakerFailures))
        : 1_000 * 2 ** failures;
      return pause(retryAfterMs || longestMs * (isOpen ? 0.5 + random() / 2 : random()), isOpen || retryAfterMs > 0);
    }
    current = undefined;
    failures = 0;
    stored()?.settle(batch, error ? null : Object(value).gaps, go);
    if (error) lose(batch, 'expired');
    go();
  };
  const setAside = (): void => stored()?.setAside(take);

  const beacon = (batch: Batch): boolean => {
    try {
      const isTaken = sendBeacon?.(url, new Blob([batch.text], { type: 'text/plain' })) ?? false;
      // Taken is not arrived: it stays stored until the service has told.
      if (isTaken) stored()?.rest(batch);
      return isTaken;
    } catch (error) {
      fault('report', error);
      return false;
    }
  };
  /** @returns whether there may be room for more */
  const offer = (batch: Batch): boolean => {
    if (beacon(batch)) return true;
    const parts = split(batch);
    if (parts) {
      stored()?.remove(batch);
      return parts.map((part) => (keep(part), offer(part))).every(Boolean);
    }
    if (!current) {
      current = batch;
      tries = 0;
      run(batch);
    } else if (!isKept(batch)) lose(batch, 'storage');
    return false;
  };

  return {
    send() {
      isClosed = false;
      isWanted = true;
      if (failures > 0 && waitingBytes() > maxUnstoredBytes) setAside();
      go();
    },
    setAside,
    leave(isGone) {
      let hasRoom = !isLeftAlone;
      requestedAtMs = -Infinity;
      if (current && !isRequesting && hasRoom) {
        stopPause();
        if (beacon(current)) current = undefined;
        else {
          hasRoom = false;
          run(current);
        }
      }
      for (let batch = take(true); batch; batch = batch.observations > 0 ? take(true) : undefined) {
        keep(batch);
        if (hasRoom) hasRoom = offer(batch);
        else if (!isKept(batch)) lose(batch, 'storage');
      }
      for (let batch = hasRoom && stored()?.next(true); batch; batch = stored()?.next(true)) if (!beacon(batch)) break;
      // What is left is for other tabs, and for the next visit.
      if (isGone) stored()?.release();
    },
    isSending: (seq) => current?.seq === seq,
    storeCurrent: () => void (current && keep(current)),
    close() {
      isClosed = true;
      stopPause();
      stored()?.release();
    },
  };
}
