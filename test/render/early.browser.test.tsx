// A first visit: v1 is on the screen, and the snapshot on its way.
import { useEffect, type ReactNode } from 'react';
import { FeatureGate, useFeature, useFeatureReporter } from 'react-switchback';
import { describe, expect, test, vi } from 'vitest';
import type { Source, SourceListener } from '../../src/client/source/source.js';
import { mount } from '../harness/mount.js';
import { rulesSnapshot } from '../harness/snapshot.js';
import { isProduction, testClient } from './setup.js';
// What is measured waits for this code.
import '../../src/client/meter.js';

type Feature = 'panel' | 'live';

/** Measures as it is mounted. */
function Shown({ feature, name }: { readonly feature: Feature; readonly name: string }): ReactNode {
  const { measure } = useFeatureReporter(feature);
  useEffect(() => measure('shownMs', 1), [measure]);
  return <p>{name}</p>;
}

const Gated = ({ feature }: { readonly feature: Feature }) => (
  <FeatureGate feature={feature} fallback={<Shown feature={feature} name="v1" />}>
    <Shown feature={feature} name="v2" />
  </FeatureGate>
);
const Branching = ({ feature }: { readonly feature: Feature }) =>
  useFeature(feature) ? <Shown key="v2" feature={feature} name="v2" /> : <Shown key="v1" feature={feature} name="v1" />;

/** A client that has asked; `decide` answers. */
function firstVisit() {
  let say: SourceListener | undefined;
  const source: Source = {
    name: 'manual',
    storageKey: null,
    dependsOnContext: false,
    start(listener) {
      say = listener;
      return () => {};
    },
  };
  const page = testClient(null, { source });
  return {
    ...page,
    decide: (percentage: number) => say!.snapshot(rulesSnapshot({ panel: { percentage }, live: { percentage } })),
    /** What was observed of whoever was assigned the version. */
    seenOf: (version: 'v1' | 'v2') =>
      page.sink.observations.filter(({ arm }) => arm === version).map(({ kind }) => kind),
  };
}

describe.each([true, false])('on a first visit, StrictMode %s,', (strict) => {
  test.each([
    ['a gate that follows at once', Gated, 'live'],
    ['useFeature', Branching, 'live'],
    ['useFeature of a feature whose gates hold', Branching, 'panel'],
    ['a gate that holds', Gated, 'panel'],
  ] as const)('%s tells as much of v1 as of v2', async (_, Page, feature) => {
    const seen: string[][] = [];
    for (const [version, percentage] of [
      ['v1', 0],
      ['v2', 100],
    ] as const) {
      const { Provider, decide, settle, seenOf, sink } = firstVisit();
      const page = mount(
        <Provider>
          <Page feature={feature} />
        </Provider>,
        { strict },
      );
      await settle();
      decide(percentage);
      const isHeld = Page === Gated && feature === 'panel';
      await vi.waitFor(() => expect(page.text()).toBe(isHeld ? 'v1' : version));
      await settle();
      await settle();
      expect(sink.observations.length).toBeGreaterThan(0);
      seen.push(seenOf(version).sort());
      page.unmount();
    }
    const [v1, v2] = seen;
    expect(v1).toEqual(v2);
    const measured = (v1 ?? []).filter((kind) => kind === 'measure').length;
    const times = strict && !isProduction ? 2 : 1;
    expect(measured).toBe(Page === Gated && feature === 'panel' ? 0 : times);
  });
});

test('what waits goes as the page is hidden, and nothing listens any more once all is told', async () => {
  const added = vi.spyOn(document, 'addEventListener');
  const removed = vi.spyOn(document, 'removeEventListener');
  const { Provider, client, decide, sink, settle } = firstVisit();
  mount(
    <Provider>
      <Gated feature="live" />
    </Provider>,
  );
  await settle();
  expect(sink.observations).toEqual([]);
  document.dispatchEvent(new Event('visibilitychange'));
  await settle();
  expect(sink.counts('v1').exposures).toBe(1);
  decide(0);
  await settle();
  expect(sink.observations.every(({ arm }) => arm === 'none')).toBe(true);
  client.close();
  const listeners = (calls: typeof added.mock.calls) =>
    calls.filter(([type]) => type === 'visibilitychange').map(([, listener]) => listener);
  expect(listeners(added.mock.calls).length).toBeGreaterThan(0);
  const left = listeners(added.mock.calls).filter((listener) => !listeners(removed.mock.calls).includes(listener));
  expect(left).toEqual([]);
  added.mockRestore();
  removed.mockRestore();
});
