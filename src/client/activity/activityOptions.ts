import { refuseOption, type OnInternalFault } from '../../error.js';
import { inRange, isObject, kind, type Kind } from '../../evaluate/kind.js';
import { isFeatureKey } from '../../evaluate/snapshot.js';
import type { FeatureKey } from '../../features.js';
import type { Clock } from '../clock.js';
import type { SwitchbackClient } from '../switchbackClient.js';
import type { ActivityEvent } from './activityEvent.js';

/** What is tracked, for whom, and where it goes. */
export interface ActivityTrackerOptions {
  /** The feature whose versions are compared: events carry its version, and its rollback ends the tracking. */
  readonly feature: FeatureKey;
  /** Without one, nothing of the feature is known: events are of v1, and these options hold. */
  readonly client?: SwitchbackClient | undefined;
  /** How many events are kept, the last ones; 1–10,000, default 1,000. */
  readonly maxEvents?: number | undefined;
  /** 0–1: the share of sessions that are tracked, each whole or not at all; default 1. The feature's `sampling` wins. */
  readonly samplingRate?: number | undefined;
  /** Events go out and are not kept for display; default false. The feature's `logOnly` wins. */
  readonly logOnly?: boolean | undefined;
  /** `data-` attributes that may be read off a clicked element; at most 10, default `data-activity`. */
  readonly dataAttributes?: readonly string[] | undefined;
  /** Changes an event before it is kept, or drops it by null. What it throws drops the event. */
  readonly redact?: ((event: ActivityEvent) => ActivityEvent | null) | undefined;
  /**
   * Whether the user agreed; default true. A function is asked before every event, every reading and every flush. What is
   * withdrawn empties the tracker.
   */
  readonly consent?: boolean | (() => boolean) | undefined;
  /** Gets the events that it has not had yet, at most every 5 s and when the page is hidden. Default: they stay here. */
  readonly deliver?: ((events: readonly ActivityEvent[]) => void) | undefined;
  /** Whether the client's sinks get counts per kind and version, as counters `activity.click` and so on; default true. */
  readonly counts?: boolean | undefined;
  /** Hears of what `redact`, `consent` or `deliver` throw, each once; default: the client's. */
  readonly onInternalFault?: OnInternalFault | undefined;
  readonly clock?: Clock | undefined;
  /** Draws from [0, 1). */
  readonly random?: (() => number) | undefined;
}

const aFunction = kind<() => void>('a function', (value) => typeof value === 'function');
const aBoolean = kind<boolean>('true or false', (value) => typeof value === 'boolean');
const isDataAttribute = (value: unknown) => typeof value === 'string' && /^data-[a-z0-9-]{1,58}$/.test(value);

const optionKinds: Readonly<Record<keyof ActivityTrackerOptions, Kind<unknown>>> = {
  feature: kind('the key of a feature', isFeatureKey),
  client: kind('a client', (value) => isObject(value) && isObject(value['internals'])),
  maxEvents: kind(
    'a whole number from 1 to 10000',
    (value) => Number.isInteger(value) && inRange(1, 10_000).accepts(value),
  ),
  samplingRate: inRange(0, 1),
  logOnly: aBoolean,
  dataAttributes: kind(
    'at most 10 names that begin with "data-"',
    (value) => Array.isArray(value) && value.length <= 10 && value.every(isDataAttribute),
  ),
  redact: aFunction,
  consent: kind('true, false or a function', (value) => typeof value === 'boolean' || typeof value === 'function'),
  deliver: aFunction,
  counts: aBoolean,
  onInternalFault: aFunction,
  clock: kind('a clock', isObject),
  random: aFunction,
};

/** @throws SwitchbackError `invalid-option`, naming the option and showing its value */
export function checkActivityOptions(options: ActivityTrackerOptions): void {
  if (!isObject(options)) refuseOption('options', 'an object', options);
  if (!optionKinds.feature.accepts(options.feature))
    refuseOption('feature', optionKinds.feature.expected, options.feature);
  for (const [name, value] of Object.entries(options)) {
    const expected = Object.hasOwn(optionKinds, name) ? optionKinds[name as keyof ActivityTrackerOptions] : undefined;
    if (!expected) refuseOption('options', `any of ${Object.keys(optionKinds).join(', ')}`, name);
    if (value !== undefined && !expected.accepts(value)) refuseOption(name, expected.expected, value);
  }
}
