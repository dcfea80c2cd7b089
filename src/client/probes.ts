import type { OnInternalFault } from '../error.js';
import type { BreakerState } from '../guard/breaker.js';
import type { Clock } from './clock.js';
import { fetchChunk } from './fetchChunk.js';
import type { Lease, LeaseHost, Locks } from './lease.js';
import type { SafeStorage } from './storage.js';

/** Who may try v2 for a half-open breaker: one gate in the whole browser. */
export interface Probes {
  /** Says what a feature's breaker is now. */
  follow(feature: string, state: BreakerState['state']): void;
  take(feature: string, onLost?: () => void): (() => void) | undefined;
  /** Whether what a gate here finds out may decide. */
  isProbing(feature: string): boolean;
  start(): void;
  close(): void;
}

export interface ProbesOptions {
  readonly storage: SafeStorage;
  readonly clock: Clock;
  /** Null: each tab lets one gate of its own try. Default: the browser's, where there is a page. */
  readonly locks?: Locks | null | undefined;
  /** Fetches the code of the lease; default: by `import`. */
  readonly loadLease?: (() => Promise<{ createLease(feature: string, host: LeaseHost): Lease }>) | undefined;
  /** Default: the page's. */
  readonly visibility?: LeaseHost['visibility'] | undefined;
  readonly onFault: OnInternalFault;
}

interface Probe {
  /** Undefined while its code is not there. */
  lease?: Lease | undefined;
  /** There while a gate tries: whether what comes of it may decide. */
  counts?: (() => boolean) | undefined;
}

export function createProbes(options: ProbesOptions): Probes {
  const { clock, storage, onFault, visibility, loadLease = () => import('./lease.js') } = options;
  const { locks = typeof document === 'undefined' ? null : (globalThis.navigator?.locks ?? null) } = options;
  const halfOpen = new Map<string, Probe>();
  let createLease: ((feature: string, host: LeaseHost) => Lease) | undefined;
  let isRunning = false;
  // Where locks or their code cannot be had, each tab is alone.
  let isAlone = locks === null;
  let stopFetching: (() => void) | undefined;

  const lend = (feature: string, probe: Probe): void => {
    if (!isRunning || !locks || !createLease) return;
    probe.lease ??= createLease(feature, { locks, storage, clock, visibility, onFault });
  };
  // During the cool-down, so that it is there when it is needed.
  const fetchLease = (): void => {
    if (!isRunning || !locks) return;
    stopFetching ??= fetchChunk(
      loadLease,
      clock,
      (chunk) => {
        createLease = chunk.createLease;
        isAlone = false;
        for (const [feature, probe] of halfOpen) lend(feature, probe);
      },
      (error) => {
        isAlone = true;
        onFault('lease', error);
      },
    );
  };

  return {
    follow(feature, state) {
      if (state !== 'closed') fetchLease();
      const probe = halfOpen.get(feature);
      if (state !== 'halfOpen') {
        halfOpen.delete(feature);
        probe?.lease?.close();
      } else if (!probe) {
        const entered = {};
        halfOpen.set(feature, entered);
        lend(feature, entered);
      }
    },
    take(feature, onLost) {
      const probe = halfOpen.get(feature);
      if (!probe || probe.counts || !(isAlone || probe.lease?.isHeld())) return undefined;
      const { lease } = probe;
      const counts = (probe.counts = () => !lease || lease.isHeld());
      const release = lease?.keep(() => {
        probe.counts = undefined;
        onLost?.();
      });
      return () => {
        if (probe.counts !== counts) return;
        probe.counts = undefined;
        release?.();
      };
    },
    isProbing: (feature) => halfOpen.get(feature)?.counts?.() === true,
    start() {
      isRunning = true;
      for (const [feature, probe] of halfOpen) lend(feature, probe);
    },
    close() {
      isRunning = false;
      stopFetching?.();
      stopFetching = undefined;
      for (const probe of halfOpen.values()) {
        if (!probe.lease) continue;
        probe.lease.close();
        probe.lease = probe.counts = undefined;
      }
    },
  };
}
