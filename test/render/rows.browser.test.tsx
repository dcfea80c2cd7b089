// The behaviour table of render/, row by row; the numbers are the table's.
import { userEvent } from 'vitest/browser';
import { useEffect, useLayoutEffect, useState, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { FeatureGate, lazyVersion, SwitchbackError, versioned, type FallbackEvent } from '../../src/index.js';
import { mount, painted, passed } from '../harness/mount.js';
import { createV1, faces, Outer, testClient } from './setup.js';

const boom = new Error('v2 broke');
const thrower = (error: unknown) => () => {
  throw error;
};

describe.each(faces)('%s', (_face, makeFace) => {
  test('1: a render that throws on mount shows v1 before the paint and counts one failure', async () => {
    const { Provider, sink, fallbacks } = testClient();
    const Face = makeFace({ v1: <p>v1</p>, V2: thrower(boom) });
    const page = mount(
      <Provider>
        <Face />
      </Provider>,
    );
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(page.frames.filter((text) => text !== 'v1')).toEqual([]);
    expect(page.uncaught).toEqual([]);
    expect(fallbacks[0]).toMatchObject({ feature: 'panel', phase: 'render', error: boom });
    expect(sink.counts('v2')).toMatchObject({
      attempts: 1,
      exposures: 0,
      settled: 0,
      failed: { render: 1, effect: 0 },
    });
  });

  test('2: a render that throws on update shows v1 before the paint; a sibling keeps its text and focus', async () => {
    const { Provider, sink, fallbacks } = testClient();
    let fail = () => {};
    const V2 = () => {
      const [isFailing, setIsFailing] = useState(false);
      fail = () => setIsFailing(true);
      if (isFailing) throw boom;
      return <p>v2</p>;
    };
    const Face = makeFace({ v1: <p>v1</p>, V2 });
    const page = mount(
      <Provider>
        <input aria-label="sibling" />
        <Face />
      </Provider>,
    );
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await passed(80);
    const input = page.container.querySelector('input')!;
    input.focus();
    input.value = 'half a sentence';

    fail();
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    await painted();

    expect(page.frames).not.toContain('');
    expect(document.activeElement).toBe(input);
    expect(input.value).toBe('half a sentence');
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(sink.counts('v2')).toMatchObject({ exposures: 1, failed: { render: 1, effect: 0 } });
  });

  test('4: a layout effect that throws shows v1 before the paint and counts one exposure and one effect failure', async () => {
    const { Provider, sink, fallbacks } = testClient();
    const V2 = () => {
      useLayoutEffect(() => {
        throw boom;
      }, []);
      return <p>v2</p>;
    };
    const Face = makeFace({ v1: <p>v1</p>, V2 });
    const page = mount(
      <Provider>
        <Face />
      </Provider>,
    );
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(page.frames.filter((text) => text !== 'v1')).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({
      attempts: 1,
      exposures: 1,
      settled: 0,
      failed: { render: 0, effect: 1 },
    });
  });

  test.each([true, false])('6: an effect that throws counts the same with StrictMode %s', async (strict) => {
    const { Provider, sink, fallbacks } = testClient();
    const V2 = () => {
      useEffect(() => {
        throw new Error('a new object each time');
      }, []);
      return <p>v2</p>;
    };
    const Face = makeFace({ v1: <p>v1</p>, V2 });
    const page = mount(
      <Provider>
        <Face />
      </Provider>,
      { strict },
    );
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    await passed(60);

    expect(fallbacks).toHaveLength(1);
    expect(sink.counts('v2')).toMatchObject({
      attempts: 1,
      exposures: 1,
      settled: 0,
      failed: { render: 0, effect: 1 },
    });
  });

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['0', 0],
    ['a string', 'plain text'],
    ['a symbol', Symbol('thrown')],
    ['a frozen object', Object.freeze({ frozen: true })],
  ])('23: %s thrown shows v1 and is handed on untouched', async (_name, thrown) => {
    const { Provider, sink, fallbacks } = testClient();
    const Face = makeFace({ v1: <p>v1</p>, V2: thrower(thrown) });
    const page = mount(
      <Provider>
        <Face />
      </Provider>,
    );
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));

    expect(page.text()).toBe('v1');
    expect(fallbacks[0]!.error).toBe(thrown);
    expect(sink.counts('v2').failed.render).toBe(1);
  });

  test('10: when v1 throws as well, its own error reaches the outer boundary and the breaker hears nothing', async () => {
    const { Provider, sink, client } = testClient(undefined, { breaker: { incidentLimit: 1 } });
    const v1Error = new Error('v1 broke');
    const V1 = thrower(v1Error);
    const Face = makeFace({ v1: <V1 />, V2: thrower(boom) });
    const reached: unknown[] = [];
    const page = mount(
      <Outer onError={(error) => void reached.push(error)}>
        <Provider>
          <Face />
        </Provider>
      </Outer>,
    );
    await vi.waitFor(() => expect(page.text()).toBe('outer'));
    await passed(30);

    expect(reached).toEqual([v1Error]);
    expect(reached[0]).toBe(v1Error);
    expect(page.uncaught).toEqual([]);
    for (const observation of sink.observations) {
      if (observation.kind === 'failure' && observation.version === 'v2')
        expect(observation.failure.v1AlsoFailed).toBe(true);
    }
    expect(client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
  });

  test('24: callbacks and sinks that throw leave v1 on the screen and are reported', async () => {
    const { Provider, faults } = testClient(undefined, {
      onFallback: () => {
        throw new Error('onFallback broke');
      },
      sinks: [
        {
          name: 'broken',
          observe: () => {
            throw new Error('sink broke');
          },
        },
      ],
    });
    const Face = makeFace({
      v1: <p>v1</p>,
      V2: thrower(boom),
      onFallback: () => {
        throw new Error('own onFallback broke');
      },
    });
    const reached: unknown[] = [];
    const page = mount(
      <Outer onError={(error) => void reached.push(error)}>
        <Provider>
          <Face />
        </Provider>
      </Outer>,
    );
    await vi.waitFor(() => expect(faults.map(([operation]) => operation)).toContain('onFallback'));
    await painted();

    expect(page.text()).toBe('v1');
    expect(reached).toEqual([]);
    expect(faults.map(([operation]) => operation)).toContain('sink broken');
  });
});

describe('8: a cleanup of v2 that throws on the way to v1', () => {
  test('leaves v1 mounted once, is told as cleanup and does not reach the breaker', async () => {
    const { Provider, publish, sink, client } = testClient(undefined, { breaker: { incidentLimit: 1 } });
    const { V1, seen } = createV1();
    const V2 = () => {
      useEffect(
        () => () => {
          throw boom;
        },
        [],
      );
      return <p>v2</p>;
    };
    const errors: FallbackEvent[] = [];
    const page = mount(
      <Provider>
        <FeatureGate feature="panel" fallback={<V1 />} onError={(event) => void errors.push(event)}>
          <V2 />
        </FeatureGate>
      </Provider>,
      { strict: false },
    );
    await vi.waitFor(() => expect(page.text()).toBe('v2'));

    publish({ panel: { percentage: 0 } });
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(seen).toEqual({ mounts: 1, cleanups: 0 });
    expect(page.uncaught).toEqual([]);
    expect(errors[0]).toMatchObject({ phase: 'cleanup', error: boom });
    expect(Object.values(sink.counts('v2').failed)).toEqual([0, 0, 0, 0, 0, 0]);
    publish({ panel: {} });
    expect(client.getDecision('panel').reason).toBe('SPLIT');
  });
});

describe('loading', () => {
  test('16: two gates wait for an import that rejects: v1 stays with its state, one load failure', async () => {
    const { Provider, publish, sink, fallbacks } = testClient({ live: { percentage: 0 } });
    const { V1, seen } = createV1();
    let imports = 0;
    const V2 = lazyVersion(
      async () => {
        imports++;
        await passed(20);
        throw new Error('404');
      },
      { retries: 0 },
    );
    const gate = (
      <FeatureGate feature="live" fallback={<V1 />}>
        <V2 />
      </FeatureGate>
    );
    const page = mount(
      <Provider>
        {gate}
        {gate}
      </Provider>,
      { strict: false },
    );
    const input = page.container.querySelector('input')!;
    await userEvent.type(input, 'kept');

    publish({ live: { percentage: 100 } });
    await vi.waitFor(() => expect(fallbacks).toHaveLength(2));
    await painted();

    expect(imports).toBe(1);
    expect(page.text()).toBe('v1v1');
    expect(seen).toEqual({ mounts: 2, cleanups: 0 });
    expect(input.value).toBe('kept');
    expect(document.activeElement).toBe(input);
    expect(sink.counts('v2')).toMatchObject({ attempts: 2, exposures: 0, failed: { load: 1 } });
  });

  test('a load that failed is imported again by the next mount', async () => {
    const { Provider, fallbacks } = testClient();
    let imports = 0;
    const V2 = lazyVersion(
      async () => {
        imports++;
        if (imports === 1) throw new Error('404');
        return { default: () => <p>v2</p> };
      },
      { retries: 0 },
    );
    const ui = (key: string) => (
      <Provider>
        <FeatureGate key={key} feature="panel" fallback={<p>v1</p>}>
          <V2 />
        </FeatureGate>
      </Provider>
    );
    const page = mount(ui('first'));
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(page.text()).toBe('v1');

    page.render(ui('second'));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(imports).toBe(2);
  });

  test.each<[string, () => unknown]>([
    [
      'throws synchronously',
      () => {
        throw boom;
      },
    ],
    ['rejects', () => Promise.reject(boom)],
    ['returns undefined', () => undefined],
    ['resolves to undefined, as a prevented preload error does', () => Promise.resolve(undefined)],
    ['resolves to a number', () => Promise.resolve(42)],
    ['gives a module without default', () => Promise.resolve({ Panel: () => null })],
    ['gives a default that is no component', () => Promise.resolve({ default: 42 })],
  ])('18, 19: a loader that %s is one load failure, and v1 stays', async (_name, loader) => {
    const { Provider, sink, fallbacks } = testClient();
    const V2 = lazyVersion(loader as () => Promise<{ default: () => ReactNode }>, { retries: 0 });
    const page = mount(
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>}>
          <V2 />
        </FeatureGate>
      </Provider>,
    );
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(page.frames).toEqual(['v1']);
    expect(fallbacks[0]!.phase).toBe('load');
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, failed: { load: 1, render: 0 } });
  });

  test('20: an import that never settles fails after its timeout; a late arrival serves the next mount only', async () => {
    const { Provider, fallbacks } = testClient();
    let arrive = () => {};
    const V2 = lazyVersion(
      () =>
        new Promise<{ default: () => ReactNode }>((resolve) => {
          arrive = () => resolve({ default: () => <p>v2</p> });
        }),
      { timeoutMs: 30 },
    );
    const ui = (key: string) => (
      <Provider>
        <FeatureGate key={key} feature="panel" fallback={<p>v1</p>} loading={<p>loading</p>}>
          <V2 />
        </FeatureGate>
      </Provider>
    );
    const page = mount(ui('first'));
    expect(page.text()).toBe('loading');
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    expect(fallbacks[0]!.error).toBeInstanceOf(SwitchbackError);
    expect(fallbacks[0]!.error).toMatchObject({ code: 'load-timeout' });

    arrive();
    await passed(30);
    expect(page.text()).toBe('v1');
    page.render(ui('second'));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(page.frames).toEqual(['loading', 'v1', 'v2']);
  });

  test('a lazy version deeper inside v2 suspends there, and its failure is a load failure', async () => {
    const { Provider, fallbacks } = testClient();
    const Good = lazyVersion(async () => ({ default: () => <p>deep v2</p> }));
    const Bad = lazyVersion<object>(
      async () => {
        throw boom;
      },
      { retries: 0 },
    );
    const ui = (deep: ReactNode) => (
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>} loading={<p>loading</p>}>
          <section>{deep}</section>
        </FeatureGate>
      </Provider>
    );
    const good = mount(ui(<Good />));
    await vi.waitFor(() => expect(good.text()).toBe('deep v2'));
    const bad = mount(ui(<Bad />));
    await vi.waitFor(() => expect(bad.text()).toBe('v1'));
    await vi.waitFor(() => expect(fallbacks.map(({ phase }) => phase)).toEqual(['load']));
  });

  test('v2 code that was preloaded shows on the first paint', async () => {
    const { Provider } = testClient();
    const Panel = versioned('panel', {
      v1: () => <p>v1</p>,
      v2: async () => ({ default: () => <p>v2</p> }),
    });
    await Panel.preload();
    const page = mount(
      <Provider>
        <Panel />
      </Provider>,
    );
    await painted();
    expect(page.frames).toEqual(['v2']);
  });

  test('v2 code is not fetched while the decision is v1', async () => {
    const { Provider } = testClient({ panel: { percentage: 0 } });
    const loader = vi.fn(async () => ({ default: () => <p>v2</p> }));
    const V2 = lazyVersion(loader);
    const page = mount(
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>}>
          <V2 />
        </FeatureGate>
      </Provider>,
    );
    await passed(30);
    expect(page.text()).toBe('v1');
    expect(loader).not.toHaveBeenCalled();
  });
});
