import type { Decision } from '../decide/decide.js';
import type { FeatureRule, Version } from '../evaluate/snapshot.js';
import type { Observation } from '../observe/observe.js';
import type { Clock } from './clock.js';
import type { Decisions } from './decisions.js';
import type { Observed } from './episode.js';
import type { ClientState } from './state.js';

export interface LabelsOptions {
  readonly read: () => ClientState;
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly observe: (observation: Observation) => void;
}

/** Says of observations of one feature what they are about. */
export interface Labels {
  /** Labels as things are now. */
  observer(version: Version, decision: Decision, isFallback?: boolean): (observed: Observed) => void;
  /** The feature may be decided otherwise from now on. */
  forget(): void;
}

interface Labelled {
  readonly state: ClientState;
  readonly version: Version;
  readonly decision: Decision;
  readonly isFallback: boolean;
  readonly observer: (observed: Observed) => void;
}

export function createLabels(feature: string, { read, decisions, clock, observe }: LabelsOptions): Labels {
  // A list of gates asks for the same again and again.
  let latest: Labelled | undefined;

  const label = (state: ClientState, version: Version, { reason }: Decision, isFallback: boolean) => {
    const { snapshot } = state;
    const assignment = decisions.assignmentOf(feature);
    const rule = snapshot?.features.get(feature);
    const isOverridden = reason === 'OVERRIDE';
    const isAssigned = !isFallback && !isOverridden && assignment?.reason === 'SPLIT' && assignment.version === version;
    const labels = {
      feature,
      version,
      arm: isAssigned ? version : ('none' as const),
      reason,
      epoch: snapshot?.epoch ?? 0,
      revision: snapshot?.revision ?? 0,
      stage: rule && 'stage' in rule ? rule.stage : null,
    };
    return (observed: Observed) => {
      const atMs = clock.now();
      // Of now, not of when the episode began: a lower rate holds at once.
      const { sampling = 1 }: Partial<FeatureRule> = Object(read().snapshot?.features.get(feature));
      const observation = { ...labels, ...observed, ...(sampling < 1 && { sampling }), atMs } as Observation;
      read().inspect?.(observation);
      // A forced version says nothing about its users: it is counted as such, once, and nothing else of it is.
      if (!isOverridden) observe(observation);
      else if (observed.kind === 'attempt') observe({ ...observation, kind: 'overridden' } as Observation);
    };
  };

  return {
    observer(version, decision, isFallback = false) {
      const state = read();
      const isSame =
        latest?.state === state &&
        latest.version === version &&
        latest.decision === decision &&
        latest.isFallback === isFallback;
      if (!isSame || !latest)
        latest = { state, version, decision, isFallback, observer: label(state, version, decision, isFallback) };
      return latest.observer;
    },
    forget() {
      latest = undefined;
    },
  };
}
