import { showValue, SwitchbackError, type OnInternalFault } from '../error.js';
import type { EvaluationContext } from '../evaluate/snapshot.js';
import type { FeatureSet } from '../features.js';
import { defaultBreakerPolicy, type BreakerPolicy } from '../guard/breaker.js';
import type { Clock } from './clock.js';
import type { FallbackEvent } from './gateView.js';
import type { ExposureEvent } from './gates.js';
import type { OverridePolicy } from './overrides.js';
import type { Sink } from './reporter/sink.js';
import type { Source } from './source/source.js';

/** What a client is made of. Give `url`, or `source`, or neither: then `initial` and `applySnapshot` are all it knows. */
export interface SwitchbackOptions {
  /** From `defineFeatures`. */
  readonly features: FeatureSet;
  /** Where the service is, such as `/api`: snapshots, the live stream and metrics live below it. */
  readonly url?: string | undefined;
  readonly source?: Source | undefined;
  /** A snapshot from the server that rendered this page, as parsed JSON: makes the first paint right. */
  readonly initial?: unknown;
  /** Who the user is; null or without `targetingKey`: a sticky random key. */
  readonly context?: EvaluationContext | null | undefined;
  /** How long undecided gates show `loading` first, in ms; 0–60,000, default 0. */
  readonly waitMs?: number | undefined;
  /** Who may force a version here. Default: everybody in development, nobody in production. */
  readonly overrides?: OverridePolicy | undefined;
  /** Where overrides and the last known good snapshot are kept; default localStorage, `false` for memory only. */
  readonly storage?: Storage | false | undefined;
  /** Where observations go; default: the service at `url`, if any. */
  readonly sinks?: readonly Sink[] | undefined;
  /** Names this build of the host, so that numbers of different builds are not mixed; at most 64 characters. */
  readonly build?: string | undefined;
  readonly breaker?: Partial<BreakerPolicy> | undefined;
  /** How long a version must stay to count as settled, in ms; default 2,000. */
  readonly settleMs?: number | undefined;
  /** A version was committed to the screen; once per episode. */
  readonly onExposure?: ((event: ExposureEvent) => void) | undefined;
  /** v1 took the place of a v2 that failed. */
  readonly onFallback?: ((event: FallbackEvent) => void) | undefined;
  /** Hears of our own faults; default: a console warning in development, once for each, and silence in production. */
  readonly onInternalFault?: OnInternalFault | undefined;
  /** Time, chance and the network as parameters. */
  readonly clock?: Clock | undefined;
  /** Returns 0–1, like `Math.random`. */
  readonly random?: (() => number) | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly EventSource?: typeof EventSource | undefined;
}

const knownOptions: Readonly<Record<keyof SwitchbackOptions, true>> = {
  features: true,
  url: true,
  source: true,
  initial: true,
  context: true,
  waitMs: true,
  overrides: true,
  storage: true,
  sinks: true,
  build: true,
  breaker: true,
  settleMs: true,
  onExposure: true,
  onFallback: true,
  onInternalFault: true,
  clock: true,
  random: true,
  fetch: true,
  EventSource: true,
};

const refuse = (name: string, expected: string, value: unknown): never => {
  throw new SwitchbackError('invalid-option', `${name} must be ${expected}, found ${showValue(value)}`);
};

/**
 * Checks options at construction.
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value
 */
export function checkOptions(options: SwitchbackOptions): void {
  if (typeof options !== 'object' || options === null) refuse('options', 'an object', options);
  for (const name of Object.keys(options))
    if (!Object.hasOwn(knownOptions, name)) refuse('options', `any of ${Object.keys(knownOptions).join(', ')}`, name);

  const { features, url, source, waitMs, settleMs, sinks, build } = options;
  if (typeof features !== 'object' || features === null || Array.isArray(features))
    refuse('features', 'the outcome of defineFeatures', features);
  if (url !== undefined && (typeof url !== 'string' || url.trim() === '')) refuse('url', 'a path or URL', url);
  if (url !== undefined && source !== undefined) refuse('source', 'absent where url is given', source);
  if (source !== undefined && typeof source?.start !== 'function')
    refuse('source', 'a source, such as httpSource({ url })', source);
  if (sinks !== undefined && !(Array.isArray(sinks) && sinks.every((sink) => typeof sink?.observe === 'function')))
    refuse('sinks', 'a list of sinks', sinks);
  if (build !== undefined && (typeof build !== 'string' || build.length > 64))
    refuse('build', 'at most 64 characters', build);
  checkContext(options.context);
  checkRange('waitMs', waitMs, 0, 60_000);
  checkRange('settleMs', settleMs, 0, 600_000);
  for (const name of ['onExposure', 'onFallback', 'onInternalFault', 'random', 'fetch', 'EventSource'] as const) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'function') refuse(name, 'a function', value);
  }
}

/** @throws SwitchbackError `invalid-option` for a context that is no object or a targeting key that is no text */
export function checkContext(context: unknown): void {
  if (context === undefined || context === null) return;
  if (typeof context !== 'object' || Array.isArray(context)) refuse('context', 'an object or null', context);
  const { targetingKey, region } = context as EvaluationContext;
  if (targetingKey !== undefined && typeof targetingKey !== 'string')
    refuse('context.targetingKey', 'text', targetingKey);
  if (region !== undefined && typeof region !== 'string') refuse('context.region', 'text', region);
}

/** Fills in a breaker policy. @throws SwitchbackError `invalid-option` */
export function breakerPolicyOf(given: Partial<BreakerPolicy> = {}): BreakerPolicy {
  if (typeof given !== 'object' || given === null) refuse('breaker', 'an object', given);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultBreakerPolicy, name))
      refuse('breaker', `any of ${Object.keys(defaultBreakerPolicy).join(', ')}`, name);
    checkRange(`breaker.${name}`, value, 1, 86_400_000);
  }
  return { ...defaultBreakerPolicy, ...given };
}

function checkRange(name: string, value: unknown, minimum: number, maximum: number): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !(value >= minimum && value <= maximum))
    refuse(name, `${minimum} to ${maximum}`, value);
}
