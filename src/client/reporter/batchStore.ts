import type { SafeStorage } from '../storage.js';
import type { Batch, Dropped } from './batch.js';

/** What the key of a stored batch says of it. */
export interface StoredBatch {
  readonly key: string;
  readonly senderId: string;
  readonly seq: number;
  readonly isCritical: boolean;
  readonly observations: number;
  /** Characters it takes. */
  readonly size: number;
}

/** Batches that outlast their page, each until it arrived, or for 24 h. All tabs of a browser share the room. */
export interface BatchStore {
  /** Whether so many characters could be had for a batch of this tab. */
  hasRoom(size: number): boolean;
  /**
   * Keeps a batch, at the price of older ones of this tab; false: there is no room for it.
   * @param isSparing gives up none of them
   */
  put(batch: Batch, isSparing?: boolean): boolean;
  has(batch: Batch): boolean;
  remove(batch: Batch): void;
  removeKey(key: string): void;
  /** Of all tabs, living or gone. */
  list(): readonly StoredBatch[];
  /** Reads one; undefined for one that is gone, damaged or too old, and then it is removed and counted. */
  read(stored: StoredBatch): Batch | undefined;
}

export interface BatchStoreOptions {
  readonly storage: Pick<SafeStorage, 'get' | 'set' | 'remove' | 'keys'>;
  readonly senderId: string;
  readonly nowMs: () => number;
  readonly checksumOf: (text: string) => string;
  /** Which of our own must not be given up for room, because it is under way. */
  readonly isHeld: (stored: StoredBatch) => boolean;
  readonly lose: (batch: Pick<Batch, 'observations' | 'dropped'>, why: keyof Dropped) => void;
}

const prefix = 'switchback:queue:';
const pattern = /^switchback:queue:([0-9a-f]{32}):(\d{1,15}):([ci]):(\d{1,7}):(\d{1,6})$/;
const maxSize = 128 * 1_024;
const maxAgeMs = 86_400_000;
const nothing: Dropped = { queueFull: 0, expired: 0, storage: 0 };
/** A tab may have this many times what it leaves free: three quarters alone, and each of many an equal part. */
const share = 3;

export function createBatchStore(options: BatchStoreOptions): BatchStore {
  const { storage, senderId, nowMs, checksumOf, isHeld, lose } = options;
  const keyOf = (batch: Batch): string =>
    `${prefix}${batch.senderId}:${batch.seq}:${batch.isCritical ? 'c' : 'i'}:${batch.observations}:${batch.text.length + 8}`;

  const list = (): StoredBatch[] =>
    storage.keys().flatMap((key) => {
      const [, sender, seq, kind, observations, size] = pattern.exec(key) ?? [];
      if (sender) {
        const numbers = { seq: Number(seq), observations: Number(observations), size: Number(size) + key.length };
        return [{ key, senderId: sender, isCritical: kind === 'c', ...numbers }];
      }
      if (key.startsWith(prefix)) {
        storage.remove(key);
        lose({ observations: 1, dropped: nothing }, 'storage');
      }
      return [];
    });

  const read = (stored: StoredBatch): Batch | undefined => {
    const value = storage.get(stored.key);
    if (value === null) return undefined;
    let why: keyof Dropped = 'storage';
    let dropped = nothing;
    try {
      const text = value.slice(8);
      if (checksumOf(text) === value.slice(0, 8)) {
        const { schema, sentAt, dropped: told } = JSON.parse(text);
        // Of another build: not as we write it.
        if (schema === 1) {
          dropped = { ...nothing, ...told };
          if (Math.abs(nowMs() - sentAt) < maxAgeMs) return { ...stored, text, dropped };
          why = 'expired';
        }
      }
    } catch {
      // Not as we write it either.
    }
    storage.remove(stored.key);
    lose({ ...stored, dropped }, why);
    return undefined;
  };

  const giveUp = (stored: StoredBatch): void => {
    const batch = read(stored);
    storage.remove(stored.key);
    if (batch) lose(batch, 'storage');
  };

  const isOwn = (stored: StoredBatch): boolean => stored.senderId === senderId;
  const total = (of: readonly StoredBatch[]): number => of.reduce((sum, { size }) => sum + size, 0);
  /** Whether a tab that has `own` may have so much more while `free` is left to all. */
  const isFair = (own: number, free: number, size: number): boolean => own + size <= share * (free - size);

  return {
    list,
    read,
    hasRoom: (size) => isFair(0, maxSize - total(list().filter((stored) => !isOwn(stored))), size),
    put(batch, isSparing = false) {
      const size = keyOf(batch).length + batch.text.length + 8;
      const all = list();
      let own = total(all.filter(isOwn));
      let free = maxSize - total(all);
      const victims = all.filter((stored) => !isSparing && isOwn(stored) && !isHeld(stored));
      // The oldest first; critical ones last, and for a critical one alone.
      victims.sort((a, b) => Number(a.isCritical) - Number(b.isCritical) || a.seq - b.seq);
      for (const victim of victims) {
        if (isFair(own, free, size) || (victim.isCritical && !batch.isCritical)) break;
        giveUp(victim);
        own -= victim.size;
        free += victim.size;
      }
      if (!isFair(own, free, size)) return false;
      storage.set(keyOf(batch), checksumOf(batch.text) + batch.text);
      return true;
    },
    has: (batch) => storage.get(keyOf(batch)) !== null,
    remove: (batch) => storage.remove(keyOf(batch)),
    removeKey: storage.remove,
  };
}
