import type { Observation } from '../../observe/observe.js';
import type { Clock } from '../clock.js';
import type { Batch } from './batch.js';
import { createBatchStore, type BatchStore, type BatchStoreOptions } from './batchStore.js';
import { createClaims, type QueueLocks } from './claims.js';

export interface StoredQueueOptions extends Omit<BatchStoreOptions, 'nowMs' | 'isHeld'> {
  readonly clock: Clock;
  /** Null: there are none; default: the page's. */
  readonly locks: QueueLocks | null | undefined;
  /** Whether our batch of this number is under way. */
  readonly isHeld: (seq: number) => boolean;
  /** Writes what is to be told of a version that was shown, should nothing be heard of it again; of a sender of its own. */
  readonly writeSilent: (exposure: Observation, subject: string) => Batch;
}

/** The batches of this tab that have not arrived for certain, and those that tabs left that are gone. */
export interface StoredQueue extends Pick<BatchStore, 'put' | 'has' | 'remove'> {
  /** Takes a batch and stores it for another time; where there is no room, none is taken. */
  setAside(take: (final: boolean, maxBytes: number, minBytes: number) => Batch | undefined): void;
  /** The next to send that does not rest; `isOwn`: of this tab. */
  next(isOwn?: boolean): Batch | undefined;
  /** Lets a batch lie until another one arrives: it was tried often enough, or a beacon took it. */
  rest(batch: Batch): void;
  /**
   * Forgets a batch that the service answered, and what it says arrived before it.
   * @param gaps the missing numbers of its sender as [from, to]; anything else tells nothing
   * @param onMore called when there is more to send, left by others
   */
  settle(batch: Batch, gaps: unknown, onMore: () => void): void;
  /** Keeps versions that were shown as silent until they are heard of: should the page crash, another one tells. */
  saw(observation: Observation, subject: string): void;
  /** The page is hidden or left: no crash from here on. */
  forgetShown(): void;
  /** Lets other tabs have what this one stored, for it may not come back. */
  release(): void;
}

/** Users of features: a page has one of each, unless somebody else signs in. */
const maxShown = 64;
/** What is written for a crash waits until the page has painted, and then takes a little of its time every so often. */
const keepIntervalMs = 50;
const keptAtOnce = 8;
const adoptIntervalMs = 60_000;
const setAsideBytes = 16 * 1_024;
/** Less is not worth a place of its own. */
const minSetAsideBytes = 4 * 1_024;

export function createStoredQueue(options: StoredQueueOptions): StoredQueue {
  const { senderId, clock, isHeld, locks = pageLocks(), lose, writeSilent } = options;
  const isOurs = (stored: { senderId: string }): boolean => stored.senderId === senderId;
  const store = createBatchStore({
    ...options,
    nowMs: () => clock.now(),
    isHeld: (stored) => isOurs(stored) && isHeld(stored.seq),
  });
  const claims = createClaims(locks);
  /** By user, feature and stage: what is told unless they are heard of; null while it is not kept, and once they were. */
  const shown = new Map<string, Batch | null>();
  const unkept = new Map<string, Parameters<StoredQueue['saw']>>();
  let cancelKeeping: (() => void) | undefined;
  const hear = (user: string): void => {
    unkept.delete(user);
    const batch = shown.get(user);
    if (!batch) return;
    store.remove(batch);
    shown.set(user, null);
  };
  const keepShown = (): void => {
    cancelKeeping = undefined;
    for (const [user, exposure] of [...unkept].slice(0, keptAtOnce)) {
      unkept.delete(user);
      const batch = writeSilent(...exposure);
      shown.set(user, batch);
      // Seldom of use: what has happened is not given up for it.
      void claims.claim(batch.senderId).then((isOurs) => isOurs && shown.get(user) === batch && store.put(batch, true));
    }
    if (unkept.size > 0) cancelKeeping = clock.after(keepIntervalMs, keepShown);
  };
  const resting = new Set<string>();
  const nameOf = (batch: Pick<Batch, 'senderId' | 'seq'>): string => `${batch.senderId}${batch.seq}`;
  let adoptedAtMs = -Infinity;

  // After something arrived, so that an outage is not made worse.
  const adopt = async (onMore: () => void): Promise<void> => {
    const nowMs = clock.now();
    if (Math.abs(nowMs - adoptedAtMs) < adoptIntervalMs) return;
    adoptedAtMs = nowMs;
    const others = new Set(store.list().map((stored) => stored.senderId));
    others.delete(senderId);
    if (others.size === 0) return;
    for (const other of others) await claims.claim(other);
    onMore();
  };

  const put = (batch: Batch): boolean => {
    void claims.claim(senderId);
    return store.put(batch);
  };

  return {
    ...store,
    put,
    setAside(take) {
      const batch = store.hasRoom(setAsideBytes) ? take(false, setAsideBytes, minSetAsideBytes) : undefined;
      if (batch && !put(batch)) lose(batch, 'storage');
    },
    next(isOwn = false) {
      const list = store.list().filter((stored) => isOurs(stored) || (!isOwn && claims.has(stored.senderId)));
      // The last first: its answer says which of the others have arrived.
      for (const stored of list.sort((a, b) => b.seq - a.seq)) {
        if (resting.has(nameOf(stored)) || (isOurs(stored) && isHeld(stored.seq))) continue;
        if ([...shown.values()].some((batch) => batch?.senderId === stored.senderId)) continue;
        const batch = store.read(stored);
        if (batch) return batch;
      }
      return undefined;
    },
    rest: (batch) => void resting.add(nameOf(batch)),
    settle(batch, gaps, onMore) {
      resting.clear();
      store.remove(batch);
      if (Array.isArray(gaps))
        for (const stored of store.list()) {
          const isMissing = gaps.some((gap) => gap?.[0] <= stored.seq && stored.seq <= gap?.[1]);
          if (stored.senderId === batch.senderId && stored.seq < batch.seq && !isMissing) store.removeKey(stored.key);
        }
      void adopt(onMore);
    },
    saw(observation, subject) {
      const { kind, feature, stage, arm } = observation;
      const isHeard = kind === 'settled' || kind === 'failure' || kind === 'aborted';
      // Without locks nobody can tell who lives.
      if (!locks || arm === 'none' || !(isHeard || kind === 'exposure')) return;
      const user = subject + feature + stage;
      if (isHeard) return hear(user);
      if (shown.has(user) || shown.size >= maxShown || globalThis.document?.visibilityState === 'hidden') return;
      shown.set(user, null);
      unkept.set(user, [observation, subject]);
      cancelKeeping ??= clock.after(keepIntervalMs, keepShown);
    },
    forgetShown() {
      cancelKeeping?.();
      cancelKeeping = undefined;
      [...shown.keys()].forEach(hear);
    },
    release: claims.releaseAll,
  };
}

const pageLocks = (): QueueLocks | null =>
  typeof document === 'undefined' ? null : (globalThis.navigator?.locks ?? null);
