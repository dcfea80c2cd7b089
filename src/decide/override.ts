import { isFeatureKey, isVersion, type Version } from '../evaluate/snapshot.js';

/** A local choice of version, where policy allows it. */
export interface Override {
  readonly version: Version;
  /** ms since 1970, from when on it counts no more; absent: until it is dropped. */
  readonly untilMs?: number;
}

const storagePrefix = 'switchback:override:';

/** The localStorage key that forces a version of one feature; its value is `v1` or `v2`, with `@` and a time to end at. */
export const overrideStorageKey = (feature: string): string => storagePrefix + feature;

/** The feature an override's storage key names; undefined for any other key. */
export const featureOfStorageKey = (key: string): string | undefined =>
  key.startsWith(storagePrefix) ? key.slice(storagePrefix.length) : undefined;

/** Reads `v1`, `v2` or such as `v2@1770000000000`, ms since 1970; anything else counts as no override. */
export function parseOverride(value: unknown): Override | undefined {
  const [, version, until] = (typeof value === 'string' && /^(v[12])(?:@(\d{1,15}))?$/.exec(value)) || [];
  return isVersion(version) ? (until ? { version, untilMs: +until } : { version }) : undefined;
}

/** Writes what `parseOverride` reads. */
export const overrideText = ({ version, untilMs }: Override): string => (untilMs ? `${version}@${untilMs}` : version);

const maxTextLength = 4_096;

/**
 * Reads a list: `memoryPanel:v2,sessionsList:v1@1770000000000`.
 * @param text more than 4,096 characters hold no override
 * @returns only well-formed entries; the last one for a feature wins; never throws
 */
export function parseOverrides(text: string): Map<string, Override> {
  const found = new Map<string, Override>();
  // Not cut: half of the last entry could read as a whole one.
  if (text.length > maxTextLength) return found;
  for (const entry of text.split(',')) {
    const [feature, chosen, ...rest] = entry.split(':');
    const override = parseOverride(chosen);
    if (rest.length === 0 && isFeatureKey(feature) && override) found.set(feature, override);
  }
  return found;
}

/** Writes what `parseOverrides` reads. */
export const overridesText = (overrides: ReadonlyMap<string, Override>): string =>
  Array.from(overrides, ([feature, override]) => `${feature}:${overrideText(override)}`).join();

/**
 * The list in a URL's query: `?switchback=memoryPanel:v2,sessionsList:v1`, the parameter also repeated; `keep` in it asks to
 * keep the others beyond the session.
 * @param search the part of a URL from `?`; more than 4,096 characters hold no override
 */
export const overridesInQuery = (search: string): string =>
  search.length > maxTextLength ? '' : new URLSearchParams(search).getAll('switchback').join();

/** What a server forced, as `withOverrides` of `react-switchback/rsc` notes it in a snapshot. @param snapshot anything; never throws */
export function overrideInSnapshot(snapshot: unknown, feature: string): Override | undefined {
  try {
    const { overrides } = Object(snapshot);
    return Object.hasOwn(overrides, feature) ? parseOverride(overrides[feature]) : undefined;
  } catch {
    return undefined;
  }
}
