import { StoreError, type BatchResult, type BatchToStore, type FlagStore } from './store.js';

interface Waiting {
  readonly batch: BatchToStore;
  readonly sinceMs: number;
  resolve(result: BatchResult): void;
  reject(error: unknown): void;
}

export interface GroupOptions {
  /** Stores batches of different senders in one transaction, all or none; results in their order. */
  readonly store: (batches: readonly BatchToStore[]) => Promise<readonly BatchResult[]>;
  /** Batches in one transaction at most, and their buckets, so that large ones do not make it slow. */
  readonly maxGroup: number;
  readonly maxBuckets: number;
  /** Transactions at the same time. */
  readonly maxRunning: number;
  /** Batches that wait at most; more are refused at once. */
  readonly maxWaiting: number;
  /** ms after which nobody waits for the answer any more. */
  readonly maxWaitMs: number;
  /** ms, never going back. */
  readonly nowMs: () => number;
}

const unavailable = (why: string): StoreError => new StoreError('unavailable', why);

/**
 * Stores what arrives while others are being stored with the next transaction, together: the more senders there are, the less each
 * costs. A batch that the store refuses takes no other with it.
 */
export function groupBatches(options: GroupOptions): FlagStore['storeBatch'] {
  const { store, maxGroup, maxBuckets, maxRunning, maxWaiting, maxWaitMs, nowMs } = options;
  let waiting: Waiting[] = [];
  let running = 0;

  /** The oldest, one of each sender: its second must find the first one stored. */
  const take = (): readonly Waiting[] => {
    const group: Waiting[] = [];
    const left: Waiting[] = [];
    const senders = new Set<string>();
    let buckets = 0;
    for (const one of waiting) {
      const { senderId, buckets: added } = one.batch;
      if (nowMs() - one.sinceMs > maxWaitMs) {
        one.reject(unavailable('more batches arrive than can be stored'));
        continue;
      }
      const isFull = group.length === maxGroup || (group.length > 0 && buckets + added.length > maxBuckets);
      if (isFull || senders.has(senderId)) left.push(one);
      else {
        group.push(one);
        buckets += added.length;
      }
      senders.add(senderId);
    }
    waiting = left;
    return group;
  };

  const storeGroup = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const results = await store(group.map(({ batch }) => batch));
      for (const [index, { resolve, reject }] of group.entries()) {
        const result = results[index];
        if (result === undefined) reject(unavailable('the store did not say what became of this batch'));
        else resolve(result);
      }
    } catch (error) {
      const [first] = group;
      const isForAll = error instanceof StoreError && error.code === 'unavailable';
      if (isForAll) {
        // Who waits behind them would wait as long, for the same answer.
        for (const { reject } of [...group, ...waiting]) reject(error);
        waiting = [];
      } else if (group.length === 1) first?.reject(error);
      else for (const one of group) await storeGroup([one]);
    }
  };

  const run = async (): Promise<void> => {
    running += 1;
    for (let group = take(); group.length > 0; group = take()) await storeGroup(group);
    running -= 1;
  };

  return (batch) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= maxWaiting) {
        reject(unavailable('more batches arrive than can be stored'));
        return;
      }
      waiting.push({ batch, sinceMs: nowMs(), resolve, reject });
      if (running < maxRunning) void run();
    });
}
