import type { Clock } from '../../client/clock.js';
import type { Version } from '../../evaluate/snapshot.js';
import { nameOf, type Repair, type RepairLog } from './repairLog.js';

/** What stores still have to get. */
export interface Repairs {
  isPending(target: Version, key: string): boolean;
  count(target: Version): number;
  /** Takes over what was kept. */
  restore(repairs: readonly Repair[]): void;
  /** @returns whether it was kept: false where there are too many already */
  add(repair: Repair): Promise<boolean>;
  /** A later write made it unnecessary, or it was done. */
  done(target: Version, key: string): Promise<void>;
  /** Tries all of them now, in order; resolves when nothing is left or nothing more can be done. */
  drain(): Promise<void>;
  stop(): void;
}

export interface RepairsOptions {
  readonly log: RepairLog;
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxRepairs: number;
  /** Whether a store is written to at all now: a v2 that was rolled back is left alone. */
  readonly isWritten: (target: Version) => boolean;
  /** Copies one record; rejects where that fails. */
  readonly copy: (repair: Repair) => Promise<void>;
  readonly fault: (operation: string, error: unknown) => void;
}

const firstDelayMs = 1_000;
const maxDelayMs = 300_000;

export function createRepairs({ log, clock, random, maxRepairs, isWritten, copy, fault }: RepairsOptions): Repairs {
  const pending = new Map<string, Repair>();
  let attempts = 0;
  let cancel: (() => void) | undefined;
  let running: Promise<boolean> | undefined;

  const keep = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // It stays in memory; a crash leaves it to `reconcile`.
      fault('migrate repair log', error);
    }
  };
  const schedule = (): void => {
    if (cancel || pending.size === 0) return;
    const limitMs = Math.min(firstDelayMs * 2 ** Math.min(attempts, 20), maxDelayMs);
    // Full jitter: processes that failed together do not come back together.
    cancel = clock.after(firstDelayMs / 2 + random() * limitMs, () => {
      cancel = undefined;
      void run();
    });
  };
  /** @returns whether all were done */
  const runAll = async (): Promise<boolean> => {
    const failed = new Set<Version>((['v1', 'v2'] as const).filter((target) => !isWritten(target)));
    for (const repair of [...pending.values()].sort((a, b) => a.sequence - b.sequence)) {
      if (failed.has(repair.target) || pending.get(nameOf(repair)) !== repair) continue;
      try {
        await copy(repair);
      } catch (error) {
        // Those behind it wait: a store that fails once most likely fails again.
        failed.add(repair.target);
        fault('migrate repair', error);
      }
    }
    return failed.size === 0;
  };
  const run = (): Promise<boolean> => {
    running ??= runAll().then((isDone) => {
      running = undefined;
      attempts = isDone ? 0 : attempts + 1;
      schedule();
      return isDone;
    });
    return running;
  };

  return {
    isPending: (target, key) => pending.size > 0 && pending.has(nameOf({ target, key })),
    count: (target) => [...pending.values()].filter((repair) => repair.target === target).length,
    restore(repairs) {
      for (const repair of repairs) pending.set(nameOf(repair), repair);
      schedule();
    },
    async add(repair) {
      const name = nameOf(repair);
      if (!pending.has(name) && pending.size >= maxRepairs) return false;
      pending.set(name, repair);
      schedule();
      await keep(() => log.put(repair));
      return true;
    },
    async done(target, key) {
      const repair = pending.get(nameOf({ target, key }));
      if (!repair) return;
      pending.delete(nameOf(repair));
      await keep(() => log.remove(repair));
    },
    async drain() {
      while (pending.size > 0 && (await run()));
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
