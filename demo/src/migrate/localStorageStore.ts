import { NotApplied, type RecordStore, type StoredRecord } from 'react-switchback/migrate';

/** Records under a prefix of a Storage, each as one JSON text. */
export function localStorageStore<Value>(storage: Storage, prefix: string): Required<RecordStore<Value>> {
  const read = (key: string): StoredRecord<Value> | undefined => {
    const text = storage.getItem(prefix + key);
    return text === null ? undefined : { key, ...(JSON.parse(text) as Omit<StoredRecord<Value>, 'key'>) };
  };
  return {
    get: async (key) => read(key),
    async set({ key, ...rest }) {
      try {
        storage.setItem(prefix + key, JSON.stringify(rest));
      } catch (cause) {
        // A Storage that is full keeps what it had.
        throw new NotApplied('the storage is full', { cause });
      }
    },
    async delete(key) {
      storage.removeItem(prefix + key);
    },
    async list({ after, limit }) {
      const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '')
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length))
        .filter((key) => after === undefined || key > after)
        .sort();
      return keys.slice(0, limit).flatMap((key) => read(key) ?? []);
    },
  };
}
