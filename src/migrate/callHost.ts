// Comes in: a client, and who calls. Goes out: which version runs this call, and what became of it. Who calls: safely, shadow.
import { decide, type Decision } from '../decide/decide.js';
import { digestOf } from '../evaluate/bucket.js';
import type { EvaluationContext, Version } from '../evaluate/snapshot.js';
import type { FallbackEvent } from '../client/gateView.js';
import type { Clock } from '../client/clock.js';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import type { FeatureKey } from '../features.js';
import type { Observation, ObservedVersion } from '../observe/observe.js';

/** Who a call is made for. */
export interface Caller {
  readonly decision: Decision;
  readonly subject: string;
  /** The numbers a call of theirs belongs to: v1 as decided, v2, and v1 in place of a v2 that failed. */
  readonly v1: TalliedCall;
  readonly v2: TalliedCall;
  readonly fallback: TalliedCall;
}

/** Which numbers a call belongs to; the same object for the same ones. */
export interface TalliedCall {
  readonly subject: string;
  readonly version: Version;
  readonly decision: Decision;
  readonly isFallback: boolean;
}

/** One feature of a client, as functions see it. */
export interface CallHost {
  readonly feature: string;
  readonly clock: Clock;
  /** @param context default: the client's own user; the same object while nothing changed for that one */
  callerOf(context?: EvaluationContext): Caller;
  /** Whether a probe has to be taken before v2 may run. */
  isHalfOpen(): boolean;
  /** What gives the probe of a half-open breaker back; undefined where it is not to be had. */
  takeProbe(): (() => void) | undefined;
  /** v2 failed as it should not. */
  incident(): void;
  /** The probe did well. */
  settled(): void;
  labelsOf(call: TalliedCall): ObservedVersion;
  observe(observation: Observation, subject: string): void;
  onFallback(event: FallbackEvent): void;
  fault(operation: string, error: unknown): void;
}

/** Versions that were set by hand for single users of a server or a page. */
export interface ForcedVersions {
  readonly size: number;
  of(targetingKey: string): Version | undefined;
}

export function createCallHost(client: SwitchbackClient, feature: FeatureKey, forced?: ForcedVersions): CallHost {
  const { parts, fault } = client.internals;
  const { decisions, breakers, read, clock } = parts;
  const host = parts.hostOf(feature);
  let own: Caller | undefined;
  let ownerContext: EvaluationContext | undefined;

  const callerFor = (decision: Decision, subject: string): Caller => {
    const call = (version: Version, isFallback = false) => ({ subject, version, decision, isFallback });
    return { decision, subject, v1: call('v1'), v2: call('v2'), fallback: call('v1', true) };
  };
  const force = (decision: Decision, isKill: boolean, targetingKey: string): Decision => {
    const version = isKill ? undefined : forced?.of(targetingKey);
    return version ? { feature, version, enabled: version === 'v2', reason: 'OVERRIDE' } : decision;
  };

  return {
    feature,
    clock,
    callerOf(context) {
      if (context) {
        const { targetingKey = '' } = context;
        const assignment = decisions.assignmentOf(feature, context);
        const decision = decide({ feature, assignment, trip: breakers.tripOf(feature) });
        const { subject } = digestOf(feature, targetingKey);
        return callerFor(force(decision, assignment?.kill === true, targetingKey), subject);
      }
      const ownContext = read().context;
      const decision = host.decision();
      if (forced && forced.size > 0) {
        const isForced = force(decision, host.isKill(), ownContext.targetingKey ?? '');
        if (isForced !== decision) return callerFor(isForced, decisions.digestOf(feature).subject);
      }
      if (!own || own.decision !== decision || ownerContext !== ownContext) {
        own = callerFor(decision, decisions.digestOf(feature).subject);
        ownerContext = ownContext;
      }
      return own;
    },
    isHalfOpen: () => breakers.stateOf(feature).state === 'halfOpen',
    takeProbe: () => breakers.takeProbe(feature),
    incident: () => breakers.move(feature, 'incident'),
    settled: () => breakers.move(feature, 'settled'),
    labelsOf({ decision, version, isFallback }) {
      const { snapshot } = read();
      const rule = snapshot?.features.get(feature);
      return {
        feature,
        version,
        arm: !isFallback && decision.reason === 'SPLIT' && decision.version === version ? version : 'none',
        reason: decision.reason,
        epoch: snapshot?.epoch ?? 0,
        revision: snapshot?.revision ?? 0,
        stage: rule && 'stage' in rule ? rule.stage : null,
      };
    },
    observe: parts.observe,
    onFallback: host.onFallback,
    fault,
  };
}
