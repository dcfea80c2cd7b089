// What mounting and unmounting leaves behind: listeners and timers, counted at the page's own functions.
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { defineFeatures, FeatureGate, SwitchbackProvider, useFeatureReporter } from 'react-switchback';
import { httpSink } from 'react-switchback/client';
import { rulesSnapshot } from '../../test/harness/snapshot.js';

const features = defineFeatures({ panel: {} });
const initial = rulesSnapshot({ panel: {} });

let listeners = 0;
const held = new Map<string, number>();
const timers = new Set<unknown>();
let isCounting = false;

const keyOf = (target: EventTarget, type: string, listener: unknown): string => {
  const ids = (globalThis as { ids?: WeakMap<object, number> }).ids ?? new WeakMap<object, number>();
  (globalThis as { ids?: WeakMap<object, number> }).ids = ids;
  const idOf = (value: object): number => {
    let id = ids.get(value);
    if (id === undefined) ids.set(value, (id = ++listeners));
    return id;
  };
  return `${idOf(target)} ${type} ${idOf(listener as object)}`;
};

for (const target of [window, document]) {
  const { addEventListener, removeEventListener } = target;
  target.addEventListener = ((...args: Parameters<typeof addEventListener>) => {
    if (isCounting && args[1]) held.set(keyOf(target, args[0], args[1]), 1);
    addEventListener.apply(target, args);
  }) as typeof target.addEventListener;
  target.removeEventListener = ((...args: Parameters<typeof removeEventListener>) => {
    if (args[1]) held.delete(keyOf(target, args[0], args[1]));
    removeEventListener.apply(target, args);
  }) as typeof target.removeEventListener;
}
const { setTimeout: set, clearTimeout: clear, setInterval: setRepeated, clearInterval: clearRepeated } = window;
window.setTimeout = ((run: () => void, ms?: number) => {
  const id = set(() => {
    timers.delete(id);
    run();
  }, ms);
  if (isCounting) timers.add(id);
  return id;
}) as typeof window.setTimeout;
window.clearTimeout = (id) => {
  timers.delete(id);
  clear(id);
};
window.setInterval = ((run: () => void, ms?: number) => {
  const id = setRepeated(run, ms);
  if (isCounting) timers.add(id);
  return id;
}) as typeof window.setInterval;
window.clearInterval = (id) => {
  timers.delete(id);
  clearRepeated(id);
};

function Panel(): ReactNode {
  const { measure } = useFeatureReporter('panel');
  return <button onClick={() => measure('clicks', 1, { kind: 'counter' })}>v2</button>;
}

/** @returns how many listeners and timers are left, and how often v2 was mounted */
async function mountAndUnmount(times: number): Promise<{ listeners: number; timers: number; mounts: number }> {
  const container = document.getElementById('app')!;
  let mounts = 0;
  const once = async (): Promise<void> => {
    const root = createRoot(container);
    const sinks = [httpSink({ url: '/api', storage: false, sendBeacon: null, fetch: async () => new Response('{}') })];
    flushSync(() =>
      root.render(
        <StrictMode>
          <SwitchbackProvider
            features={features}
            initial={initial}
            context={{ targetingKey: 'user-1' }}
            storage={false}
            sinks={sinks}
          >
            <FeatureGate feature="panel" fallback={<p>v1</p>}>
              <Panel />
            </FeatureGate>
          </SwitchbackProvider>
        </StrictMode>,
      ),
    );
    await new Promise((resolve) => set(resolve, 0));
    const button = container.querySelector('button');
    if (button) mounts++;
    button?.click();
    root.unmount();
    await new Promise((resolve) => set(resolve, 0));
  };
  // Once for what React and the page make only once.
  await once();
  await new Promise((resolve) => set(resolve, 500));
  mounts = 0;
  isCounting = true;
  for (let time = 0; time < times; time++) await once();
  isCounting = false;
  // Requests that were under way have their answer.
  await new Promise((resolve) => set(resolve, 500));
  return { listeners: held.size, timers: timers.size, mounts };
}

const strictBench = { mountAndUnmount };

declare global {
  interface Window {
    strictBench: typeof strictBench;
  }
}

window.strictBench = strictBench;
