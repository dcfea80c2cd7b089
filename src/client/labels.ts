import type { Decision } from '../decide/decide.js';
import type { FeatureRule, Version } from '../evaluate/snapshot.js';
import type { Observation, ObservedVersion } from '../observe/observe.js';
import type { Clock } from './clock.js';
import type { Decisions } from './decisions.js';
import type { Early } from './early.js';
import type { Emit } from './episode.js';
import type { ShownBy } from './gateHost.js';
import type { ClientState } from './state.js';

export interface LabelsOptions {
  readonly read: () => ClientState;
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly early: Early;
  readonly observe: (observation: Observation, subject: string) => void;
}

/** What the gates of a feature do when v2 is decided for them. */
export interface Upgrades {
  /** They follow at once. */
  readonly areLive: boolean;
  /** They stay on v1, since one of them came before anything was decided. */
  areHeldEarly(): boolean;
}

/** Says of observations of one feature what they are about. */
export interface Labels {
  /** Labels as things are now, or as they are once anything is decided. @param gate whose version it is, if any gate's */
  observer(version: Version, decision: Decision, isFallback?: boolean, gate?: ShownBy): Emit;
  /** The feature may be decided otherwise from now on. */
  forget(): void;
}

interface Labelled {
  readonly state: ClientState;
  readonly version: Version;
  readonly decision: Decision;
  readonly isOutside: boolean;
  readonly emit: Emit;
}

export function createLabels(
  feature: string,
  { read, decisions, clock, early, observe }: LabelsOptions,
  upgrades: Upgrades,
): Labels {
  // A list of gates asks for the same again and again.
  let latest: Labelled | undefined;

  const labelsOf = (version: Version, { reason }: Decision, isOutside: boolean): ObservedVersion => {
    const { snapshot } = read();
    const assignment = decisions.assignmentOf(feature);
    const rule = snapshot?.features.get(feature);
    const isAssigned = !isOutside && assignment?.reason === 'SPLIT' && assignment.version === version;
    return {
      feature,
      version,
      arm: isAssigned ? version : 'none',
      // Who is in an arm is there by the percentage, also while the breaker keeps v2 away or leaves one that works.
      reason: isAssigned ? 'SPLIT' : reason,
      epoch: snapshot?.epoch ?? 0,
      revision: snapshot?.revision ?? 0,
      stage: rule && 'stage' in rule ? rule.stage : null,
    };
  };
  const emitAs = (labels: ObservedVersion): Emit => {
    // Whatever comes late is still of this user.
    const { subject } = decisions.digestOf(feature);
    return (observed, atMs = clock.now()) => {
      // Of now, not of when the episode began: a lower rate holds at once.
      const { sampling = 1 }: Partial<FeatureRule> = Object(read().snapshot?.features.get(feature));
      const observation = { ...labels, ...observed, ...(sampling < 1 && { sampling }), atMs } as Observation;
      read().inspect?.(observation);
      // A forced version says nothing about its users: it is counted as such, once, and nothing else of it is.
      if (!isForced(labels)) observe(observation, subject);
      else if (observed.kind === 'attempt') observe({ ...observation, kind: 'overridden' } as Observation, subject);
    };
  };

  return {
    observer(version, decision, isFallback = false, gate) {
      const state = read();
      // Had it been v2, a gate that holds would show v1 as well: neither can be compared.
      const isOutside = isFallback || isForced(decision) || Boolean(gate && upgrades.areHeldEarly());
      const isSame =
        latest?.state === state &&
        latest.version === version &&
        latest.decision === decision &&
        latest.isOutside === isOutside;
      if (!isSame || !latest) {
        const emit = emitAs(labelsOf(version, decision, isOutside));
        latest = { state, version, decision, isOutside, emit };
      }
      const { emit } = latest;
      if (state.snapshot || isOutside || (gate && !upgrades.areLive)) return emit;
      return early.emit(() => {
        // What has left before would not have become a v2 either.
        if (gate && gate.mountedOn !== version) return emit;
        const now = decisions.cell(feature).get();
        const decided = labelsOf(version, now, isForced(now));
        return decided.arm === 'none' ? emit : emitAs(decided);
      });
    },
    forget() {
      latest = undefined;
    },
  };
}

const isForced = ({ reason }: Pick<Decision, 'reason'>): boolean => reason === 'OVERRIDE';
