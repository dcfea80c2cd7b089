// What ends with a version: `useVersionSignal`.
import { useEffect, useLayoutEffect, useState, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { useFallbackBoundary, useVersionSignal } from '../../../src/index.js';
import { Activity } from '../../../src/render/Activity.js';
import { mount, painted } from '../../harness/mount.js';
import { faces, gatingFaces, mountFace, testClient } from '../setup.js';

const boom = new Error('v2 broke');
const v1 = <p>v1</p>;

/** Something that can be listened to, and how many do. */
function createTopic() {
  const target = new EventTarget();
  let heard = 0;
  return {
    listen: (signal: AbortSignal) => target.addEventListener('news', () => void heard++, { signal }),
    listeners() {
      heard = 0;
      target.dispatchEvent(new Event('news'));
      return heard;
    },
  };
}

/** A v2 that listens as long as it is there, and tells its signals. */
function createV2(useAny: typeof useEffect = useEffect) {
  const topic = createTopic();
  const signals: AbortSignal[] = [];
  const told = { render: () => {}, showFallback: (_error: unknown) => {} };
  const V2 = () => {
    const signal = useVersionSignal();
    const [, setCount] = useState(0);
    told.render = () => setCount((count) => count + 1);
    told.showFallback = useFallbackBoundary().showFallback;
    useAny(() => {
      signals.push(signal);
      topic.listen(signal);
    }, [signal]);
    return <p>v2</p>;
  };
  return { V2, topic, told, signals };
}

describe.each(faces)('%s', (_face, makeFace) => {
  test.each([useEffect, useLayoutEffect])(
    'one listener is there after the mount, whichever effect adds it (%#)',
    async (hook) => {
      const { V2, topic, signals, told } = createV2(hook);
      mountFace(makeFace({ v1, V2 }));
      await vi.waitFor(() => expect(topic.listeners()).toBe(1));
      await painted();
      expect(topic.listeners()).toBe(1);
      const current = signals.at(-1)!;
      expect(current.aborted).toBe(false);

      const before = signals.length;
      told.render();
      await painted();
      expect(signals).toHaveLength(before);
      expect(current.aborted).toBe(false);
      expect(topic.listeners()).toBe(1);
    },
  );

  test('v1 in the place of v2 aborts it', async () => {
    const { V2, topic, told, signals } = createV2();
    const { page } = mountFace(makeFace({ v1, V2 }));
    await vi.waitFor(() => expect(topic.listeners()).toBe(1));
    told.showFallback(boom);
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    expect(topic.listeners()).toBe(0);
    expect(signals.at(-1)!.aborted).toBe(true);
  });

  test('leaving aborts it', async () => {
    const { V2, topic, signals } = createV2();
    const { page } = mountFace(makeFace({ v1, V2 }));
    await vi.waitFor(() => expect(topic.listeners()).toBe(1));
    page.unmount();
    expect(topic.listeners()).toBe(0);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test.each([useEffect, useLayoutEffect])('what an effect began that throws half-way is ended (%#)', async (hook) => {
    const topic = createTopic();
    const cleaned = vi.fn();
    const fetched: Promise<unknown>[] = [];
    const V2 = () => {
      const signal = useVersionSignal();
      hook(() => {
        topic.listen(signal);
        fetched.push(
          fetch(location.href, { signal }).then(
            () => 'answered',
            ({ name }: Error) => name,
          ),
        );
        throwIf(true);
        return cleaned;
      }, [signal]);
      return <p>v2</p>;
    };
    const { page, fallbacks } = mountFace(makeFace({ v1, V2 }));
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();
    expect(page.text()).toBe('v1');
    expect(cleaned).not.toHaveBeenCalled();
    expect(topic.listeners()).toBe(0);
    expect(new Set(await Promise.all(fetched))).toEqual(new Set(['AbortError']));
  });

  test('inside v1 it ends with v1', async () => {
    const { V2: Listening, topic } = createV2();
    const client = testClient();
    const Face = makeFace({
      v1: <Listening />,
      V2: () => {
        throw boom;
      },
    });
    const { page } = mountFace(Face, { client });
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
    await painted();
    expect(topic.listeners()).toBe(1);
    page.unmount();
    expect(topic.listeners()).toBe(0);
  });

  test.runIf(Activity)('hidden it is aborted, and shown again there is a new one', async () => {
    const { V2, topic } = createV2();
    const Face = makeFace({ v1, V2 });
    const client = testClient();
    let setMode: (mode: 'visible' | 'hidden') => void = () => {};
    const Page = (): ReactNode => {
      const [mode, set] = useState<'visible' | 'hidden'>('visible');
      setMode = set;
      const Mode = Activity!;
      return (
        <client.Provider>
          <Mode mode={mode}>
            <Face />
          </Mode>
        </client.Provider>
      );
    };
    mount(<Page />);
    await vi.waitFor(() => expect(topic.listeners()).toBe(1));
    for (let times = 0; times < 3; times++) {
      setMode('hidden');
      await vi.waitFor(() => expect(topic.listeners()).toBe(0));
      setMode('visible');
      await vi.waitFor(() => expect(topic.listeners()).toBe(1));
      await painted();
      expect(topic.listeners()).toBe(1);
    }
    expect(client.fallbacks).toEqual([]);
  });
});

describe.each(gatingFaces)('%s', (_face, makeFace) => {
  test('a kill aborts it', async () => {
    const { V2, topic } = createV2();
    const { page, publish } = mountFace(makeFace({ v1, V2 }));
    await vi.waitFor(() => expect(topic.listeners()).toBe(1));
    publish({ panel: {} }, { kills: ['panel'] });
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    expect(topic.listeners()).toBe(0);
  });
});

function throwIf(isBroken: boolean): void {
  if (isBroken) throw boom;
}
