import type { Version } from '../evaluate/snapshot.js';
import type { Observation } from './observe.js';

/**
 * How an observation is treated on its way. `critical` (failures, fallbacks, the breaker): never sampled, first in every batch,
 * last to be dropped. `informational`: its values are sampled by the feature's `sampling`. `legacy`: goes nowhere, unless a rule
 * names an archive.
 */
export type EventClass = 'critical' | 'informational' | 'legacy';

/** One line of the rule table; what is not said matches everything. */
export interface EventRule {
  readonly kinds?: readonly Observation['kind'][];
  readonly feature?: string;
  readonly version?: Version;
  /** A feature that must be v2 for this user, or else the rule does not hold: a route is rolled out, and back, as any v2 is. */
  readonly flag?: string;
  readonly class: EventClass;
  /** Names of the sinks it goes to; several at once write twice. Default: all of them, and none for `legacy`. */
  readonly to?: readonly string[];
}

const criticalKinds: readonly Observation['kind'][] = ['failure', 'suppressedByBreaker', 'slow', 'silent'];

/** What holds where no rule of the host does. */
export const eventClassOf = (kind: Observation['kind']): EventClass =>
  criticalKinds.includes(kind) ? 'critical' : 'informational';

/**
 * Whether it is a value, such as a duration, of which a sample tells as much. What is counted never is sampled, whatever its class:
 * a rate of which one half is sampled would lie.
 */
export const isSampled = (kind: Observation['kind']): boolean =>
  kind === 'timing' || kind === 'sum' || kind === 'measure';

/**
 * Finds the rule of an observation: the first that matches.
 * @param isOn whether a feature is v2 for this user
 */
export function eventRuleOf(
  { kind, feature, version }: Pick<Observation, 'kind' | 'feature' | 'version'>,
  rules: readonly EventRule[],
  isOn: (feature: string) => boolean,
): EventRule {
  const rule = rules.find(
    (candidate) =>
      (candidate.kinds?.includes(kind) ?? true) &&
      (candidate.feature ?? feature) === feature &&
      (candidate.version ?? version) === version &&
      (candidate.flag === undefined || isOn(candidate.flag)),
  );
  return rule ?? { class: eventClassOf(kind) };
}
