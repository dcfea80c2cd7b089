import { useEffect } from 'react';
import { createValueStore, useValue } from '../data/valueStore.js';
import type { DemoFeature } from '../features.js';

/** How this demo's v2 is broken on purpose. The library knows nothing of it. */
export type Fault = 'off' | 'render' | 'effect' | 'chunk';

export const faultNames: Readonly<Record<Fault, string>> = {
  off: 'Off',
  render: 'Render',
  effect: 'Effect',
  chunk: 'Chunk',
};

const intact: Readonly<Record<DemoFeature, Fault>> = {
  memoryPanel: 'off',
  sessionsList: 'off',
  activityTracking: 'off',
};

export const faultStore = createValueStore(intact);

export const setFault = (feature: DemoFeature, fault: Fault): void =>
  faultStore.set((faults) => ({ ...faults, [feature]: fault }));

/** Called by every v2 component: breaks it the way the visitor asked for. */
export function useFault(feature: DemoFeature): void {
  const fault = useValue(faultStore)[feature];
  if (fault === 'render') throw new Error(`${feature} v2 cannot read "items" of undefined`);
  useEffect(() => {
    if (fault === 'effect') throw new Error(`${feature} v2 lost its subscription`);
  }, [fault, feature]);
}

/** Wraps a loader of v2's code: it rejects while the chunk is broken. */
export const breakable =
  <Module>(feature: DemoFeature, load: () => Promise<Module>): (() => Promise<Module>) =>
  () =>
    faultStore.get()[feature] === 'chunk'
      ? Promise.reject(new TypeError(`Failed to fetch dynamically imported module: /assets/${feature}V2.js`))
      : load();
