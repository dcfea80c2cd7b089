import { refuseOption } from '../error.js';
import {
  featureOfStorageKey,
  overrideStorageKey,
  parseOverride,
  parseOverrideQuery,
  type Override,
} from '../decide/override.js';
import { isVersion, type EvaluationContext, type Version } from '../evaluate/snapshot.js';
import type { SafeStorage } from './storage.js';

/** Who may choose a version: nobody, everybody, everybody for these features, or whom a function says. */
export type OverridePolicy =
  | false
  | { readonly allow: 'all' | readonly string[] | ((context: EvaluationContext) => boolean) };

export interface OverridesOptions {
  readonly storage: SafeStorage;
  /** The part of the page's URL from `?`, read once; not stored. */
  readonly search?: string | undefined;
  /** Default: all in development, false in production and where `process.env.NODE_ENV` cannot be read. */
  readonly policy?: OverridePolicy | undefined;
  readonly knownFeatures: ReadonlySet<string>;
  /** The present context, for a policy that is a function. */
  readonly context: () => EvaluationContext;
  readonly onFault?: ((operation: string, error: unknown) => void) | undefined;
}

/** The local choices of version. */
export interface Overrides {
  /** @returns undefined where there is none or the policy does not allow it */
  get(feature: string): Override | undefined;
  /**
   * Chooses a version, also for later visits; null drops the choice, wherever it came from.
   * @returns false when the feature is unknown or the policy does not allow it: nothing was changed
   * @throws SwitchbackError `invalid-option` for anything but `v1`, `v2` and null
   */
  set(feature: string, version: Version | null): boolean;
  isAllowed(feature: string): boolean;
  /** Calls back when a choice changed, here or in another tab; null: any of them. */
  subscribe(listener: (feature: string | null) => void): () => void;
}

/**
 * Reads the local choices of version from storage and URL; only known features and declared versions count.
 * @throws SwitchbackError `invalid-option` for a bad policy
 */
export function createOverrides(options: OverridesOptions): Overrides {
  const { storage, search = '', knownFeatures, context, onFault } = options;
  const { policy = isDevelopment() && { allow: 'all' } } = options;
  const allow = policy === false ? [] : Object(policy).allow;
  if (allow !== 'all' && typeof allow !== 'function' && !Array.isArray(allow))
    refuseOption('overrides', 'false or { allow: "all", a list of features or a function }', policy);

  // Where nothing can be allowed, nothing is read.
  const fromUrl = new Map(policy === false ? [] : parseOverrideQuery(search));
  const listeners = new Set<(feature: string | null) => void>();

  const isAllowed = (feature: string): boolean => {
    if (!knownFeatures.has(feature)) return false;
    if (typeof allow !== 'function') return allow === 'all' || allow.includes(feature);
    try {
      return allow(context()) === true;
    } catch (error) {
      onFault?.('overrides.allow', error);
      return false;
    }
  };

  return {
    get(feature) {
      if (!isAllowed(feature)) return undefined;
      const version = fromUrl.get(feature) ?? parseOverride(storage.get(overrideStorageKey(feature)));
      return version && { version };
    },
    set(feature, version) {
      if (version !== null && !isVersion(version)) refuseOption('an override', '"v1", "v2" or null', version);
      if (!knownFeatures.has(feature) || (version !== null && !isAllowed(feature))) return false;
      const key = overrideStorageKey(feature);
      const before = storage.get(key);
      fromUrl.delete(feature);
      if (version === null) storage.remove(key);
      else storage.set(key, version);
      // The storage tells of what changed there; that the URL's choice is gone it does not know.
      if (before === version) listeners.forEach((listener) => listener(feature));
      return true;
    },
    isAllowed,
    subscribe(listener) {
      // A copy of our own, so that the same function may subscribe twice.
      const own = (feature: string | null) => listener(feature);
      listeners.add(own);
      const stop = storage.subscribe((key) => {
        const feature = key === null ? null : featureOfStorageKey(key);
        if (feature === null || (feature !== undefined && knownFeatures.has(feature))) own(feature);
      });
      return () => {
        listeners.delete(own);
        stop();
      };
    },
  };
}

function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== 'production';
  } catch {
    return false;
  }
}
