import type { RecordStore, StoredRecord } from 'react-switchback/migrate';

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });

/** A write is done when its transaction is: that is when it would outlive the page. */
const committed = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    for (const end of ['abort', 'error']) transaction.addEventListener(end, () => reject(transaction.error));
  });

export interface IndexedDbStore<Value> extends Required<RecordStore<Value>> {
  setAll(records: readonly StoredRecord<Value>[]): Promise<void>;
  getAll(keys: readonly string[]): Promise<readonly StoredRecord<Value>[]>;
  count(): Promise<number>;
  clear(): Promise<void>;
  close(): void;
}

const table = 'records';

/** Records in a database of their own, by key. */
export async function indexedDbStore<Value>(name: string): Promise<IndexedDbStore<Value>> {
  const opening = indexedDB.open(name, 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(table, { keyPath: 'key' }));
  const database = await done(opening);
  const read = () => database.transaction(table).objectStore(table);
  const write = async (change: (store: IDBObjectStore) => void): Promise<void> => {
    const transaction = database.transaction(table, 'readwrite');
    change(transaction.objectStore(table));
    await committed(transaction);
  };
  return {
    get: (key) => done(read().get(key) as IDBRequest<StoredRecord<Value> | undefined>),
    set: (record) => write((store) => store.put(record)),
    delete: (key) => write((store) => store.delete(key)),
    list: ({ after, limit }) =>
      done(
        read().getAll(after === undefined ? null : IDBKeyRange.lowerBound(after, true), limit) as IDBRequest<
          StoredRecord<Value>[]
        >,
      ),
    setAll: (records) =>
      write((store) => {
        for (const record of records) store.put(record);
      }),
    async getAll(keys) {
      const store = read();
      const found = await Promise.all(
        keys.map((key) => done(store.get(key) as IDBRequest<StoredRecord<Value> | undefined>)),
      );
      return found.filter((record) => record !== undefined);
    },
    count: () => done(read().count()),
    clear: () => write((store) => store.clear()),
    close: () => database.close(),
  };
}
