import { createSwitchback } from 'react-switchback/client';
import {
  createStagedStore,
  migrateData,
  reconcile,
  stages,
  textRepairLog,
  type DataMigration,
  type Stage,
  type StagedStoreStatus,
} from 'react-switchback/migrate';
import { indexedDbStore } from './indexedDbStore.js';
import { localStorageStore } from './localStorageStore.js';

export interface MoveView extends Pick<StagedStoreStatus, 'stage' | 'isRolledBack' | 'refused' | 'repairs'> {
  readonly isBroken: boolean;
  /** Writes that were acknowledged, those whose authors were told that they failed, and keys that read otherwise than acknowledged. */
  readonly acknowledged: number;
  readonly failed: number;
  readonly lost: number;
  readonly inV1: number;
  readonly inV2: number;
}

/** The memories of a panel on their way from localStorage to IndexedDB, while people write. */
export interface Move {
  readonly migration: DataMigration;
  getView(): MoveView;
  subscribe(listener: () => void): () => void;
  /** One stage on, or back. */
  step(by: 1 | -1): void;
  /** Copies what was there before both stores were written, and mends what differs. */
  copy(): Promise<void>;
  setBroken(isBroken: boolean): void;
  /** Rolls the feature back, or undoes that. */
  setRolledBack(isRolledBack: boolean): void;
  close(): Promise<void>;
}

interface Memory {
  readonly text: string;
}

const prefix = 'memory:';
const memories = 30;
const writeEveryMs = 150;

/** @param name of the database, and of what is kept in localStorage */
export async function createMove(name: string): Promise<Move> {
  const v1 = localStorageStore<Memory>(localStorage, `${name}:${prefix}`);
  const v2 = await indexedDbStore<Memory>(name);
  let isBroken = false;
  const breaking =
    <Args extends unknown[], T>(run: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> =>
      isBroken ? Promise.reject(new Error('IndexedDB does not answer')) : run(...args);

  let revision = 0;
  let wanted: Stage = 'off';
  let isRolledBack = false;
  // What a service would publish.
  const rules = (): Record<string, unknown> => ({
    schema: 1,
    kind: 'rules',
    epoch: 1,
    revision: ++revision,
    publishedAt: '2026-01-01T00:00:00.000Z',
    emergency: null,
    kills: isRolledBack ? ['memoryPanel'] : [],
    features: { memoryPanel: { enabled: true, percentage: 100, config: { stage: wanted } } },
  });
  const client = createSwitchback({
    features: { memoryPanel: { config: { stage: 'off' } } },
    initial: rules(),
    storage: false,
    sinks: [],
    onInternalFault() {},
  });
  const store = createStagedStore<Memory>('memoryPanel', {
    client,
    v1,
    v2: { ...v2, get: breaking(v2.get), set: breaking(v2.set), delete: breaking(v2.delete) },
    repairLog: textRepairLog(localStorage, `${name}:repairs`),
    isShared: false,
  });
  let checkpoint: string | null = null;
  const migration = migrateData<Memory, Memory>({
    name,
    read: (page) => v1.list(page),
    transform: ({ value }) => value,
    write: (records) => v2.setAll(records),
    verify: (keys) => v2.getAll(keys),
    total: async () => (await v1.list({ limit: 1_000 })).length,
    remove: () => v2.clear(),
    checkpoint: { load: () => checkpoint, save: (text) => void (checkpoint = text) },
    batchSize: 5,
  });

  const acknowledged = new Map<string, string>();
  const counts = { acknowledged: 0, failed: 0, lost: 0, inV1: 0, inV2: 0 };
  const listeners = new Set<() => void>();
  let view: MoveView;
  const tell = (): void => {
    const { stage, isRolledBack: isKilled, refused, repairs } = store.getStatus();
    view = { stage, isRolledBack: isKilled, ...(refused !== undefined && { refused }), repairs, isBroken, ...counts };
    for (const listener of listeners) listener();
  };
  const publish = (): void => {
    client.applySnapshot(rules());
    tell();
  };

  const write = async (at: number): Promise<void> => {
    const key = `m-${String(at % memories).padStart(2, '0')}`;
    const text = `memory ${at % memories}, edition ${Math.floor(at / memories) + 1}`;
    try {
      await store.set(key, { text });
      acknowledged.set(key, text);
      counts.acknowledged++;
    } catch {
      // Whoever wrote it is told, and the memory is as it was.
      counts.failed++;
    }
  };
  const count = async (): Promise<void> => {
    let lost = 0;
    for (const [key, text] of acknowledged) {
      const found = await store.get(key).catch(() => undefined);
      if (found?.text !== text) lost++;
    }
    Object.assign(counts, { lost, inV1: (await v1.list({ limit: 1_000 })).length, inV2: await v2.count() });
  };
  let isClosed = false;
  const people = (async () => {
    for (let at = 0; !isClosed; at++) {
      await write(at);
      await count();
      tell();
      await new Promise((resolve) => setTimeout(resolve, writeEveryMs));
    }
  })();
  tell();

  return {
    migration,
    getView: () => view,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    step(by) {
      const at = stages.indexOf(store.getStatus().stage) + by;
      wanted = stages[Math.min(Math.max(at, 0), stages.length - 1)] ?? wanted;
      publish();
    },
    async copy() {
      checkpoint = null;
      await migration.run();
      // People went on writing meanwhile: what was copied may be older than what they wrote.
      await reconcile(store, { repair: true });
      tell();
    },
    setBroken(next) {
      isBroken = next;
      tell();
    },
    setRolledBack(next) {
      isRolledBack = next;
      wanted = 'off';
      publish();
    },
    async close() {
      isClosed = true;
      await people;
      await store.close();
      client.close();
      await v2.clear();
      v2.close();
      for (const key of Object.keys(localStorage)) if (key.startsWith(`${name}:`)) localStorage.removeItem(key);
    },
  };
}
