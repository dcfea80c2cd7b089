import { refuseOption, SwitchbackError } from '../error.js';
import { inRange, isObject, kind, type Kind } from '../evaluate/kind.js';
import { isFeatureKey } from '../evaluate/snapshot.js';
import type { FeatureKey } from '../features.js';
import { defaultHealthPolicy, type Health, type HealthLevel, type HealthPolicy } from '../guard/healthLevel.js';
import type { TimingName } from '../observe/observe.js';
import type { Clock } from './clock.js';

/**
 * What happens when a feature enters a level. `notify`: `onChange` is called. `reduce-sampling`: as long as the level lasts the
 * sinks get the feature's observations with a lower `sampling`. `trip`: the feature's breaker opens and v1 shows at once, also
 * where v2 is on the screen; the heap never does this.
 */
export type HealthAction = 'notify' | 'reduce-sampling' | 'trip';

/** When a feature is not healthy any more, and what happens then. Give at least one threshold. */
export interface HealthThresholds {
  /** Of v2's latency at `latencyQuantile`, 1–3,600,000 ms. */
  readonly maxLatencyMs?: number | undefined;
  /** failed / (failed + settled) of v2, 0–1. `critical` takes at least 3 failures. */
  readonly maxErrorRate?: number | undefined;
  /** Of the page's heap, where the browser tells it: 1–1,000,000. At most `degraded`, and never a reason to trip. */
  readonly maxMemoryMB?: number | undefined;
  /** With fewer observations a rate or a latency says nothing; 1–100,000, default 20. */
  readonly minSamples?: number | undefined;
  /** What counts is not older; 1,000–3,600,000, default 60,000. */
  readonly windowMs?: number | undefined;
  /** What the latency is: a timing, or a measure in ms of the host's own. Default `commitMs`, from first render to commit. */
  readonly latency?: TimingName | (string & {}) | undefined;
  /** 0–1, default 0.95. */
  readonly latencyQuantile?: number | undefined;
  /** `critical` begins at so many times a threshold; 1–100, default 2. For error rates at most half way to 1. */
  readonly criticalRatio?: number | undefined;
  /** A level is left at or below this share of what enters it; 0–1, default 0.8. */
  readonly leaveRatio?: number | undefined;
  /** And after so long at or below it, each level anew; 0–86,400,000, default `windowMs`. */
  readonly recoverMs?: number | undefined;
  /** By the level that is entered. Default: healthy and degraded `notify`; critical `trip` and `notify`. */
  readonly actions?: { readonly [Level in HealthLevel]?: readonly HealthAction[] | undefined } | undefined;
  /** What `reduce-sampling` leaves, 0–1; default 0.1. */
  readonly reducedSampling?: number | undefined;
}

/** A feature's health became another one. */
export interface HealthEvent {
  readonly feature: string;
  readonly from: HealthLevel;
  readonly health: Health;
}

/** What a monitor holds features to. */
export interface HealthPolicyOptions {
  /** Thresholds of single features; what they do not say `defaults` do. */
  readonly features?: { readonly [Key in FeatureKey]?: HealthThresholds | undefined } | undefined;
  /** For every feature, and what those of `features` do not say themselves. */
  readonly defaults?: HealthThresholds | undefined;
  /** What `notify` calls. What it throws goes to `onInternalFault`. */
  readonly onChange?: ((event: HealthEvent) => void) | undefined;
  readonly clock?: HealthClock | undefined;
}

/** Time that never goes back, so that a clock that is set changes no window. */
export interface HealthClock extends Pick<Clock, 'after'> {
  /** ms since whenever. */
  elapsedMs(): number;
}

/** What a feature is held to. */
export interface WatchedPolicy extends HealthPolicy {
  readonly latency: string;
  readonly actions: { readonly [Level in HealthLevel]: readonly HealthAction[] };
  readonly reducedSampling: number;
}

const defaultPolicy: WatchedPolicy = {
  ...defaultHealthPolicy,
  latency: 'commitMs',
  actions: { healthy: ['notify'], degraded: ['notify'], critical: ['trip', 'notify'] },
  reducedSampling: 0.1,
};

const maxFeatures = 1_000;
const share = inRange(0, 1);
const actionNames: readonly unknown[] = ['notify', 'reduce-sampling', 'trip'];
const levels: readonly string[] = ['healthy', 'degraded', 'critical'];
const actionList = kind(
  `a list of ${actionNames.join(', ')}`,
  (value) => Array.isArray(value) && value.every((action) => actionNames.includes(action)),
);

const kinds: Readonly<Record<keyof HealthThresholds, Kind<unknown>>> = {
  maxLatencyMs: inRange(1, 3_600_000),
  maxErrorRate: share,
  maxMemoryMB: inRange(1, 1_000_000),
  minSamples: inRange(1, 100_000),
  windowMs: inRange(1_000, 3_600_000),
  latency: kind('a name of up to 64 letters, digits, dots and underscores', (value) =>
    /^[a-zA-Z][a-zA-Z0-9_.]{0,63}$/.test(String(value)),
  ),
  latencyQuantile: share,
  criticalRatio: inRange(1, 100),
  leaveRatio: share,
  recoverMs: inRange(0, 86_400_000),
  actions: kind('an object', isObject),
  reducedSampling: share,
};

/**
 * Checks what a monitor is made of.
 * @returns the policy of a feature; undefined for one that nobody watches
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value
 */
export function healthPoliciesOf(options: HealthPolicyOptions): (feature: string) => WatchedPolicy | undefined {
  const given: unknown = options;
  if (!isObject(given)) refuseOption('options', 'an object', given);
  const { features = {}, defaults, onChange } = given;
  if (!isObject(features)) refuseOption('features', 'thresholds by feature', features);
  if (onChange !== undefined && typeof onChange !== 'function') refuseOption('onChange', 'a function', onChange);
  const entries = Object.entries(features).filter(([, thresholds]) => thresholds !== undefined);
  if (entries.length > maxFeatures) refuseOption('features', `at most ${maxFeatures}`, entries.length);
  if (entries.length === 0 && defaults === undefined)
    throw new SwitchbackError(
      'invalid-option',
      'a health monitor needs thresholds in features or defaults, found none',
    );

  const base = defaults === undefined ? undefined : policyOf('defaults', defaults, defaultPolicy);
  const policies = new Map<string, WatchedPolicy>();
  for (const [feature, thresholds] of entries) {
    if (!isFeatureKey(feature)) refuseOption('features', 'keyed by feature keys', feature);
    policies.set(feature, policyOf(`features.${feature}`, thresholds, base ?? defaultPolicy));
  }
  return (feature) => policies.get(feature) ?? base;
}

function policyOf(name: string, given: unknown, base: WatchedPolicy): WatchedPolicy {
  if (!isObject(given)) refuseOption(name, 'an object', given);
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  for (const [option, value] of Object.entries(said)) {
    const expected = Object.hasOwn(kinds, option) ? kinds[option as keyof HealthThresholds] : undefined;
    if (!expected) refuseOption(name, `any of ${Object.keys(kinds).join(', ')}`, option);
    if (!expected.accepts(value)) refuseOption(`${name}.${option}`, expected.expected, value);
  }
  const { actions = {} } = given as HealthThresholds;
  for (const [level, list] of Object.entries(actions)) {
    if (!levels.includes(level)) refuseOption(`${name}.actions`, `any of ${levels.join(', ')}`, level);
    if (list !== undefined && !actionList.accepts(list))
      refuseOption(`${name}.actions.${level}`, actionList.expected, list);
  }
  const policy: WatchedPolicy = {
    ...base,
    ...(given['windowMs'] !== undefined && { recoverMs: given['windowMs'] as number }),
    ...said,
    actions: {
      healthy: actions.healthy ?? base.actions.healthy,
      degraded: actions.degraded ?? base.actions.degraded,
      critical: actions.critical ?? base.actions.critical,
    },
  };
  const { maxLatencyMs, maxErrorRate, maxMemoryMB } = policy;
  if (maxLatencyMs === null && maxErrorRate === null && maxMemoryMB === null)
    refuseOption(name, 'given maxLatencyMs, maxErrorRate or maxMemoryMB', given);
  return policy;
}
