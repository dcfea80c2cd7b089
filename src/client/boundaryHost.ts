import type { Decision } from '../decide/decide.js';
import { systemClock } from './clock.js';
import type { GateHost } from './gateHost.js';

/** A feature's host for a boundary that does not gate: v2 always, yet counted with its feature. */
export function createBoundaryHost(host: GateHost): GateHost {
  return { ...host, ...ungated(() => ({ ...host.decision(), version: 'v2', enabled: true })) };
}

/** A host for a boundary without a feature: it falls back, and nothing is counted. */
export function createLooseHost(loads: GateHost['loads'], guardHost: GateHost['guardHost']): GateHost {
  return {
    ...ungated(() => ({ feature: '', version: 'v2', enabled: true, reason: 'STATIC' })),
    shownVersion: () => 'v2',
    feature: null,
    clock: systemClock,
    loads,
    subscribe: () => () => {},
    beginEpisode: () => undefined,
    observer: () => () => {},
    failed: () => {},
    onFallback: () => {},
    guardHost,
  };
}

const ungated = (decision: () => Decision) => ({
  decision,
  isKill: () => false,
  serverDecision: decision,
  viewFor: () => ({ shows: 'v2', decision: decision(), component: undefined, isHtml: false, isProven: true }) as const,
  mountOnV1: () => () => {},
  takeProbe: () => undefined,
});
