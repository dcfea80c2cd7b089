import { isFeatureKey, isVersion, type Version } from '../evaluate/snapshot.js';

/** A local choice of version, where policy allows it. */
export interface Override {
  readonly version: Version;
}

const storagePrefix = 'switchback:override:';

/** The localStorage key that forces a version of one feature; its value is `v1` or `v2`. */
export const overrideStorageKey = (feature: string): string => storagePrefix + feature;

/** The feature an override's storage key names; undefined for any other key. */
export const featureOfStorageKey = (key: string): string | undefined =>
  key.startsWith(storagePrefix) ? key.slice(storagePrefix.length) : undefined;

/** Reads a stored value; anything but `v1` and `v2` counts as no override. */
export const parseOverride = (value: unknown): Version | undefined => (isVersion(value) ? value : undefined);

const maxQueryLength = 4_096;

/**
 * Reads overrides from a URL's query: `?switchback=memoryPanel:v2,sessionsList:v1`, the parameter also repeated.
 * @param search the part of a URL from `?`; more than 4,096 characters hold no override
 * @returns only well-formed entries; the last one for a feature wins; never throws
 */
export function parseOverrideQuery(search: string): ReadonlyMap<string, Version> {
  const found = new Map<string, Version>();
  // Not cut: half of the last entry could read as a whole one.
  if (search.length > maxQueryLength) return found;
  for (const value of new URLSearchParams(search).getAll('switchback')) {
    for (const entry of value.split(',')) {
      const [feature, version, ...rest] = entry.split(':');
      if (rest.length === 0 && isFeatureKey(feature) && isVersion(version)) found.set(feature, version);
    }
  }
  return found;
}
