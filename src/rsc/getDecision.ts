// Comes in: features, a snapshot, a context. Goes out: what is rendered for this request, and why. Who calls: server components, hosts' servers.
import { decide, type Decision } from '../decide/decide.js';
import { overrideInSnapshot } from '../decide/override.js';
import { refuseOption } from '../error.js';
import { evaluate, type Assignment } from '../evaluate/evaluate.js';
import { isObject, isText } from '../evaluate/kind.js';
import { parseSnapshot } from '../evaluate/parseSnapshot.js';
import { readNowMs } from '../evaluate/readNowMs.js';
import type { EvaluationContext } from '../evaluate/snapshot.js';
import type { FeatureSet } from '../features.js';

/** When it is. */
export interface DecideOptions {
  /** The time for `from` and `until`, ms since 1970; default: the snapshot's own `now`, else the machine's. */
  readonly nowMs?: number | undefined;
}

/**
 * Decides one feature for one request, as a gate's server HTML and its hydration do. Of what is local only overrides take
 * part, where `withOverrides` noted them.
 * @param features from `defineFeatures`
 * @param snapshot parsed JSON, such as from `fetchSnapshot`; anything may come
 * @param context who asks; null or without `targetingKey`: `default-session`
 * @returns v1 `DEFAULT` where there is no snapshot or it makes no sense (its kills count all the same), v1 `ERROR` for a
 *   feature nobody defined or that is malformed; never throws for a snapshot
 * @throws SwitchbackError `invalid-option` for features or a context that are no objects and for a key or region that is no text
 */
export function getDecision<Features extends FeatureSet>(
  features: Features,
  snapshot: unknown,
  context: EvaluationContext | null | undefined,
  feature: keyof Features & string,
  options?: DecideOptions,
): Decision {
  return deciderOf(features, snapshot, context, options)(feature);
}

/**
 * Decides all features of an app for one request, reading the snapshot once. Plain data: it may be passed to client components.
 * @returns decisions by key; otherwise as `getDecision`
 */
export function getDecisions<Features extends FeatureSet>(
  features: Features,
  snapshot: unknown,
  context: EvaluationContext | null | undefined,
  options?: DecideOptions,
): Readonly<Record<keyof Features & string, Decision>> {
  const decideOne = deciderOf(features, snapshot, context, options);
  const decisions = Object.keys(features).map((feature) => [feature, decideOne(feature)] as const);
  return Object.fromEntries(decisions) as Record<keyof Features & string, Decision>;
}

function deciderOf(
  features: FeatureSet,
  value: unknown,
  given: EvaluationContext | null | undefined,
  { nowMs = readNowMs(value) ?? Date.now() }: DecideOptions = {},
): (feature: string) => Decision {
  const context = given ?? {};
  if (!isObject(features)) refuseOption('features', 'the outcome of defineFeatures', features);
  if (!isObject(context)) refuseOption('context', 'an object or null', context);
  for (const name of ['targetingKey', 'region'] as const)
    if (context[name] != null && !isText(context[name])) refuseOption(`context.${name}`, 'text', context[name]);

  const parsed = parseSnapshot(value);
  const assignmentOf = (feature: string): Assignment | undefined => {
    if (!Object.hasOwn(features, feature)) return { feature, version: 'v1', reason: 'ERROR', kill: true };
    if (parsed.status === 'valid') return evaluate(parsed.snapshot, feature, context, { nowMs });
    const isKilled = parsed.status === 'killsOnly' && (parsed.emergency !== null || parsed.kills.has(feature));
    return isKilled ? { feature, version: 'v1', reason: 'ROLLED_BACK', kill: true } : undefined;
  };
  const isReadable = parsed.status === 'valid';
  return (feature) =>
    decide({
      feature,
      assignment: assignmentOf(feature),
      override: isReadable ? overrideInSnapshot(value, feature) : undefined,
    });
}
