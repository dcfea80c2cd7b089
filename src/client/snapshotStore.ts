import { digestOf } from '../evaluate/bucket.js';
import { parseSnapshot } from '../evaluate/parseSnapshot.js';
import type { SafeStorage } from './storage.js';

/** The last known good snapshot. */
export interface StoredSnapshot {
  /** For `parseSnapshot`. Of an expired snapshot only `kills` and `emergency` are left: v2 is not rendered from it. */
  readonly value: unknown;
  /** When the service last said that it holds, in ms since 1970. */
  readonly contactAtMs: number;
  readonly expired: boolean;
}

/** Keeps the last known good snapshot of one source and one identity from visit to visit. */
export interface SnapshotStore {
  /** Keeps a snapshot as it came; one above 256 KB is not kept. */
  save(value: unknown, contactAtMs: number): void;
  /** Notes that what was saved last still holds; written at most every 10 s. */
  touch(contactAtMs: number): void;
  /** @returns undefined when there is none, or nothing of it may be used; a corrupt one is removed */
  load(nowMs: number): StoredSnapshot | undefined;
  /** Forgets the snapshots of this source, for every identity. */
  clear(): void;
}

const prefix = 'switchback:snapshot:';
const maxLength = 256 * 1_024;
const maxIdentities = 5;
const touchIntervalMs = 10_000;

/**
 * Opens the store of one source and one identity.
 * @param storageKey the source's; null: nothing is stored
 * @param targetingKey whose snapshot it is; only a digest of it is written
 */
export function createSnapshotStore(
  storage: SafeStorage,
  storageKey: string | null,
  targetingKey: string,
): SnapshotStore {
  const sourcePrefix = `${prefix}${digestOf('source', storageKey ?? '').tag}:`;
  const key = sourcePrefix + digestOf(storageKey ?? '', targetingKey).tag;
  // Apart from the snapshot, so that a heartbeat does not rewrite 200 KB; `@` keeps it out of the snapshots' names.
  const contactKey = `${prefix}@${key.slice(prefix.length)}`;
  let savedAs: string | undefined;
  let touchedAtMs = Number.NaN;

  const forget = (name: string): void => {
    storage.remove(name);
    storage.remove(`${prefix}@${name.slice(prefix.length)}`);
  };
  const stored = (): readonly string[] => storage.keys().filter((name) => name.startsWith(sourcePrefix));

  const load = (nowMs: number): StoredSnapshot | undefined => {
    const text = storage.get(key);
    if (text === null) return undefined;
    const read = readStored(text);
    const parsed = parseSnapshot(read?.value);
    if (!read || parsed.status === 'invalid') {
      forget(key);
      return undefined;
    }
    const [touched, contact] = (storage.get(contactKey) ?? '').split('@');
    savedAs = nameOf(read.value);
    const atMs = touched === savedAs ? Number(contact) : Number.NaN;
    const contactAtMs = atMs > read.contactAtMs ? atMs : read.contactAtMs;
    const { value } = read;
    if (parsed.status === 'killsOnly') return { value, contactAtMs, expired: true };
    // A clock that was set back gives a negative age: that expires nothing.
    if (nowMs - contactAtMs <= parsed.snapshot.delivery.maxStaleMs) return { value, contactAtMs, expired: false };
    const { kills, emergency } = parsed.snapshot;
    if (kills.size === 0 && emergency === null) return undefined;
    return { value: { kills: [...kills], emergency }, contactAtMs, expired: true };
  };

  return {
    save(value, contactAtMs) {
      if (storageKey === null) return;
      const text = JSON.stringify({ schema: 1, contactAtMs, value });
      savedAs = undefined;
      // A snapshot that cannot be kept must not leave an older one behind.
      if (text.length > maxLength) return forget(key);
      storage.set(key, text);
      savedAs = nameOf(value);
      touchedAtMs = contactAtMs;
      const others = stored().filter((name) => name !== key);
      others.slice(maxIdentities - 1).forEach(forget);
    },
    touch(contactAtMs) {
      if (savedAs === undefined || Math.abs(contactAtMs - touchedAtMs) < touchIntervalMs) return;
      touchedAtMs = contactAtMs;
      storage.set(contactKey, `${savedAs}@${contactAtMs}`);
    },
    load: (nowMs) => (storageKey === null ? undefined : load(nowMs)),
    clear() {
      savedAs = undefined;
      if (storageKey !== null) stored().forEach(forget);
    },
  };
}

function readStored(text: string): { value: unknown; contactAtMs: number } | undefined {
  try {
    const { schema, contactAtMs, value } = JSON.parse(text);
    return schema === 1 && Number.isFinite(contactAtMs) ? { value, contactAtMs } : undefined;
  } catch {
    return undefined;
  }
}

// A contact only counts for the snapshot it was about.
function nameOf(value: unknown): string | undefined {
  const { epoch, revision } = Object(value);
  return `${epoch}-${revision}`;
}
