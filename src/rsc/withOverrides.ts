import { overrideText, type Override } from '../decide/override.js';
import { readOverrideCookie } from '../decide/overrideCookie.js';
import { refuseOption } from '../error.js';
import { isObject } from '../evaluate/kind.js';
import type { EvaluationContext, JsonObject } from '../evaluate/snapshot.js';
import type { FeatureSet } from '../features.js';

/** The request's cookie, and who may force a version. */
export interface WithOverridesOptions {
  /** The request's `Cookie` header; anything may come. */
  readonly cookie: string | null | undefined;
  /** Who may force a version, as the browser's policy says. `false`: nobody. */
  readonly allow: false | 'all' | readonly string[] | ((context: EvaluationContext) => boolean);
  /** Who asks, for a policy that is a function. */
  readonly context?: EvaluationContext | null | undefined;
  /** As given to `overrideCookie`; default `switchback`. */
  readonly name?: string | undefined;
  /** ms since 1970; default: the machine's. */
  readonly nowMs?: number | undefined;
}

/**
 * Notes in a snapshot what this request's user forced, so that `getDecision`, server HTML and hydration heed it. Kills still win.
 * @param snapshot parsed JSON, such as from `fetchSnapshot`. Where there is none nothing is known of kills, and nothing is forced
 * @returns a copy; null for what is no object. A policy that throws allows nothing
 * @throws SwitchbackError `invalid-option` for features that are no object and for another policy
 */
export function withOverrides(
  snapshot: unknown,
  features: FeatureSet,
  options: WithOverridesOptions,
): JsonObject | null {
  const { cookie, allow, context, name, nowMs = Date.now() } = options;
  if (!isObject(features)) refuseOption('features', 'the outcome of defineFeatures', features);
  if (allow !== false && allow !== 'all' && typeof allow !== 'function' && !Array.isArray(allow))
    refuseOption('allow', 'false, "all", a list of features or a function', allow);
  if (!isObject(snapshot)) return null;

  const isEverybody = allow === 'all' || (typeof allow === 'function' && asks(allow, context ?? {}));
  const counts = ([feature, { untilMs = Infinity }]: readonly [string, Override]): boolean =>
    Object.hasOwn(features, feature) &&
    untilMs > nowMs &&
    (isEverybody || (Array.isArray(allow) && allow.includes(feature)));
  const overrides = Array.from(readOverrideCookie(cookie, name))
    .filter(counts)
    .map(([feature, override]) => [feature, overrideText({ version: override.version })] as const);
  return { ...(snapshot as JsonObject), overrides: Object.fromEntries(overrides) };
}

function asks(allow: (context: EvaluationContext) => boolean, context: EvaluationContext): boolean {
  try {
    return allow(context) === true;
  } catch {
    return false;
  }
}
