import { showValue, SwitchbackError, type OnInternalFault } from '../error.js';
import type { JsonObject, JsonValue, Snapshot } from '../evaluate/snapshot.js';
import type { FeatureSet } from '../features.js';

/** The settings of features: defaults from the code with the published ones over them. */
export interface Configs {
  /** The same object as long as defaults and published settings are the same. */
  get(feature: string): JsonObject;
}

interface Merged {
  readonly published: JsonObject | undefined;
  readonly config: JsonObject;
}

const empty: JsonObject = Object.freeze({});

/** @param onFault told of a published setting whose type is not its default's; the default stays */
export function createConfigs(
  features: FeatureSet,
  read: () => { readonly snapshot: Snapshot | null },
  onFault: OnInternalFault,
): Configs {
  const merged = new Map<string, Merged>();
  return {
    get(feature) {
      if (!Object.hasOwn(features, feature)) return empty;
      const entry = read().snapshot?.features.get(feature);
      const published = entry !== undefined && 'config' in entry ? entry.config : undefined;
      const known = merged.get(feature);
      if (known !== undefined && (known.published === published || isSameJson(known.published, published)))
        return known.config;
      const config = mergeConfig(feature, features[feature]?.config ?? empty, published ?? empty, onFault);
      merged.set(feature, { published, config });
      return config;
    },
  };
}

function mergeConfig(
  feature: string,
  defaults: JsonObject,
  published: JsonObject,
  onFault: OnInternalFault,
): JsonObject {
  const config: Record<string, JsonValue> = { ...defaults };
  for (const [name, value] of Object.entries(published)) {
    if (name === '__proto__') continue;
    const fallback = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
    if (fallback === undefined || kindOf(fallback) === kindOf(value)) config[name] = value;
    else {
      const message = `${feature}: config.${name} must be a ${kindOf(fallback)}, found ${showValue(value)}; using the default`;
      onFault('config', new SwitchbackError('invalid-snapshot', message));
    }
  }
  return Object.freeze(config);
}

const kindOf = (value: JsonValue): string => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

const isSameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
