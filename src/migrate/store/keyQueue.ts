/** Runs what concerns one key in order, and different keys at the same time. */
export interface KeyQueue {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export function createKeyQueue(): KeyQueue {
  const last = new Map<string, Promise<unknown>>();
  return {
    run<T>(key: string, work: () => Promise<T>): Promise<T> {
      const before = last.get(key);
      const result = before ? before.then(work, work) : work();
      const settled = result.then(
        () => {},
        () => {},
      );
      last.set(key, settled);
      void settled.then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
      return result;
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
