import type { Locks } from '../lease.js';

/** A tab's place in the queue for a lock that the leader holds. */
export interface Leadership {
  /** Queues, unless it does. */
  ask(): void;
  /** Takes the lock from whoever has it. */
  steal(): void;
  /** Gives the lock or the place back. */
  drop(): void;
}

export interface LeadershipEvents {
  onLead(): void;
  /** It was not given back but taken; this tab queues again. */
  onRobbed(): void;
  /** There are no locks here after all. */
  onRefused(error: unknown): void;
}

export function createLeadership(locks: Locks, name: string, events: LeadershipEvents): Leadership {
  let current: { readonly aborter: AbortController; release(): void } | undefined;

  const request = async (isSteal: boolean): Promise<void> => {
    const own = { aborter: new AbortController(), isHeld: false, release: () => {} };
    current = own;
    const run = (): Promise<void> =>
      new Promise((resolve) => {
        // It was granted while it was given back.
        if (current !== own) return resolve();
        own.isHeld = true;
        own.release = resolve;
        events.onLead();
      });
    try {
      await locks.request(name, isSteal ? { steal: true } : { signal: own.aborter.signal }, run);
    } catch (error) {
      if (current === own && !(own.isHeld && Object(error).name === 'AbortError')) {
        current = undefined;
        return events.onRefused(error);
      }
    }
    if (current !== own) return;
    void request(false);
    events.onRobbed();
  };
  const drop = (): void => {
    const own = current;
    current = undefined;
    own?.aborter.abort();
    own?.release();
  };

  return {
    drop,
    ask() {
      if (!current) void request(false);
    },
    steal() {
      drop();
      void request(true);
    },
  };
}
