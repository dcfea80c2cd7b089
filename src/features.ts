import { showValue, SwitchbackError } from './error.js';
import { isFeatureKey, type JsonObject } from './evaluate/snapshot.js';

/** What the code says of one feature. Rules (who gets v2) are published by the service, not written here. */
export interface FeatureDefinition {
  /** Who to ask. */
  readonly owner?: string;
  /** What v2 is, in a sentence. */
  readonly description?: string;
  /** When v1 or v2 should be gone from the code: `YYYY-MM-DD`. */
  readonly removeBy?: string;
  /** Default settings of the feature; published ones are merged over them. */
  readonly config?: JsonObject;
  /**
   * What mounted gates do when v2 becomes available. `held` (default): they stay on v1 until all of them are gone, so that
   * nobody loses a half-filled form. `live`: they follow at once. A downgrade is always at once.
   */
  readonly upgrade?: 'held' | 'live';
  /**
   * How long v1 and v2 may take, from asking for their code or else their first render to the screen, before their user counts as
   * slow; ms, default 1,000.
   */
  readonly slowMs?: number;
  /** How much later than `settleMs` a version that was shown may settle before its user counts as silent; ms, default 8,000. */
  readonly silentMs?: number;
}

/** The features of an app by key, as `defineFeatures` returns them. */
export type FeatureSet = Readonly<Record<string, FeatureDefinition>>;

/**
 * Registers an app's feature sets for typed keys: every property is one set.
 * @example declare module 'react-switchback' { interface Register { features: typeof features } }
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled by declaration merging in the host's code
export interface Register {}

/** All sets that were registered. */
type RegisteredSet = Register[keyof Register];
/** The keys of a set. */
type KeysOf<Set> = Set extends unknown ? keyof Set & string : never;
/** The settings that a set gives a feature. */
type ConfigIn<Set, Key> = Set extends { readonly [K in Key & string]: { readonly config: infer Config } }
  ? Widened<Config>
  : never;

/** A literal's own type widened, so that a default of 20 does not forbid a published 50. */
export type Widened<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : T extends readonly (infer Item)[]
        ? readonly Widened<Item>[]
        : T extends object
          ? { readonly [K in keyof T]: Widened<T[K]> }
          : T;

/** The keys of the registered features; any string while nothing is registered. */
export type FeatureKey = [keyof Register] extends [never] ? string : KeysOf<RegisteredSet>;

/** The config of a registered feature, its literal types widened; any JSON object where none is defined. */
export type FeatureConfig<Key extends FeatureKey> = [ConfigIn<RegisteredSet, Key>] extends [never]
  ? JsonObject
  : ConfigIn<RegisteredSet, Key>;

/**
 * Declares an app's features.
 * @param features definitions by key; keys match `^[A-Za-z][A-Za-z0-9_.-]{0,63}$`
 * @returns the same definitions, frozen; pass them to `SwitchbackProvider` or `createSwitchback`
 * @throws SwitchbackError `invalid-feature`, naming the key and showing the bad value
 */
export function defineFeatures<const Features extends FeatureSet>(features: Features): Readonly<Features> {
  if (typeof features !== 'object' || features === null || Array.isArray(features))
    throw new SwitchbackError(
      'invalid-feature',
      `defineFeatures takes an object of features, found ${showValue(features)}`,
    );
  for (const key of Object.keys(features)) checkDefinition(key, features[key]);
  return Object.freeze({ ...features });
}

const knownFields: readonly string[] = ['owner', 'description', 'removeBy', 'config', 'upgrade', 'slowMs', 'silentMs'];

function checkDefinition(key: string, definition: unknown): void {
  const refuse = (what: string, value: unknown): never => {
    throw new SwitchbackError('invalid-feature', `feature ${showValue(key)}: ${what}, found ${showValue(value)}`);
  };
  if (!isFeatureKey(key)) refuse('a key is a letter, then up to 63 letters, digits, "_", "." or "-"', key);
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition))
    return refuse('a definition is an object', definition);
  for (const [field, value] of Object.entries(definition)) {
    if (value === undefined) continue;
    if (!knownFields.includes(field)) refuse(`unknown field (known: ${knownFields.join(', ')})`, field);
    if (field === 'upgrade' && value !== 'held' && value !== 'live') refuse('upgrade is "held" or "live"', value);
    if (field === 'config' && (typeof value !== 'object' || value === null || Array.isArray(value)))
      refuse('config is an object', value);
    if (field.endsWith('Ms') && !(typeof value === 'number' && value > 0)) refuse(`${field} is above 0`, value);
    if ((field === 'owner' || field === 'description') && typeof value !== 'string') refuse(`${field} is text`, value);
    if (field === 'removeBy' && (typeof value !== 'string' || !isDate(value)))
      refuse('removeBy is a date as YYYY-MM-DD', value);
  }
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value);
}
