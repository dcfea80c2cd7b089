// Comes in: a snapshot and a context. Goes out: an Assignment, what the rules give this context. Who calls: client, service, rsc.
import { digestOf, type DigestOf } from './bucket.js';
import type { EvaluationContext, FeatureRule, Snapshot, Version } from './snapshot.js';

/**
 * Why the rules gave a version, in OpenFeature's words where one exists. `SPLIT`: by the percentage.
 * @see docs/concepts.md
 */
export type AssignmentReason =
  | 'ROLLED_BACK'
  | 'DISABLED'
  | 'DENIED'
  | 'ERROR'
  | 'PREREQUISITE'
  | 'TARGETING_MATCH'
  | 'SPLIT'
  | 'STATIC'
  | 'UNKNOWN';

/** What the rules give one context for one feature. */
export interface Assignment {
  readonly feature: string;
  readonly version: Version;
  readonly reason: AssignmentReason;
  /** Nothing local (override, trip, stored state) outranks this v1. */
  readonly kill: boolean;
  /** Integer 0–9999; present where the percentage decided. */
  readonly bucket?: number;
}

export interface EvaluateOptions {
  /** The service's time in ms since 1970, for `from` and `until`. */
  readonly nowMs: number;
  /** Default: our own SHA-256. */
  readonly digestOf?: DigestOf;
}

/**
 * Gives one feature's version for one context; the first rule that matches decides.
 * @returns never throws: an unknown or malformed feature is v1 with reason `ERROR`
 * @source docs/concepts.md, "Who gets v2"
 */
export function evaluate(
  snapshot: Snapshot,
  feature: string,
  context: EvaluationContext,
  options: EvaluateOptions,
): Assignment {
  return assign(feature, { snapshot, context, options, visited: undefined, cycleMet: false });
}

const publishedReasons: readonly string[] = ['PREREQUISITE', 'TARGETING_MATCH', 'SPLIT', 'STATIC', 'DISABLED', 'ERROR'];

type Visited = Map<string, Assignment | 'visiting'>;

// One walk over `requires`: each feature is asked once, so that a diamond of prerequisites stays linear.
interface Walk {
  readonly snapshot: Snapshot;
  readonly context: EvaluationContext;
  readonly options: EvaluateOptions;
  /** Undefined until a feature requires another. */
  visited: Visited | undefined;
  cycleMet: boolean;
}

function assign(feature: string, walk: Walk): Assignment {
  const { snapshot } = walk;
  const published = snapshot.features.get(feature);
  if (snapshot.emergency) return kill(feature, 'ROLLED_BACK');
  if (snapshot.kills.has(feature)) {
    const isOnlyDisabled =
      published &&
      ('enabled' in published
        ? !published.enabled && !published.rolledBack
        : 'reason' in published && published.reason === 'DISABLED');
    return kill(feature, isOnlyDisabled ? 'DISABLED' : 'ROLLED_BACK');
  }
  if (!published || 'malformed' in published) return give(feature, 'v1', 'ERROR');
  if ('version' in published) {
    const { version, reason } = published;
    if (version === 'v1' && (reason === 'ROLLED_BACK' || reason === 'DENIED')) return kill(feature, reason);
    return give(feature, version, publishedReasons.includes(reason) ? (reason as AssignmentReason) : 'UNKNOWN');
  }
  if (!published.enabled) return kill(feature, published.rolledBack ? 'ROLLED_BACK' : 'DISABLED');
  return applyRule(feature, published, walk);
}

function applyRule(feature: string, rule: FeatureRule, walk: Walk): Assignment {
  const { context, options } = walk;
  const { nowMs } = options;
  const digest = (options.digestOf ?? digestOf)(feature, context.targetingKey ?? '');

  // A tag may only be written when it is read.
  if (rule.deny.size > 0 && rule.deny.has(digest.tag)) return kill(feature, 'DENIED');
  if (nowMs < (rule.fromMs ?? -Infinity) || nowMs >= (rule.untilMs ?? Infinity)) return give(feature, 'v1', 'DISABLED');
  if (rule.requires.length > 0) {
    const visited = (walk.visited ??= new Map());
    visited.set(feature, 'visiting');
    if (!rule.requires.every((required) => prerequisiteOf(required, walk, visited).version === 'v2'))
      return give(feature, 'v1', walk.cycleMet ? 'ERROR' : 'PREREQUISITE');
  }
  if (rule.allow.size > 0 && rule.allow.has(digest.tag)) return give(feature, 'v2', 'TARGETING_MATCH');
  if (rule.regions && !rule.regions.includes(context.region ?? '')) return give(feature, 'v1', 'TARGETING_MATCH');
  const { bucket } = digest;
  const version = bucket < Math.round(rule.percentage * 100) ? 'v2' : 'v1';
  return { feature, version, reason: 'SPLIT', kill: false, bucket };
}

function prerequisiteOf(feature: string, walk: Walk, visited: Visited): Assignment {
  let assignment = visited.get(feature);
  if (assignment === 'visiting') {
    walk.cycleMet = true;
    return give(feature, 'v1', 'ERROR');
  }
  assignment ??= assign(feature, walk);
  visited.set(feature, assignment);
  return assignment;
}

const give = (feature: string, version: Version, reason: AssignmentReason): Assignment => ({
  feature,
  version,
  reason,
  kill: false,
});

const kill = (feature: string, reason: AssignmentReason): Assignment => ({
  feature,
  version: 'v1',
  reason,
  kill: true,
});
