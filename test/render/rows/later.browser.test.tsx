// Rows of the behaviour table, by number: v1 that breaks later, transitions and promises of v2 that do.
import * as React from 'react';
import { startTransition, useEffect, useState, useTransition, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { mount, painted, type Mounted } from '../../harness/mount.js';
import { faces, gatingFaces, isReact18, mountFace, Outer, testClient, thrower } from '../setup.js';

const boom = new Error('v2 broke');
const v1 = <p>v1</p>;
const click = (page: Mounted) => page.container.querySelector('button')!.click();

/** The time by which a v1 is told that threw and left at once: it stands still until it is told to go on. */
function holdTime() {
  let nowMs = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  return { pass: (ms: number) => void (nowMs += ms) };
}

/** As React 19's `use`; before, libraries threw the promise and then what it rejected with. */
function createRead(promise: Promise<string>): () => string {
  if (!isReact18) return () => React.use(promise);
  let settled: { readonly value: string } | { readonly error: unknown } | undefined;
  const watched = promise.then(
    (value) => void (settled = { value }),
    (error: unknown) => void (settled = { error }),
  );
  return () => {
    if (settled === undefined) throw watched;
    if ('error' in settled) throw settled.error;
    return settled.value;
  };
}

describe.each(faces)('%s', (_face, makeFace) => {
  test.each(['render', 'effect'])(
    '11: a v1 that throws minutes later, in a(n) %s, reaches the outer boundary, and v2 is not blamed',
    async (where) => {
      const { Provider, sink, fallbacks, client, clock } = testClient(undefined, { breaker: { incidentLimit: 2 } });
      const v1Error = new Error('v1 broke later');
      let fail = () => {};
      const V1 = () => {
        const [isFailing, setIsFailing] = useState(false);
        fail = () => setIsFailing(true);
        useEffect(() => {
          if (isFailing && where === 'effect') throw v1Error;
        }, [isFailing]);
        if (isFailing && where === 'render') throw v1Error;
        return <p>v1</p>;
      };
      const Face = makeFace({ v1: <V1 />, V2: thrower(boom) });
      const reached: unknown[] = [];
      const page = mount(
        <Outer onError={(error) => void reached.push(error)}>
          <Provider>
            <Face />
          </Provider>
        </Outer>,
      );
      await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
      await clock.advance(120_000);
      expect(page.text()).toBe('v1');
      expect(sink.counts('v1')).toMatchObject({ exposures: 1, settled: 1, failed: { render: 0 } });

      holdTime();
      fail();
      await vi.waitFor(() => expect(page.text()).toBe('outer'));
      await painted();

      expect(reached).toHaveLength(1);
      expect(reached[0]).toBe(v1Error);
      expect(page.uncaught).toEqual([]);
      expect(fallbacks).toHaveLength(1);
      const failures = sink.observations.filter((seen) => seen.kind === 'failure');
      expect(failures).toMatchObject([
        { version: 'v2', failure: { message: boom.message } },
        { version: 'v1', arm: 'none', failure: { phase: 'render', message: v1Error.message } },
      ]);
      expect(failures[0]!.failure).not.toHaveProperty('v1AlsoFailed');
      expect(failures[0]!.failure).not.toHaveProperty('suppressed');
      // Not even a second look at v2: one incident is all there is.
      expect(client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
    },
  );

  // React 18 calls a transition within the handler: what it throws there is the handler's, and a promise is nobody's.
  test.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw boom;
      },
    ],
    [
      'rejects',
      async () => {
        await painted();
        throw boom;
      },
    ],
  ])('14: a transition of v2 that %s brings v1 on React 19; on 18 the window hears of it', async (_how, run) => {
    const V2 = () => {
      const [, start] = useTransition();
      // React 18 declares no promises here, and waits for none.
      return <button onClick={() => start(run as () => void)}>v2</button>;
    };
    const client = testClient();
    const { page } = mountFace(makeFace({ v1, V2 }), { client, takesWindowErrors: isReact18 });
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await painted();
    click(page);
    await vi.waitFor(() => expect(isReact18 ? page.windowErrors : client.fallbacks).not.toEqual([]));
    await painted();

    expect(page.frames).not.toContain('');
    if (isReact18) {
      expect(page.text()).toBe('v2');
      expect(page.windowErrors).toEqual([boom]);
      expect(client.fallbacks).toEqual([]);
    } else {
      expect(page.text()).toBe('v1');
      expect(client.fallbacks).toMatchObject([{ phase: 'render', error: boom }]);
    }
    const failed = isReact18 ? 0 : 1;
    expect(client.sink.counts('v2')).toMatchObject({ exposures: 1, failed: { render: failed, effect: 0, event: 0 } });
  });

  // React 18 has no actions.
  test.skipIf(isReact18)('14: an action of v2 that rejects brings v1', async () => {
    const V2 = () => {
      const [, act] = React.useActionState<null>(async () => {
        await painted();
        throw boom;
      }, null);
      return (
        <form action={act}>
          <button>v2</button>
        </form>
      );
    };
    const client = testClient();
    const { page } = mountFace(makeFace({ v1, V2 }), { client });
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await painted();
    click(page);
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(client.fallbacks).toMatchObject([{ phase: 'render', error: boom }]);
    expect(client.sink.counts('v2')).toMatchObject({ exposures: 1, failed: { render: 1, effect: 0 } });
  });

  test('14: a transition started outside of a component is the window’s alone, and v2 stays', async () => {
    const V2 = () => (
      <button
        onClick={() =>
          startTransition(() => {
            throw boom;
          })
        }
      >
        v2
      </button>
    );
    const { page, fallbacks, sink, settle } = mountFace(makeFace({ v1, V2 }), { takesWindowErrors: true });
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    click(page);
    await vi.waitFor(() => expect(page.windowErrors).not.toEqual([]));
    await settle();
    await painted();

    expect(page.text()).toBe('v2');
    expect(page.windowErrors).toEqual([boom]);
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({ settled: 1, failed: { render: 0 } });
  });

  test.each<[string, ReactNode, string]>([
    ['v1', undefined, 'v1'],
    ['loading', <p key="loading">loading</p>, 'loading'],
  ])('15: a promise that rejects under v2 brings v1; until then it is %s', async (_what, loading, pending) => {
    let reject = () => {};
    const promise = new Promise<string>((_resolve, rejectWith) => (reject = () => rejectWith(boom)));
    const read = createRead(promise);
    let reads = 0;
    const V2 = () => {
      reads++;
      return <p>v2: {read()}</p>;
    };
    const { page, fallbacks, sink } = mountFace(makeFace({ v1, V2, loading }));
    await vi.waitFor(() => expect(reads).toBeGreaterThan(0));
    await painted();
    expect(page.text()).toBe(pending);
    expect(fallbacks).toEqual([]);

    reject();
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();
    expect(page.text()).toBe('v1');
    expect(page.frames).toEqual([...new Set([pending, 'v1'])]);
    expect(page.uncaught).toEqual([]);
    expect(fallbacks[0]).toMatchObject({ phase: 'render', error: boom });
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 0, failed: { render: 1, load: 0 } });
  });

  test('15: a promise that rejects during an update brings v1', async () => {
    const control: { read?: () => string } = {};
    let reads = 0;
    let update = () => {};
    const V2 = () => {
      const [, setCount] = useState(0);
      update = () => setCount(1);
      if (control.read) reads++;
      return <p>v2{control.read?.()}</p>;
    };
    const { page, fallbacks, sink } = mountFace(makeFace({ v1, V2 }));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await painted();
    let reject = () => {};
    control.read = createRead(new Promise((_resolve, rejectWith) => (reject = () => rejectWith(boom))));
    update();
    await vi.waitFor(() => expect(reads).toBeGreaterThan(0));
    await painted();
    reject();
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(page.frames).not.toContain('');
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, failed: { render: 1 } });
  });
});

describe.each(gatingFaces)('%s', (_face, makeFace) => {
  /** v1 where nobody gets v2, inside the host's boundary. */
  const mountV1 = () => {
    const client = testClient({ panel: { percentage: 0 } });
    const control = { throws: 0, update: () => {} };
    const V1 = () => {
      const [count, setCount] = useState(0);
      control.update = () => startTransition(() => setCount(count + 1));
      if (control.throws-- > 0) throw boom;
      return <p>v1: {count}</p>;
    };
    const Face = makeFace({ v1: <V1 />, V2: () => <p>v2</p> });
    const reached: unknown[] = [];
    const ui = (content: ReactNode) => (
      <Outer onError={(error) => void reached.push(error)}>
        <client.Provider>{content}</client.Provider>
      </Outer>
    );
    const page = mount(ui(<Face />));
    const failures = () => client.sink.observations.filter(({ kind }) => kind === 'failure');
    return { control, page, reached, failures, leave: () => page.render(ui(<p>elsewhere</p>)) };
  };

  test('11: a v1 that throws where v2 was never tried is a failure of v1', async () => {
    const { control, page, reached, failures } = mountV1();
    expect(page.text()).toBe('v1: 0');
    holdTime();
    control.throws = 100;
    control.update();
    await vi.waitFor(() => expect(page.text()).toBe('outer'));
    await painted();
    expect(reached).toEqual([boom]);
    expect(failures()).toMatchObject([
      { version: 'v1', arm: 'v1', failure: { phase: 'render', message: boom.message } },
    ]);
  });

  test('11: a v1 whose second attempt succeeds has not failed, also when it leaves later', async () => {
    const { control, page, reached, failures, leave } = mountV1();
    const time = holdTime();
    control.throws = 1;
    control.update();
    await vi.waitFor(() => expect(page.text()).toBe('v1: 1'));
    time.pass(1_000);
    leave();
    await vi.waitFor(() => expect(page.text()).toBe('elsewhere'));
    expect(page.recoverable).not.toEqual([]);
    expect({ reached, failures: failures() }).toEqual({ reached: [], failures: [] });
  });
});
