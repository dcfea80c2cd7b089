// Rows of the behaviour table, by number: v1 kept out of sight, and gates inside an Activity.
import { useEffect, useState, type ComponentType, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { Activity } from '../../../src/render/Activity.js';
import { expectConsole } from '../../harness/expectedConsole.js';
import { mount, painted } from '../../harness/mount.js';
import { faces, isProduction, settleMs, testClient, type TestClient } from '../setup.js';
import { mountOnV1 } from './upgrading.js';

const boom = new Error('v2 broke');

/** The ways in which a v2 fails that has just come in. */
const failing: readonly (readonly [string, ComponentType])[] = [
  [
    'in its first render',
    () => {
      throw boom;
    },
  ],
  [
    'in an effect',
    () => {
      useEffect(() => {
        throw boom;
      }, []);
      return <p>v2</p>;
    },
  ],
];

describe.each(faces)('%s', (name, makeFace) => {
  test.each(failing)('25: an upgrade that fails %s mounts v1 anew, without its state', async (_how, V2) => {
    const { upgrade, fallbacks, page, seen, input } = await mountOnV1([name, makeFace], { V2 });
    upgrade();
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(seen()).toEqual({ mounts: 1, cleanups: 1 });
    expect(input.isConnected).toBe(false);
    expect(page.container.querySelector('input')!.value).toBe('');
    expect(page.uncaught).toEqual([]);
  });

  describe.runIf(Activity)('with keepV1', () => {
    test.each(failing)('25: an upgrade that fails %s brings v1 back with its text', async (_how, V2) => {
      const upgrading = await mountOnV1([name, makeFace], { V2, keepV1: 'activity' });
      const { upgrade, fallbacks, input, visible, page, sink, settle } = upgrading;
      upgrade();
      await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
      await painted();

      expect(visible()).toBe('v1');
      expect(input.isConnected).toBe(true);
      expect(input.checkVisibility()).toBe(true);
      expect(input.value).toBe('typed');
      expect(page.container.querySelectorAll('input')).toHaveLength(1);
      await settle();
      expect(sink.counts('v2')).toMatchObject({ attempts: 1, settled: 0 });
    });

    test('25: v1 waits out of sight, asleep, until v2 has settled, and is gone then', async () => {
      const V2 = () => <p>v2</p>;
      const upgrading = await mountOnV1([name, makeFace], { V2, keepV1: 'activity' });
      const { upgrade, fallbacks, input, visible, sink, page, seen, clock } = upgrading;
      upgrade();
      await vi.waitFor(() => expect(visible()).toBe('v2'));
      await clock.advance(settleMs - 1);
      await painted();
      expect(sink.counts('v2').settled).toBe(0);
      expect(input.isConnected).toBe(true);
      expect(input.checkVisibility()).toBe(false);

      await clock.advance(1);
      await painted();
      expect(sink.counts('v2').settled).toBe(1);
      expect(page.text()).toBe('v2');
      expect(input.isConnected).toBe(false);
      expect(seen()).toEqual({ mounts: 0, cleanups: 1 });
      expect(fallbacks).toEqual([]);
      expect(sink.counts('v1')).toMatchObject({ attempts: 0, exposures: 0 });
    });
  });

  test.skipIf(Activity)('25: where React has no Activity, keepV1 mounts v1 anew and says so once', async () => {
    if (!isProduction) expectConsole(/keepV1, which takes React 19\.2 or newer/);
    const [[, V2] = []] = failing;
    const client = testClient(undefined, { onInternalFault: undefined });
    const Face = makeFace({ v1: <p>v1</p>, V2: V2!, keepV1: 'activity' });
    const page = mount(
      <client.Provider>
        <Face />
        <Face />
      </client.Provider>,
    );
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(2));
    expect(page.text()).toBe('v1v1');
    expect(console.warn).toHaveBeenCalledTimes(isProduction ? 0 : 1);

    const upgrading = await mountOnV1([name, makeFace], { V2: V2!, keepV1: 'activity' });
    upgrading.upgrade();
    await vi.waitFor(() => expect(upgrading.fallbacks).toHaveLength(1));
    await painted();
    expect(upgrading.page.text()).toBe('v1');
    expect(upgrading.seen()).toEqual({ mounts: 1, cleanups: 1 });
  });
});

/** A page with a gate inside an Activity. */
function mountHideable(Face: ComponentType, mode: 'visible' | 'hidden', client: TestClient = testClient()) {
  let setMode: (mode: 'visible' | 'hidden') => void = () => {};
  let renders = 0;
  const Beside = () => {
    renders++;
    return null;
  };
  const Page = (): ReactNode => {
    const [current, set] = useState(mode);
    setMode = set;
    const Mode = Activity!;
    return (
      <client.Provider>
        <Mode mode={current}>
          <Beside />
          <Face />
        </Mode>
      </client.Provider>
    );
  };
  const page = mount(<Page />);
  const visible = () => page.container.innerText.trim();
  return {
    ...client,
    page,
    visible,
    /** Resolves once React, when it had time, has rendered what is hidden. */
    async isRenderedAhead() {
      await vi.waitFor(() => expect(renders).toBeGreaterThan(0));
      await painted();
    },
    shows: (text: string) => vi.waitFor(() => expect(visible()).toBe(text)),
    hide: () => setMode('hidden'),
    reveal: () => setMode('visible'),
  };
}

describe.runIf(Activity).each(faces)('%s in an Activity', (_face, makeFace) => {
  test('26: a v2 that fails while it is hidden counts when it is revealed, once, and v1 is shown', async () => {
    const V2 = () => {
      throw boom;
    };
    const hideable = mountHideable(makeFace({ v1: <p>v1</p>, V2 }), 'hidden');
    const { fallbacks, sink, reveal, shows, page, settle, isRenderedAhead } = hideable;
    await isRenderedAhead();
    await settle();
    expect(fallbacks).toEqual([]);
    expect(sink.observations).toEqual([]);

    reveal();
    await shows('v1');
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await settle();
    expect(page.uncaught).toEqual([]);
    expect(fallbacks).toMatchObject([{ phase: 'render', error: boom }]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 0, settled: 0, failed: { render: 1 } });
  });

  test('26: a v2 that fails on an update while it is hidden counts when it is revealed', async () => {
    let fail = () => {};
    let failures = 0;
    const V2 = () => {
      const [isFailing, setIsFailing] = useState(false);
      fail = () => setIsFailing(true);
      if (isFailing) failures++;
      if (isFailing) throw boom;
      return <p>v2</p>;
    };
    const Face = makeFace({ v1: <p>v1</p>, V2 });
    const { fallbacks, sink, hide, reveal, shows, settle } = mountHideable(Face, 'visible');
    await shows('v2');
    await settle();
    hide();
    await shows('');
    fail();
    await vi.waitFor(() => expect(failures).toBeGreaterThan(0));
    await painted();
    expect(fallbacks).toEqual([]);

    reveal();
    await shows('v1');
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await settle();
    expect(fallbacks).toMatchObject([{ phase: 'render', error: boom }]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, settled: 1, failed: { render: 1 } });
  });

  test('26: what is rendered ahead of time is no exposure, and proves nothing', async () => {
    const onExposure = vi.fn();
    const client = testClient(undefined, { onExposure });
    const Face = makeFace({ v1: <p>v1</p>, V2: () => <p>v2</p> });
    const { sink, reveal, shows, settle, isRenderedAhead } = mountHideable(Face, 'hidden', client);
    await isRenderedAhead();
    await settle();
    expect(sink.observations).toEqual([]);
    expect(onExposure).not.toHaveBeenCalled();

    reveal();
    await shows('v2');
    await settle();
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, settled: 1 });
    expect(onExposure).toHaveBeenCalledTimes(1);
  });

  test('26: a hidden v2 that suspends never times out; revealed it does', async () => {
    const never = new Promise<never>(() => {});
    const V2 = () => {
      throw never;
    };
    const Face = makeFace({ v1: <p>v1</p>, V2, loading: <p>loading</p>, suspendTimeoutMs: 50 });
    const { fallbacks, reveal, shows, clock, isRenderedAhead } = mountHideable(Face, 'hidden');
    await isRenderedAhead();
    await clock.advance(10_000);
    await painted();
    expect(fallbacks).toEqual([]);
    reveal();
    await shows('loading');
    await painted();
    await clock.advance(49);
    expect(fallbacks).toEqual([]);
    await clock.advance(1);
    await shows('v1');
    expect(fallbacks).toMatchObject([{ error: { code: 'suspend-timeout' } }]);
  });

  test.each<[string, number, object]>([
    ['before it settled', 2_000, { settled: 0, aborted: 1 }],
    ['after it settled', 10, { settled: 1, aborted: 0 }],
  ])('27: hidden and shown three times %s, v2 is one attempt and one exposure', async (_when, settleMs, outcome) => {
    const onExposure = vi.fn();
    const client = testClient(undefined, { onExposure, settleMs });
    const Face = makeFace({ v1: <p>v1</p>, V2: () => <p>v2</p>, suspendTimeoutMs: 40 });
    const { fallbacks, sink, hide, reveal, shows, clock } = mountHideable(Face, 'visible', client);
    await shows('v2');
    await clock.advance(10);
    for (let times = 0; times < 3; times++) {
      hide();
      await shows('');
      await painted();
      await clock.advance(60);
      reveal();
      await shows('v2');
      await painted();
    }
    await clock.advance(60);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, ...outcome });
    expect(onExposure).toHaveBeenCalledTimes(1);
    expect(fallbacks).toEqual([]);
  });
});
