import { refuseOption, type OnInternalFault } from '../error.js';
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

type Check = readonly [expected: string, accepts: (value: unknown) => boolean];

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string';

const inRange = (minimum: number, maximum: number): Check => [
  `${minimum} to ${maximum}`,
  (value) => typeof value === 'number' && value >= minimum && value <= maximum,
];
const aFunction: Check = ['a function', isFunction];
// What is checked where it is used.
const anything: Check = ['', () => true];

const checks: Readonly<Record<keyof SwitchbackOptions, Check>> = {
  features: ['the outcome of defineFeatures', isObject],
  url: ['a path or URL', (value) => typeof value === 'string' && value.trim() !== ''],
  source: ['a source, such as httpSource({ url })', (value) => isFunction(Object(value).start)],
  initial: anything,
  context: anything,
  waitMs: inRange(0, 60_000),
  overrides: anything,
  storage: anything,
  sinks: [
    'a list of sinks',
    (value) => Array.isArray(value) && value.every((sink) => isFunction(Object(sink).observe)),
  ],
  build: ['at most 64 characters', (value) => typeof value === 'string' && value.length <= 64],
  breaker: anything,
  settleMs: inRange(0, 600_000),
  onExposure: aFunction,
  onFallback: aFunction,
  onInternalFault: aFunction,
  clock: anything,
  random: aFunction,
  fetch: aFunction,
  EventSource: aFunction,
};

/**
 * Checks options at construction.
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value
 */
export function checkOptions(options: SwitchbackOptions): void {
  if (!isObject(options)) refuseOption('options', 'an object', options);
  checkFields('options', '', { ...options, features: options.features }, checks);
  if (options.url !== undefined && options.source !== undefined)
    refuseOption('source', 'absent where url is given', options.source);
  checkContext(options.context);
}

/** @throws SwitchbackError `invalid-option` for a context that is no object or a targeting key that is no text */
export function checkContext(context: unknown): void {
  if (context === undefined || context === null) return;
  if (!isObject(context)) refuseOption('context', 'an object or null', context);
  const { targetingKey, region } = context as EvaluationContext;
  if (!isTextOrAbsent(targetingKey)) refuseOption('context.targetingKey', 'text', targetingKey);
  if (!isTextOrAbsent(region)) refuseOption('context.region', 'text', region);
}

/** Fills in a breaker policy. @throws SwitchbackError `invalid-option` */
export function breakerPolicyOf(given: Partial<BreakerPolicy> = {}): BreakerPolicy {
  if (!isObject(given)) refuseOption('breaker', 'an object', given);
  const check = inRange(1, 86_400_000);
  const policyChecks = Object.fromEntries(Object.keys(defaultBreakerPolicy).map((name) => [name, check]));
  checkFields('breaker', 'breaker.', given, policyChecks);
  return { ...defaultBreakerPolicy, ...given };
}

function checkFields(of: string, prefix: string, given: object, known: Readonly<Record<string, Check>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, name)) refuseOption(of, `any of ${Object.keys(known).join(', ')}`, name);
    const [expected, accepts] = known[name] ?? anything;
    // `features` is the one that must be there.
    if ((value !== undefined || name === 'features') && !accepts(value)) refuseOption(prefix + name, expected, value);
  }
}
