'use client';

import { useSyncExternalStore } from 'react';
import type { Decision } from '../decide/decide.js';
import type { FeatureKey } from '../features.js';
import { useSwitchback } from './context.js';

/**
 * Whether to render v2. Live: it follows every change at once; gates hold an upgrade instead.
 * @returns true for v2; false for v1, also while nothing is known and for an unknown feature
 */
export function useFeature(feature: FeatureKey): boolean {
  const cell = useSwitchback().internals.cell(feature);
  return useSyncExternalStore(cell.subscribe, cell.isEnabled, cell.isEnabledForServer);
}

/** The decision: version, reason and bucket. Live, and the same object as long as it says the same. */
export function useFeatureDetails(feature: FeatureKey): Decision {
  const cell = useSwitchback().internals.cell(feature);
  return useSyncExternalStore(cell.subscribe, cell.get, cell.getForServer);
}
