// Rows of the behaviour table, by number: errors that React tries again, that come late, in pairs or without end.
import { startTransition, useEffect, useLayoutEffect, useState, type ComponentType } from 'react';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { mount, painted } from '../../harness/mount.js';
import { faces, isReact18, mountFace, testClient, type TestClient } from '../setup.js';

const boom = new Error('v2 broke');
const second = new TypeError('the other half broke');
const v1 = <p>v1</p>;

const failuresOf = ({ sink }: TestClient) => sink.observations.filter((seen) => seen.kind === 'failure');

/** The text of every single frame, repeated ones as well. */
function watchFrames(container: HTMLElement): string[] {
  const frames: string[] = [];
  let isWatching = true;
  const sample = () => {
    frames.push(container.textContent);
    if (isWatching) requestAnimationFrame(sample);
  };
  requestAnimationFrame(sample);
  onTestFinished(() => void (isWatching = false));
  return frames;
}

/** Whatever makes it throw, two components of v2 do so in the same commit. */
const pair = (Thrower: ComponentType<{ readonly error: unknown }>) => () => (
  <section>
    v2
    <Thrower error={boom} />
    <Thrower error={second} />
  </section>
);
const InLayoutEffect: ComponentType<{ readonly error: unknown }> = ({ error }) => {
  useLayoutEffect(() => {
    throw error;
  });
  return null;
};
const InEffect: ComponentType<{ readonly error: unknown }> = ({ error }) => {
  useEffect(() => {
    throw error;
  });
  return null;
};
const InRender: ComponentType<{ readonly error: unknown }> = ({ error }) => {
  throw error;
};

describe.each(faces)('%s', (_face, makeFace) => {
  test('3: a mount that throws once and succeeds when React tries again is v2, and no failure', async () => {
    let throws = 1;
    const V2 = () => {
      if (throws-- > 0) throw boom;
      return <p>v2</p>;
    };
    const onError = vi.fn();
    const { page, sink, fallbacks, settle } = mountFace(makeFace({ v1, V2, onError }));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await settle();
    await painted();

    expect(page.text()).toBe('v2');
    expect(page.recoverable).toHaveLength(1);
    expect(page.caught).toEqual([]);
    expect(fallbacks).toEqual([]);
    expect(onError).not.toHaveBeenCalled();
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, settled: 1 });
    expect(sink.observations.filter(({ kind }) => kind === 'failure')).toEqual([]);
  });

  test('3: an update that throws once and succeeds when React tries again keeps v2 with its state', async () => {
    let throws = 0;
    let mounts = 0;
    let update = () => {};
    const V2 = () => {
      const [count, setCount] = useState(0);
      update = () => startTransition(() => setCount((before) => before + 1));
      useEffect(() => void mounts++, []);
      if (throws-- > 0) throw boom;
      return <p>v2: {count}</p>;
    };
    const { page, sink, fallbacks, settle } = mountFace(makeFace({ v1, V2 }), { strict: false });
    await vi.waitFor(() => expect(page.text()).toBe('v2: 0'));
    await settle();
    await painted();
    throws = 1;
    update();
    await vi.waitFor(() => expect(page.text()).toBe('v2: 1'));
    await painted();

    expect(page.recoverable).toHaveLength(1);
    expect(mounts).toBe(1);
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, settled: 1, failed: { render: 0 } });
  });

  test('5: an effect that throws shows v1 after at most one frame of v2, and the page is never blank', async () => {
    const V2 = () => {
      useEffect(() => {
        throw boom;
      }, []);
      return <p>v2</p>;
    };
    const client = testClient();
    const Face = makeFace({ v1, V2 });
    const page = mount(<p>before</p>);
    const frames = watchFrames(page.container);
    // Not synchronously, as users come to it: only then do effects wait for the paint.
    page.render(
      <client.Provider>
        <Face />
      </client.Provider>,
    );
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
    await painted();
    await painted();

    expect(page.text()).toBe('v1');
    expect(frames.at(-1)).toBe('v1');
    expect(frames.filter((text) => text === 'v2').length).toBeLessThanOrEqual(1);
    expect(frames.filter((text) => !['before', 'v1', 'v2'].includes(text))).toEqual([]);
    expect(page.uncaught).toEqual([]);
    expect(client.fallbacks[0]).toMatchObject({ phase: 'effect', error: boom });
    expect(client.sink.counts('v2')).toMatchObject({
      attempts: 1,
      exposures: 1,
      settled: 0,
      failed: { render: 0, effect: 1 },
    });
  });

  test.each([
    ['layout effects', InLayoutEffect],
    ['effects', InEffect],
  ])('7: two components whose %s throw are one failure, the second error attached to it', async (_where, Thrower) => {
    const client = testClient(undefined, { breaker: { incidentLimit: 2 } });
    const onError = vi.fn();
    const Face = makeFace({ v1, V2: pair(Thrower), onError });
    const { page } = mountFace(Face, { client, strict: false });
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(client.fallbacks).toMatchObject([{ phase: 'effect', error: boom }]);
    expect(onError).toHaveBeenCalledTimes(1);
    expect(failuresOf(client)).toMatchObject([
      {
        version: 'v2',
        failure: { phase: 'effect', message: boom.message, suppressed: [`TypeError: ${second.message}`] },
      },
    ]);
    expect(client.sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1 });
    expect(client.client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
  });

  test('7: two components that throw while rendering are one failure', async () => {
    const client = testClient(undefined, { breaker: { incidentLimit: 2 } });
    const { page } = mountFace(makeFace({ v1, V2: pair(InRender) }), { client });
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(client.fallbacks).toMatchObject([{ phase: 'render', error: boom }]);
    expect(failuresOf(client)).toHaveLength(1);
    // React 19 renders nothing beside what threw; React 18 goes on with the siblings and catches their errors as well.
    const suppressed = isReact18 ? [`TypeError: ${second.message}`] : undefined;
    expect(failuresOf(client)[0]!.failure.suppressed).toEqual(suppressed);
    expect(client.client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
  });

  test('7: many components that throw attach five errors, cut to 200 characters', async () => {
    const client = testClient();
    const errors = Array.from({ length: 12 }, (_, at) => new Error(`${at} ${'x'.repeat(400)}`));
    const V2 = () => errors.map((error) => <InLayoutEffect key={error.message} error={error} />);
    mountFace(makeFace({ v1, V2 }), { client, strict: false });
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
    await painted();

    const [failure, ...others] = failuresOf(client);
    expect(others).toEqual([]);
    expect(failure!.failure.suppressed).toEqual(
      errors.slice(1, 6).map(({ message }) => `Error: ${message}`.slice(0, 200)),
    );
  });

  test('30: a layout effect that goes on for ever brings v1, one failure', async () => {
    const V2 = () => {
      const [count, setCount] = useState(0);
      useLayoutEffect(() => setCount(count + 1), [count]);
      return <p>v2</p>;
    };
    let clicks = 0;
    const V1 = () => <button onClick={() => void clicks++}>v1</button>;
    const client = testClient();
    const { page } = mountFace(makeFace({ v1: <V1 />, V2 }), { client });
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(page.frames.filter((text) => text !== 'v1')).toEqual([]);
    page.container.querySelector('button')!.click();
    expect(clicks).toBe(1);
    expect(page.uncaught).toEqual([]);
    expect(failuresOf(client)).toMatchObject([{ version: 'v2', failure: { phase: 'effect' } }]);
    expect(client.sink.counts('v2')).toMatchObject({ attempts: 1, settled: 0, failed: { effect: 1, render: 0 } });
  });

  test('30: a v2 that sets state for ever while it renders brings v1, one failure', async () => {
    const V2 = () => {
      const [count, setCount] = useState(0);
      // oxlint-disable-next-line react/set-state-in-render -- what must not be done is what is shown
      setCount(count + 1);
      return <p>v2</p>;
    };
    const client = testClient();
    const { page } = mountFace(makeFace({ v1, V2 }), { client });
    await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
    await painted();

    expect(page.frames.filter((text) => text !== 'v1')).toEqual([]);
    expect(failuresOf(client)).toMatchObject([{ version: 'v2', failure: { phase: 'render' } }]);
  });
});
