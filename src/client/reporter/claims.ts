/** The part of `navigator.locks` that is used. */
export interface QueueLocks {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    run: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>;
}

/** Whose stored batches this tab sends: its own, and those of tabs that are gone. */
export interface Claims {
  has(senderId: string): boolean;
  /** Resolves to whether they are ours now; never rejects. */
  claim(senderId: string): Promise<boolean>;
  releaseAll(): void;
}

/** @param locks null: there are none; two tabs may send the same batch, and the service counts it once */
export function createClaims(locks: QueueLocks | null): Claims {
  const releases = new Map<string, () => void>();
  return {
    has: (senderId) => releases.has(senderId),
    claim: (senderId) =>
      new Promise((resolve) => {
        if (releases.has(senderId)) return resolve(true);
        const hold = (lock: unknown): Promise<void> | undefined => {
          resolve(lock !== null);
          return lock === null ? undefined : new Promise((release) => releases.set(senderId, release));
        };
        if (!locks) return void hold(true);
        // A tab that is gone holds no lock, whatever ended it.
        const request = async () => locks.request(`switchback:queue:${senderId}`, { ifAvailable: true }, hold);
        request().catch(() => resolve(false));
      }),
    releaseAll() {
      for (const release of releases.values()) release();
      releases.clear();
    },
  };
}
