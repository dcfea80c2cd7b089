'use client';

import { useSyncExternalStore } from 'react';
import type { FeatureConfig, FeatureKey } from '../features.js';
import { useSwitchback } from './context.js';

/**
 * A feature's settings: the defaults of `defineFeatures` with the published ones over them. Live.
 * @returns the same frozen object as long as both are the same; a published value of another type than its default is left out
 */
export function useFeatureConfig<Key extends FeatureKey>(feature: Key): FeatureConfig<Key> {
  const client = useSwitchback();
  const { internals } = client;
  return useSyncExternalStore(
    internals.subscribe,
    () => client.getConfig(feature),
    () => internals.configForServer(feature) as FeatureConfig<Key>,
  );
}
