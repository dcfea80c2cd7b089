import { countFailures } from './failures.js';
import type { ConnectionHost, StreamHost } from './streamHost.js';

/** A host that finds out how well its stream does. */
export interface RatedHost extends StreamHost {
  /** The stream was opened or closed; `isLive`: it spoke. */
  changed(isOpen: boolean, isLive: boolean): void;
  /** The stream broke, or could not be opened; or a request was not answered. */
  failed(): void;
  /** Whether that was often of late, here. */
  isDegraded(): boolean;
  /** How the tab whose stream this is finds it; null: it is this one. */
  shares(isDegraded: boolean | null): void;
  stop(): void;
}

/** A stream that is live is degraded after three failures within a minute, here or in the tab that has it. */
export function rateHost(host: ConnectionHost): RatedHost {
  let isOpen = false;
  let isLive = false;
  let isLeaderDegraded: boolean | null = null;
  const state = (): void => {
    const isDegraded = isLeaderDegraded ?? failures.areMany();
    host.changed(isOpen, isLive ? (isDegraded ? 'degraded' : 'live') : null);
  };
  const restate = (): void => {
    if (isLive) state();
  };
  const failures = countFailures(host.clock, restate);
  return {
    ...host,
    changed(isOpenNow, isLiveNow) {
      isOpen = isOpenNow;
      isLive = isLiveNow;
      state();
    },
    failed: failures.add,
    isDegraded: failures.areMany,
    shares(isDegraded) {
      isLeaderDegraded = isDegraded;
      restate();
    },
    stop: failures.clear,
  };
}
