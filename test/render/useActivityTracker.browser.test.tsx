import { useSyncExternalStore } from 'react';
import { expect, test, vi } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import type { ActivityTracker } from '../../src/client/activity/createActivityTracker.js';
import { defineFeatures } from '../../src/features.js';
import { SwitchbackProvider } from '../../src/render/SwitchbackProvider.js';
import { useActivityTracker } from '../../src/render/useActivityTracker.js';
import { mount } from '../harness/mount.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const features = defineFeatures({ panel: {} });
const none: readonly never[] = [];

function setUp() {
  const initial = rulesSnapshot({ panel: {} });
  const client = createSwitchback({
    features,
    initial,
    storage: false,
    sinks: [],
    context: { targetingKey: 'user-1' },
  });
  const seen: ActivityTracker[] = [];
  function Log({ consent }: { readonly consent: boolean }) {
    const tracker = useActivityTracker({ feature: 'panel', consent });
    seen.push(tracker);
    const events = useSyncExternalStore(tracker.subscribe, tracker.events, () => none);
    return (
      <button type="button" data-activity="more">
        {events.length} events, {events.at(-1)?.version ?? 'none'}
      </button>
    );
  }
  const app = (consent: boolean) => (
    <SwitchbackProvider client={client}>
      <Log consent={consent} />
    </SwitchbackProvider>
  );
  return { app, seen };
}

test('listens while it is mounted, and shows what is kept', async () => {
  const { app, seen } = setUp();
  const page = mount(app(true));
  await vi.waitFor(() => expect(seen.at(-1)?.status().state).toBe('on'));
  page.container.querySelector('button')?.click();
  await vi.waitFor(() => expect(page.text()).toBe('1 events, v2'));
  expect(new Set(seen.slice(-2)).size).toBe(1);
  page.unmount();
  document.body.click();
  await vi.waitFor(() =>
    expect([seen.at(-1)?.status(), seen.at(-1)?.events()]).toEqual([{ state: 'off', because: 'disabled' }, []]),
  );
});

test('consent that is withdrawn empties it, and never given it never starts', async () => {
  const { app, seen } = setUp();
  const page = mount(app(false));
  const status = () => seen.at(-1)?.status();
  await vi.waitFor(() => expect(status()).toEqual({ state: 'off', because: 'no-consent' }));
  page.render(app(true));
  await vi.waitFor(() => expect(status()?.state).toBe('on'));
  page.container.querySelector('button')?.click();
  await vi.waitFor(() => expect(page.text()).toBe('1 events, v2'));
  page.render(app(false));
  await vi.waitFor(() => expect(page.text()).toBe('0 events, none'));
});
