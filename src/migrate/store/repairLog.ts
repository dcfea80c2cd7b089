import { isObject } from '../../evaluate/kind.js';
import type { Version } from '../../evaluate/snapshot.js';
import { isStage, type Behind, type Stage } from './stage.js';

/** A record that one store has and the other one still has to get. Its value is not in it: it is read when it is copied. */
export interface Repair {
  /** Who lacks it. */
  readonly target: Version;
  readonly key: string;
  /** Of the write that failed; repairs are tried in this order. */
  readonly sequence: number;
}

/** What outlives a process. */
export interface MigrationState {
  readonly stage: Stage;
  readonly behind: Behind;
}

/** What a repair log had kept. */
export interface KeptState {
  readonly state: MigrationState | undefined;
  readonly repairs: readonly Repair[];
  /** Something is there and cannot be read: nobody knows what either store lacks. */
  readonly isDamaged: boolean;
}

/** Where repairs and the stage are kept. Shared by processes that write to the same stores, or one for each. */
export interface RepairLog {
  /** What an earlier process left. */
  load(): Promise<KeptState>;
  /** One repair for a target and key: a later one replaces it. */
  put(repair: Repair): Promise<void>;
  /** Removes it, unless a later one took its place. */
  remove(repair: Repair): Promise<void>;
  /** Keeps the stage and who is behind. */
  saveState(state: MigrationState): Promise<void>;
}

/** What a Storage gives, such as localStorage; what it gives may be promised. */
export interface TextStorage {
  /** Null where there is none. */
  getItem(name: string): string | null | Promise<string | null>;
  /** Replaces what is there. */
  setItem(name: string, text: string): void | Promise<void>;
}

/** @returns a repair for each target and key, by what names it; whatever makes no sense is left out */
const repairsIn = (value: unknown): Map<string, Repair> => {
  const repairs = new Map<string, Repair>();
  for (const one of Array.isArray(value) ? (value as unknown[]) : []) {
    if (!isObject(one)) continue;
    const { target, key, sequence } = one;
    if ((target === 'v1' || target === 'v2') && typeof key === 'string' && Number.isSafeInteger(sequence))
      repairs.set(nameOf({ target, key }), { target, key, sequence: Number(sequence) });
  }
  return repairs;
};

export const nameOf = ({ target, key }: Pick<Repair, 'target' | 'key'>): string => `${target}:${key}`;

function stateIn(value: unknown): MigrationState | undefined {
  if (!isObject(value) || !isStage(value['stage']) || !isObject(value['behind'])) return undefined;
  const { v1, v2 } = value['behind'];
  // What is not known to be there is taken to be missing.
  return { stage: value['stage'], behind: { v1: v1 === true, v2: v2 !== false } };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps repairs and the stage as one JSON text. One process or tab at a time may write to it.
 * @param name of the text in the storage
 */
export function textRepairLog(storage: TextStorage, name: string): RepairLog {
  let repairs = new Map<string, Repair>();
  let state: MigrationState | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const save = (): Promise<void> => {
    const text = JSON.stringify({ state, repairs: [...repairs.values()] });
    const saved = last.then(() => storage.setItem(name, text));
    last = saved.catch(() => {});
    return saved;
  };
  return {
    async load() {
      const text = await storage.getItem(name);
      if (text === null) return { state: undefined, repairs: [], isDamaged: false };
      const found = parse(text);
      repairs = repairsIn(found?.['repairs']);
      state = stateIn(found?.['state']);
      return { state, repairs: [...repairs.values()], isDamaged: !found || !Array.isArray(found['repairs']) };
    },
    put(repair) {
      repairs.set(nameOf(repair), repair);
      return save();
    },
    remove(repair) {
      const known = repairs.get(nameOf(repair));
      if (!known || known.sequence > repair.sequence) return Promise.resolve();
      repairs.delete(nameOf(repair));
      return save();
    },
    saveState(next) {
      state = next;
      return save();
    },
  };
}

/** Keeps repairs in memory alone: what is left of them when the process ends is for `reconcile` to find. */
export function memoryRepairLog(): RepairLog {
  const texts = new Map<string, string>();
  return textRepairLog(
    { getItem: (name) => texts.get(name) ?? null, setItem: (name, text) => void texts.set(name, text) },
    'repairs',
  );
}
