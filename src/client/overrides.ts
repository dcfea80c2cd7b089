import { showValue, SwitchbackError } from '../error.js';
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
  const { storage, knownFeatures, context, onFault } = options;
  const policy = options.policy ?? (isDevelopment() ? { allow: 'all' } : false);
  const allow = policy === false ? [] : Object(policy).allow;
  if (allow !== 'all' && typeof allow !== 'function' && !Array.isArray(allow))
    throw new SwitchbackError(
      'invalid-option',
      `overrides must be false or { allow: "all", a list of features or a function }, found ${showValue(policy)}`,
    );

  const fromUrl = new Map<string, Version>();
  // What the program chose here; it is stored as well, and a tab that stores another version later outranks it.
  const fromProgram = new Map<string, Version>();
  const listeners = new Set<(feature: string | null) => void>();
  let isWriting = false;
  // Where nothing can be allowed, nothing is read.
  if (policy !== false) {
    for (const [feature, version] of parseOverrideQuery(options.search ?? ''))
      if (knownFeatures.has(feature)) fromUrl.set(feature, version);
  }

  const isAllowed = (feature: string): boolean => {
    if (!knownFeatures.has(feature)) return false;
    if (allow === 'all') return true;
    if (typeof allow !== 'function') return allow.includes(feature);
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
      const named = fromUrl.get(feature);
      if (named) return { version: named, origin: 'url' };
      const version = parseOverride(storage.get(overrideStorageKey(feature)));
      return version && { version, origin: fromProgram.get(feature) === version ? 'program' : 'storage' };
    },
    set(feature, version) {
      if (version !== null && !isVersion(version))
        throw new SwitchbackError('invalid-option', `an override is "v1", "v2" or null, found ${showValue(version)}`);
      if (!knownFeatures.has(feature) || (version !== null && !isAllowed(feature))) return false;
      fromUrl.delete(feature);
      isWriting = true;
      if (version === null) {
        fromProgram.delete(feature);
        storage.remove(overrideStorageKey(feature));
      } else {
        fromProgram.set(feature, version);
        storage.set(overrideStorageKey(feature), version);
      }
      isWriting = false;
      for (const listener of Array.from(listeners)) listener(feature);
      return true;
    },
    isAllowed,
    subscribe(listener) {
      const own = (feature: string | null) => {
        try {
          listener(feature);
        } catch (error) {
          onFault?.('overrides.subscribe', error);
        }
      };
      listeners.add(own);
      const stop = storage.subscribe((key) => {
        const feature = key === null ? null : featureOfStorageKey(key);
        if (!isWriting && feature !== undefined && (feature === null || knownFeatures.has(feature))) own(feature);
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
