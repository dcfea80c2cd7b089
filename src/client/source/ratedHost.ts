import { countFailures } from './failures.js';
import type { ConnectionHost, StreamHost } from './streamHost.js';

/** A host that finds out how well its stream does. */
export interface RatedHost extends StreamHost {
  /** The stream was opened or closed, or speaks: told with each word, which proves that it is there. */
  changed(isOpen: boolean, isLive: boolean): void;
  /** The stream broke, or could not be opened; or a request was not answered. */
  failed(): void;
  /** Whether that was often of late, here. */
  isDegraded(): boolean;
  /** How the tab whose stream this is finds it; null: it is this one. */
  shares(isDegraded: boolean | null): void;
  stop(): void;
}

/** A stream that is live is degraded after three failures within a minute, of the tab that has it. */
export function rateHost(host: ConnectionHost): RatedHost {
  const failures = countFailures(host.clock);
  let isLeaderDegraded: boolean | null = null;
  return {
    ...host,
    changed(isOpen, isLive) {
      const quality = (isLeaderDegraded ?? failures.areMany()) ? 'degraded' : 'live';
      host.changed(isOpen, isLive ? quality : null);
    },
    failed: failures.add,
    isDegraded: failures.areMany,
    shares(isDegraded) {
      isLeaderDegraded = isDegraded;
    },
    stop: failures.clear,
  };
}
