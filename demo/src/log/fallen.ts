import { createValueStore } from '../data/valueStore.js';
import type { DemoFeature } from '../features.js';

/** In which phase v2 failed, for the panels that fell back and were not reopened since. */
export const fallenStore = createValueStore<Readonly<Partial<Record<DemoFeature, string>>>>({});

export const clearFallen = (feature: DemoFeature): void =>
  fallenStore.set((fallen) => {
    const { [feature]: _, ...others } = fallen;
    return others;
  });
