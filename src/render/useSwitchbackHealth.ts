'use client';

import { useCallback, useSyncExternalStore } from 'react';
import type { HealthOverview } from '../client/attachedMonitor.js';
import type { FeatureKey } from '../features.js';
import { notWatched, type Health } from '../guard/healthLevel.js';
import { useSwitchback } from './context.js';

const nothingWatched: HealthOverview = { level: 'healthy', features: new Map() };
const none = () => {};
const noMonitor = () => undefined;

/** The health of one feature in this browser, and why. Only that feature's changes render again. */
export function useSwitchbackHealth(feature: FeatureKey): Health;
/** The worst of all features that are watched, and each of them. */
export function useSwitchbackHealth(): HealthOverview;
export function useSwitchbackHealth(feature?: FeatureKey): Health | HealthOverview {
  const { subscribe: subscribeState, parts } = useSwitchback().internals;
  // The host may make its monitor later, or another one.
  const monitor = useSyncExternalStore(subscribeState, () => parts.read().monitor, noMonitor);
  const subscribe = useCallback(
    (listener: () => void) => monitor?.subscribe(feature ?? null, listener) ?? none,
    [monitor, feature],
  );
  const read = (): Health | HealthOverview => {
    if (feature === undefined) return monitor?.getOverview() ?? nothingWatched;
    return monitor?.getHealth(feature) ?? notWatched;
  };
  return useSyncExternalStore(subscribe, read, () => (feature === undefined ? nothingWatched : notWatched));
}
