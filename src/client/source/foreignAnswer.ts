import { isFeatureKey, type JsonObject, type Version } from '../../evaluate/snapshot.js';

/** What another engine says of one feature, for this context. */
export interface ForeignAssignment {
  readonly version: Version;
  readonly reason: string;
  readonly config?: JsonObject;
}

/** What another engine answered, in our words. */
export interface ForeignAnswer {
  readonly features: ReadonlyMap<string, ForeignAssignment>;
  /** Features that are off for everybody there: nothing local outranks that. */
  readonly kills: readonly string[];
  readonly emergency: boolean;
}

/** Which flag of the engine stands for which of our features; without it they have the same names. */
export type FlagKeys = Readonly<Record<string, string>>;

const maxFeatures = 1_000;

/** Collects features by the engine's flag keys; names that cannot be ours, and more than a snapshot holds, are left out. */
export function collectFeatures(flagKeys: FlagKeys | undefined) {
  const features = new Map<string, ForeignAssignment>();
  const byFlag = flagKeys && new Map<string, string[]>();
  for (const [feature, flag] of Object.entries(flagKeys ?? {}))
    byFlag?.set(flag, [...(byFlag.get(flag) ?? []), feature]);
  return {
    features,
    /** Our names of a flag. */
    namesOf: (flag: unknown): readonly string[] => {
      if (byFlag) return byFlag.get(flag as string) ?? [];
      return isFeatureKey(flag) && (features.size < maxFeatures || features.has(flag)) ? [flag] : [];
    },
  };
}

const versions = new Map<unknown, Version>([
  [true, 'v2'],
  [false, 'v1'],
  ['v2', 'v2'],
  ['v1', 'v1'],
  ['on', 'v2'],
  ['off', 'v1'],
]);

/** A value or the name of a variant as a version: booleans, `v1`, `v2`, `on`, `off`; undefined for any other. */
export const versionOf = (value: unknown): Version | undefined => versions.get(value);
