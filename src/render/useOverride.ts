'use client';

import { useSyncExternalStore } from 'react';
import type { Version } from '../evaluate/snapshot.js';
import type { FeatureKey } from '../features.js';
import { useSwitchback } from './context.js';

/** A local choice of version, and how to change it. */
export interface OverrideControl {
  /** The forced version; null while the decision is followed. */
  readonly version: Version | null;
  /** Whether policy lets this user force a version of this feature. */
  readonly allowed: boolean;
  /** Forces a version, also for later visits; false where policy does not allow it. */
  readonly set: (version: Version) => boolean;
  /** Follows the decision again. */
  readonly clear: () => void;
}

/** Reads and sets this browser's override of a feature; it follows other tabs. Kills still win over an override. */
export function useOverride(feature: FeatureKey): OverrideControl {
  const client = useSwitchback();
  const version = useSyncExternalStore(
    client.internals.subscribeOverrides,
    () => client.getOverride(feature).version,
    () => null,
  );
  const allowed = useSyncExternalStore(
    client.internals.subscribe,
    () => client.getOverride(feature).allowed,
    () => false,
  );
  return {
    version,
    allowed,
    set: (next) => client.setOverride(feature, next),
    clear: () => void client.setOverride(feature, null),
  };
}
