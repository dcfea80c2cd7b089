import { NotApplied, type RecordStore, type StoredRecord } from '../../../src/migrate/index.js';

/** What happens to a call: it works, it does nothing and says so, it does nothing, or it does it and fails all the same. */
export type Fate = 'works' | 'refuses' | 'fails' | 'failsAfter';

/** A store whose records outlive its users, and whose calls fail as they are told to. */
export interface FaultyStore extends Required<RecordStore<number>> {
  readonly records: Map<string, StoredRecord<number>>;
  /** Writes that were done, by key and value; a deletion is undefined. */
  readonly writes: (readonly [string, number | undefined])[];
  /** Of the calls to come, in order; after that they work. */
  readonly fates: Fate[];
}

export function createFaultyStore(fates: Fate[] = []): FaultyStore {
  const records = new Map<string, StoredRecord<number>>();
  const writes: (readonly [string, number | undefined])[] = [];
  const attempt = async <T>(run: () => T): Promise<T> => {
    await Promise.resolve();
    const fate = fates.shift() ?? 'works';
    if (fate === 'refuses') throw new NotApplied('refused');
    if (fate === 'fails') throw new Error('failed');
    const result = run();
    if (fate === 'failsAfter') throw new Error('failed after it was done');
    return result;
  };
  return {
    records,
    writes,
    fates,
    get: (key) => attempt(() => records.get(key)),
    set: (record) =>
      attempt(() => {
        writes.push([record.key, record.value]);
        records.set(record.key, record);
      }),
    delete: (key) =>
      attempt(() => {
        writes.push([key, undefined]);
        records.delete(key);
      }),
    list: ({ after, limit }) =>
      attempt(() =>
        [...records.values()]
          .sort((a, b) => (a.key < b.key ? -1 : 1))
          .filter(({ key }) => after === undefined || key > after)
          .slice(0, limit),
      ),
  };
}
