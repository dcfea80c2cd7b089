// Comes in: observations. Goes out: batches of tallies to the service, each until it arrived or was counted as dropped. Who calls: httpSink.
import type { OnInternalFault } from '../../error.js';
import type { Observation } from '../../observe/observe.js';
import type { Clock } from '../clock.js';
import type { Exchange } from '../exchange.js';
import type { SafeStorage } from '../storage.js';
import { checksumOf, maxBatchBytes, writeBatch, type Batch, type Dropped } from './batch.js';
import type { QueueLocks } from './claims.js';
import { createConnectionCounts, type ConnectionCounts } from './connectionCounts.js';
import { onPageHide, type OnHide } from './onHide.js';
import { createSender, type SendBeacon } from './sender.js';
import type { Sink } from './sink.js';
import type { StoredQueue, StoredQueueOptions } from './storedQueue.js';
import type { createTallyQueue } from './tallyQueue.js';

/** What the entry chunk hands over, so that this one shares no code with it. */
export interface HttpReporterOptions {
  /** Where the service's public routes are, without a slash at its end. */
  readonly url: string;
  readonly post: Exchange['post'];
  readonly storage: SafeStorage;
  readonly clock: Clock;
  readonly random: () => number;
  readonly senderId: string;
  /** The number of the last batch that was sent before this was there. */
  readonly seq: number;
  /** Where observations are added up: a chunk of its own, fetched together with this one. */
  readonly createTallyQueue: typeof createTallyQueue;
  /** How many observations were lost before this was there. */
  readonly dropped: number;
  readonly build?: string | undefined;
  readonly onInternalFault?: OnInternalFault | undefined;
  readonly sendBeacon?: SendBeacon | null | undefined;
  readonly locks?: QueueLocks | null | undefined;
  readonly onHide?: OnHide | undefined;
  /** Fetches the code that stores batches; default: by `import`. */
  readonly loadStore?: (() => Promise<{ createStoredQueue(options: StoredQueueOptions): StoredQueue }>) | undefined;
}

const flushIntervalMs = 5_000;
const flushCount = 50;
const faultIntervalMs = 60_000;
/** Smaller batches are not made two of. */
const minSplitLength = 8 * 1_024;
const maxStoreLoads = 4;
const nothingDropped: Dropped = { queueFull: 0, expired: 0, storage: 0 };
const maxUnseen = 1_000;

/**
 * Sends every 5 s, at 50 observations, and when the page is hidden.
 * @source docs/contracts.md part 5
 */
export function createHttpReporter(options: HttpReporterOptions): Sink {
  const { url, post, storage, clock, random, senderId, onHide = onPageHide, onInternalFault } = options;
  const { locks, sendBeacon = pageBeacon(), loadStore = () => import('./storedQueue.js') } = options;
  const build = options.build?.slice(0, 64);
  const faultsMs = new Map<string, number>();
  let { seq } = options;
  let stored: StoredQueue | undefined;
  /** What was observed before its code was there: the first of each kind of a user, so that nobody's last word is missing. */
  const unseen = new Map<string, Parameters<StoredQueue['saw']>>();
  let storeLoads = 0;
  let fresh = 0;
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

  const changes = createConnectionCounts();
  const write = (
    tallies: Batch['tallies'] = [],
    dropped = nothingDropped,
    final: boolean,
    own: number,
    connections?: ConnectionCounts,
  ): Batch => writeBatch(tallies, { senderId, seq: own, sentAtMs: clock.now(), build, final, dropped, connections });
  let silent = 0;
  const writeSilent = (exposure: Observation, subject: string): Batch => {
    const alone = options.createTallyQueue(0, () => {});
    alone.add({ ...exposure, kind: 'silent' }, subject);
    // Most of these are never sent: numbers of ours would be missed.
    const own = senderId.slice(8) + (++silent).toString(16).padStart(8, '0');
    const told = { sentAtMs: clock.now(), build, final: true, dropped: nothingDropped };
    return writeBatch(alone.take(maxBatchBytes, 0)?.tallies ?? [], { senderId: own, seq: 1, ...told });
  };
  const queue = options.createTallyQueue(options.dropped, () => sender.setAside());
  const sender = createSender({
    url: `${url}/metrics`,
    post,
    sendBeacon,
    clock,
    random,
    stored: () => stored,
    take(final, maxBytes = maxBatchBytes, minBytes = 1) {
      // What was dropped travels with the next batch, and alone only when there may be none.
      const taken = queue.take(maxBytes, final ? 0 : minBytes);
      // A number that is never sent would look like a lost batch.
      return taken && write(taken.tallies, taken.dropped, final, ++seq, changes.take());
    },
    split({ tallies = [], text, seq: own, dropped, connections }) {
      if (text.length < minSplitLength || tallies.length < 2) return undefined;
      const half = Math.ceil(tallies.length / 2);
      return [
        write(tallies.slice(0, half), dropped, true, own, connections),
        write(tallies.slice(half), undefined, true, ++seq),
      ];
    },
    waitingBytes: queue.bytes,
    lose: queue.lose,
    fault,
  });

  // A page that cannot have it keeps its batches in memory.
  const fetchStore = async (): Promise<void> => {
    if (stored || storeLoads++ >= maxStoreLoads) return;
    try {
      const { createStoredQueue } = await loadStore();
      stored ??= createStoredQueue({
        storage,
        senderId,
        clock,
        locks,
        checksumOf,
        isHeld: sender.isSending,
        lose: queue.lose,
        writeSilent,
      });
      for (const seen of unseen.values()) stored.saw(...seen);
      unseen.clear();
      sender.storeCurrent();
    } catch (error) {
      fault('storage', error);
    }
  };

  const keepUnseen: StoredQueue['saw'] = (observation, subject) => {
    const { kind, feature, stage, arm } = observation;
    const user = `${subject}|${feature}|${stage}|${arm}|${kind}`;
    if (unseen.size < maxUnseen && !unseen.has(user)) unseen.set(user, [observation, subject]);
  };

  const stopFlush = (): void => {
    fresh = 0;
    cancelFlush?.();
    cancelFlush = undefined;
  };
  const flush = (): void =>
    safely(() => {
      stopFlush();
      void fetchStore();
      sender.send();
    });
  const leave = (isGone = false): void =>
    safely(() => {
      stopFlush();
      unseen.clear();
      stored?.forgetShown();
      sender.leave(isGone);
    });
  const observe: Sink['observe'] = (observation, subject, eventClass) =>
    safely(() => {
      if (!stopHiding) void fetchStore();
      stopHiding ??= onHide(leave);
      queue.add(observation, subject, eventClass);
      if (stored) stored.saw(observation, subject);
      else keepUnseen(observation, subject);
      if (++fresh >= flushCount) flush();
      else cancelFlush ??= clock.after(flushIntervalMs, flush);
    });

  return {
    name: 'http',
    observe,
    connection: changes.add,
    flush,
    close() {
      stopHiding?.();
      stopHiding = undefined;
      leave();
      sender.close();
    },
  };
}

const pageBeacon = (): SendBeacon | null => {
  const page = globalThis.navigator;
  return page?.sendBeacon ? (url, body) => page.sendBeacon(url, body) : null;
};
