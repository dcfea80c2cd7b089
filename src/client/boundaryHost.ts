import type { Decision } from '../decide/decide.js';
import type { GateHost } from './gateHost.js';
import type { Loads } from './loads.js';

/** A feature's host for a boundary that does not gate: v2 always, yet counted with its feature. */
export function createBoundaryHost(host: GateHost): GateHost {
  let source: Decision | undefined;
  let forced: Decision | undefined;
  const liveDecision = (): Decision => {
    const live = host.liveDecision();
    if (forced === undefined || source !== live) forced = { ...live, version: 'v2', enabled: true };
    source = live;
    return forced;
  };
  return {
    ...host,
    ...ungated,
    liveDecision,
    serverDecision: liveDecision,
    untrippedDecision: liveDecision,
  };
}

/** A host for a boundary without a feature: it falls back, and nothing is counted. */
export function createLooseHost(loads: Loads, guardHost: GateHost['guardHost']): GateHost {
  const decision: Decision = { feature: '', version: 'v2', enabled: true, reason: 'STATIC' };
  const getDecision = () => decision;
  return {
    ...ungated,
    feature: null,
    loads,
    liveDecision: getDecision,
    serverDecision: getDecision,
    untrippedDecision: getDecision,
    trippedDecision: getDecision,
    chosenDecision: getDecision,
    subscribe: () => () => {},
    beginEpisode: () => undefined,
    emit: () => {},
    failed: () => {},
    startLoad: (lazy) => void loads.request(lazy.loader, lazy.options).catch(() => {}),
    onFallback: () => {},
    guardHost,
  };
}

const ungated = {
  isKill: () => false,
  isUndecided: () => false,
  isHalfOpen: () => false,
  heldDecision: () => undefined,
  mountOnV1: () => () => {},
  takeProbe: () => undefined,
  suppressed: () => {},
};
