/** What goes wrong with a browser's storage: it is denied, full, or gone. */
export type StorageOperation = 'open' | 'get' | 'set' | 'remove' | 'keys';

/**
 * localStorage that never throws. What cannot be written there is kept in memory for the life of the page, and wins over
 * what the browser still has.
 */
export interface SafeStorage {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): readonly string[];
  /** Calls back when a key changed, here or in another tab; null: anything may have changed, read all again. */
  subscribe(listener: (key: string | null) => void): () => void;
}

/** Where the browser's `storage` events arrive. */
export type StorageEvents = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/**
 * Opens a storage.
 * @param area a Storage; `false`: memory only; undefined: localStorage where there is one, else memory
 * @param onFault called with the first failure of each operation
 * @param events default: the window; none outside browsers
 * @returns never throws
 */
export function openStorage(
  area: Storage | false | undefined,
  onFault: (operation: StorageOperation, error: unknown) => void = () => {},
  events: StorageEvents | undefined = globalThis.window,
): SafeStorage {
  // Keys the area could not be told of; null: removed here.
  const memory = new Map<string, string | null>();
  const listeners = new Set<(key: string | null) => void>();
  const reported = new Set<StorageOperation>();

  // Returns whether it worked.
  const attempt = (operation: StorageOperation, run: (area: Storage) => void): boolean => {
    if (!opened) return false;
    try {
      run(opened);
      return true;
    } catch (error) {
      report(operation, error);
      return false;
    }
  };
  const report = (operation: StorageOperation, error: unknown): void => {
    if (reported.has(operation)) return;
    reported.add(operation);
    try {
      onFault(operation, error);
    } catch {
      // There is nobody left to tell.
    }
  };
  const notify = (key: string | null): void => {
    for (const listener of Array.from(listeners)) {
      try {
        listener(key);
      } catch (error) {
        report('get', error);
      }
    }
  };
  const onStorage = (event: Event): void => {
    const { key = null, storageArea } = event as Partial<StorageEvent>;
    if (storageArea && storageArea !== opened) return;
    // Another tab wrote later than we did.
    if (key === null) memory.clear();
    else memory.delete(key);
    notify(key);
  };

  let opened: Storage | undefined;
  try {
    // Merely touching localStorage throws in an opaque origin.
    opened = area === false ? undefined : (area ?? globalThis.window?.localStorage);
  } catch (error) {
    report('open', error);
  }

  const storage: SafeStorage = {
    get(key) {
      const kept = memory.get(key);
      if (kept !== undefined) return kept;
      let value: unknown = null;
      attempt('get', (area) => (value = area.getItem(key)));
      return typeof value === 'string' ? value : null;
    },
    set(key, value) {
      if (storage.get(key) === value) return;
      if (attempt('set', (area) => area.setItem(key, value))) memory.delete(key);
      else {
        memory.set(key, value);
        // What was overwritten here must not come back with the next page.
        attempt('remove', (area) => area.removeItem(key));
      }
      notify(key);
    },
    remove(key) {
      if (storage.get(key) === null) return;
      if (attempt('remove', (area) => area.removeItem(key))) memory.delete(key);
      else if (opened) memory.set(key, null);
      else memory.delete(key);
      notify(key);
    },
    keys() {
      const keys = new Set<string>();
      attempt('keys', (area) => {
        for (let at = 0; at < area.length; at++) {
          const key = area.key(at);
          if (key !== null) keys.add(key);
        }
      });
      for (const [key, value] of memory) {
        if (value === null) keys.delete(key);
        else keys.add(key);
      }
      return [...keys];
    },
    subscribe(listener) {
      // A copy of our own, so that the same function may subscribe twice.
      const own = (key: string | null) => listener(key);
      if (listeners.size === 0) events?.addEventListener('storage', onStorage);
      listeners.add(own);
      return () => {
        if (listeners.delete(own) && listeners.size === 0) events?.removeEventListener('storage', onStorage);
      };
    },
  };
  return storage;
}
