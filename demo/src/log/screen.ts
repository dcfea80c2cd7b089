import { createContext, useContext, useLayoutEffect } from 'react';
import type { Version } from 'react-switchback';
import { createValueStore, type ValueStore } from '../data/valueStore.js';
import type { DemoFeature } from '../features.js';

/** Which version of each panel is on the screen; said by the panels themselves. */
export type Screen = Readonly<Partial<Record<DemoFeature, Version>>>;

export const screenStore: ValueStore<Screen> = createValueStore<Screen>({});

/** Null for the simulated visitors: nobody sees their panels. */
export const ScreenContext = createContext<ValueStore<Screen> | null>(null);

/** Notes that this version is on the screen, for as long as it is. */
export function useOnScreen(feature: DemoFeature, version: Version): void {
  const store = useContext(ScreenContext);
  useLayoutEffect(() => {
    store?.set((screen) => ({ ...screen, [feature]: version }));
    return () =>
      store?.set((screen) => {
        const { [feature]: shown, ...others } = screen;
        return shown === version ? others : screen;
      });
  }, [store, feature, version]);
}
