import { refuseOption, type OnInternalFault } from '../error.js';
import { inRange, isObject, isText, kind, shortText, type Kind } from '../evaluate/kind.js';
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
  /** A snapshot from the server that rendered this page, as parsed JSON: makes the first paint right. Null: there is none. */
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
  /** When v2 is not tried any more, after how many failures and for how long. */
  readonly breaker?: BreakerOptions | undefined;
  /** How long a version must stay to count as settled, in ms; default 2,000. */
  readonly settleMs?: number | undefined;
  /** A version was committed to the screen; once per user, feature and version while this client lives. */
  readonly onExposure?: ((event: ExposureEvent) => void) | undefined;
  /** v1 took the place of a v2 that failed. */
  readonly onFallback?: ((event: FallbackEvent) => void) | undefined;
  /**
   * v2's code could not be loaded although the browser is online: most likely a newer build has replaced it. Told once; reload
   * when it suits the user. We never do.
   */
  readonly onStaleBuild?: ((error: unknown) => void) | undefined;
  /** Hears of our own faults; default: a console warning in development, once for each, and silence in production. */
  readonly onInternalFault?: OnInternalFault | undefined;
  /** Time, for tests; default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Returns 0–1, like `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Default: the browser's. Sources and sinks of the host's own have theirs. */
  readonly fetch?: typeof fetch | undefined;
  /** Default: the browser's. Where there is none, changes are polled. */
  readonly EventSource?: typeof EventSource | undefined;
}

/** When a browser stops trying v2 of a feature, and for how long. */
export interface BreakerOptions extends Partial<BreakerPolicy> {
  /** What opens to v1: `new` (default) leaves a v2 that works on the screen; `all` takes that off as well. */
  readonly onOpen?: 'new' | 'all' | undefined;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

const aFunction = kind('a function', isFunction);
const textOrAbsent = kind('text', (value) => value === undefined || isText(value));
const whoMoves = kind('"new" or "all"', (value) => value === 'new' || value === 'all');
// What is checked where it is used.
const anything = kind('', () => true);

const optionKinds: Readonly<Record<keyof SwitchbackOptions, Kind<unknown>>> = {
  features: kind('the outcome of defineFeatures', isObject),
  url: kind('a path or URL', (value) => isText(value) && value.trim() !== ''),
  source: kind('a source, such as httpSource({ url })', (value) => isFunction(Object(value).start)),
  initial: anything,
  context: kind('an object or null', (value) => value === null || isObject(value)),
  waitMs: inRange(0, 60_000),
  overrides: anything,
  storage: anything,
  sinks: kind('a list of sinks', (value) => Array.isArray(value) && value.every((sink) => isFunction(sink?.observe))),
  build: shortText,
  breaker: kind('an object', isObject),
  settleMs: inRange(0, 600_000),
  onExposure: aFunction,
  onFallback: aFunction,
  onStaleBuild: aFunction,
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
  checkFields('options', options, optionKinds);
  const { features, url, source, context } = options;
  check('features', features, optionKinds.features);
  if (url !== undefined && source !== undefined) refuseOption('source', 'absent where url is given', source);
  checkContext(context);
}

/** @throws SwitchbackError `invalid-option` for a context that is no object or a targeting key that is no text */
export function checkContext(context: EvaluationContext | null | undefined): void {
  check('context', context ?? null, optionKinds.context);
  check('context.targetingKey', context?.targetingKey, textOrAbsent);
  check('context.region', context?.region, textOrAbsent);
}

/** Fills in a breaker policy. @throws SwitchbackError `invalid-option` */
export function breakerPolicyOf({ onOpen = 'new', ...given }: BreakerOptions = {}): BreakerPolicy {
  check('breaker.onOpen', onOpen, whoMoves);
  const duration = inRange(1, 86_400_000);
  const policyKinds = Object.fromEntries(Object.keys(defaultBreakerPolicy).map((name) => [name, duration]));
  checkFields('breaker', given, policyKinds, 'breaker.');
  return { ...defaultBreakerPolicy, ...given };
}

function checkFields(of: string, given: object, kinds: Readonly<Record<string, Kind<unknown>>>, prefix = ''): void {
  for (const [name, value] of Object.entries(given)) {
    const expected = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (!expected) refuseOption(of, `any of ${Object.keys(kinds).join(', ')}`, name);
    if (value !== undefined) check(prefix + name, value, expected);
  }
}

function check(name: string, value: unknown, { accepts, expected }: Kind<unknown>): void {
  if (!accepts(value)) refuseOption(name, expected, value);
}
