import { refuseOption } from '../error.js';
import {
  featureOfStorageKey,
  overridesInQuery,
  overrideStorageKey,
  overridesText,
  overrideText,
  parseOverride,
  parseOverrides,
  type Override,
} from '../decide/override.js';
import { isVersion, type EvaluationContext, type Version } from '../evaluate/snapshot.js';
import type { Clock } from './clock.js';
import type { OverrideCookie } from './overrideCookie.js';
import type { SafeStorage } from './storage.js';

/** Who may choose a version: nobody, everybody, everybody for these features, or whom a function says. */
export type OverridePolicy =
  | false
  | {
      readonly allow: 'all' | readonly string[] | ((context: EvaluationContext) => boolean);
      /** How long a choice that is kept counts, in ms, where it is not said with the choice. Default: until it is dropped. */
      readonly expiresInMs?: number | undefined;
      /** Keeps choices in a cookie as well, for servers: `overrideCookie()`. */
      readonly cookie?: OverrideCookie | undefined;
    };

export interface OverridesOptions {
  readonly storage: SafeStorage;
  /** The part of the page's URL from `?`, read once. */
  readonly search?: string | undefined;
  /** Where the URL's choices outlast the page; touching it may throw. */
  readonly session?: (() => Storage) | undefined;
  /** Default: all in development, false in production and where `process.env.NODE_ENV` cannot be read. */
  readonly policy?: OverridePolicy | undefined;
  readonly knownFeatures: ReadonlySet<string>;
  /** The present context, for a policy that is a function. */
  readonly context: () => EvaluationContext;
  readonly clock: Clock;
  readonly onFault?: ((operation: string, error: unknown) => void) | undefined;
}

/** The local choices of version. */
export interface Overrides {
  /** @returns undefined where there is none, it has expired or the policy does not allow it */
  get(feature: string): Override | undefined;
  /**
   * Chooses a version, also for later visits; null drops the choice, wherever it came from.
   * @param expiresInMs default: as the policy says
   * @returns false when the feature is unknown or the policy does not allow it: nothing was changed
   * @throws SwitchbackError `invalid-option` for anything but `v1`, `v2` and null, and for a duration that is not above 0
   */
  set(feature: string, version: Version | null, expiresInMs?: number): boolean;
  isAllowed(feature: string): boolean;
  /** Keeps the URL's choices for later visits, where the URL asks for that. */
  keep(): void;
  /** Calls back when a choice changed, here or in another tab, or expired; null: any of them. */
  subscribe(listener: (feature: string | null) => void): () => void;
}

const sessionKey = 'switchback:overrides';
// A link is passed on, and nobody remembers it.
const keptForMs = 7 * 86_400_000;
const nothing = () => {};

/**
 * Reads the local choices of version: the URL's, for this session, before what is stored, before the cookie. Only known features
 * and declared versions count.
 * @throws SwitchbackError `invalid-option` for a bad policy
 */
export function createOverrides(options: OverridesOptions): Overrides {
  const { storage, search = '', session, knownFeatures, context, clock, onFault } = options;
  const { policy = isDevelopment() && { allow: 'all' } } = options;
  const { allow, cookie, ...given } = policy || { allow: [] };
  if (allow !== 'all' && typeof allow !== 'function' && !Array.isArray(allow))
    refuseOption('overrides', 'false or { allow: "all", a list of features or a function }', policy);

  // Where nothing can be allowed, nothing is read.
  const query = policy ? overridesInQuery(search) : '';
  const inSession = <T>(act: (area: Storage) => T): T | undefined => {
    try {
      return session && act(session());
    } catch {
      return undefined; // denied or full: the choices hold for the page alone
    }
  };
  const saveSession = () => inSession((area) => area.setItem(sessionKey, overridesText(fromUrl)));
  const earlier = policy && inSession((area) => area.getItem(sessionKey));
  const fromUrl = parseOverrides(`${earlier || ''},${query}`);
  if (query) saveSession();
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
  const present = (override: Override | undefined): Override | undefined =>
    override && (override.untilMs ?? Infinity) > clock.now() ? override : undefined;
  const get = (feature: string): Override | undefined =>
    isAllowed(feature)
      ? (present(fromUrl.get(feature)) ??
        present(parseOverride(storage.get(overrideStorageKey(feature)))) ??
        present(cookie?.get(feature)))
      : undefined;

  const set: Overrides['set'] = (feature, version, expiresInMs = given.expiresInMs ?? Infinity) => {
    if (version !== null && !isVersion(version)) refuseOption('an override', '"v1", "v2" or null', version);
    if (!(expiresInMs > 0)) refuseOption('expiresInMs', 'above 0', expiresInMs);
    if (!knownFeatures.has(feature) || (version !== null && !isAllowed(feature))) return false;
    const key = overrideStorageKey(feature);
    const before = storage.get(key);
    const untilMs = Math.round(clock.now() + expiresInMs);
    const override = version && (untilMs < Infinity ? { version, untilMs } : { version });
    if (fromUrl.delete(feature)) saveSession();
    cookie?.set(feature, override);
    const text = override && overrideText(override);
    if (text === null) storage.remove(key);
    else storage.set(key, text);
    // The storage tells of what changed there; of the URL's choice and the cookie's it does not know.
    if (before === text) listeners.forEach((listener) => listener(feature));
    return true;
  };

  return {
    get,
    set,
    isAllowed,
    keep() {
      if (!query.split(',').includes('keep')) return;
      for (const [feature, { version, untilMs = clock.now() + (given.expiresInMs ?? keptForMs) }] of parseOverrides(
        query,
      ))
        if (untilMs > clock.now()) set(feature, version, untilMs - clock.now());
    },
    subscribe(listener) {
      let cancel = nothing;
      // A copy of our own, so that the same function may subscribe twice.
      const own = (feature: string | null) => {
        wake();
        listener(feature);
      };
      const wake = (): void => {
        cancel();
        let nextMs = Infinity;
        for (const feature of policy ? knownFeatures : []) nextMs = Math.min(nextMs, get(feature)?.untilMs ?? Infinity);
        cancel = nextMs < Infinity ? clock.after(nextMs - clock.now(), () => own(null)) : nothing;
      };
      wake();
      listeners.add(own);
      const stop = storage.subscribe((key) => {
        const feature = key === null ? null : featureOfStorageKey(key);
        if (feature === null || (feature !== undefined && knownFeatures.has(feature))) own(feature);
      });
      return () => {
        cancel();
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
