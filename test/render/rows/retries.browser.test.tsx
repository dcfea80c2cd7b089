// Rows of the behaviour table, by number: imports that are repeated, and builds that are gone.
import { useState } from 'react';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SwitchbackProvider } from '../../../src/index.js';
import { mount, painted } from '../../harness/mount.js';
import { rulesSnapshot } from '../../harness/snapshot.js';
import { features, lazyFaces, mountFace, testClient } from '../setup.js';

const gone = new TypeError('Failed to fetch dynamically imported module');

/** A loader that rejects until it is told otherwise. */
function brokenLoader() {
  const state = { imports: 0, isBroken: true };
  const loader = async () => {
    state.imports++;
    if (state.isBroken) throw gone;
    return { default: () => <p>v2</p> };
  };
  return { state, loader };
}

/** A client whose clock stands still and whose backoffs are as long as can be: 1 s, 2 s, 4 s … */
function timedClient({ random = 1, onStaleBuild }: { random?: number; onStaleBuild?: (error: unknown) => void } = {}) {
  const client = testClient(undefined, { random: () => random, onStaleBuild });
  return { clock: client.clock, client };
}

function pretend(target: object, property: string, value: unknown): void {
  Object.defineProperty(target, property, { configurable: true, get: () => value });
  onTestFinished(() => void Reflect.deleteProperty(target, property));
}
const goOffline = () => pretend(navigator, 'onLine', false);
const hide = () => pretend(document, 'visibilityState', 'hidden');

describe.each(lazyFaces)('%s', (_face, makeFace) => {
  test('17: a rejected import is repeated after 1 s and after 2 s, and v2 comes when one succeeds', async () => {
    const { clock, client } = timedClient();
    const { state, loader } = brokenLoader();
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, loader }), { client });
    await clock.advance(999);
    expect(state.imports).toBe(1);
    await clock.advance(1);
    expect(state.imports).toBe(2);
    await clock.advance(1_999);
    expect(state.imports).toBe(2);
    state.isBroken = false;
    await clock.advance(1);

    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(state.imports).toBe(3);
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, failed: { load: 0 } });
  });

  test('17: after two repetitions it is one load failure; each new mount imports anew', async () => {
    const { clock, client } = timedClient();
    const { state, loader } = brokenLoader();
    const Face = makeFace({ v1: <p>v1</p>, loader });
    const ui = (key: string) => (
      <client.Provider>
        <Face key={key} />
      </client.Provider>
    );
    const page = mount(ui('first'));
    await clock.advance(3_000);
    expect(state.imports).toBe(3);
    expect(client.fallbacks).toMatchObject([{ phase: 'load', error: gone }]);
    await clock.advance(60_000);
    expect(state.imports).toBe(3);
    expect(client.sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 0, failed: { load: 1, render: 0 } });

    page.render(ui('second'));
    await painted();
    expect(state.imports).toBe(4);
    await clock.advance(3_000);
    expect(state.imports).toBe(6);
    expect(client.sink.counts('v2').failed.load).toBe(2);
    expect(page.frames).toEqual(['v1']);

    state.isBroken = false;
    page.render(ui('third'));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(state.imports).toBe(7);
  });

  test('17: the wait is between half and all of its length', async () => {
    const { clock, client } = timedClient({ random: 0 });
    const { state, loader } = brokenLoader();
    mountFace(makeFace({ v1: <p>v1</p>, loader }), { client });
    await clock.advance(499);
    expect(state.imports).toBe(1);
    await clock.advance(1);
    expect(state.imports).toBe(2);
    await clock.advance(1_000);
    expect(state.imports).toBe(3);
  });

  test.each<[string, () => void]>([
    ['offline', goOffline],
    ['hidden', hide],
  ])('17: while the page is %s an import that rejects is the last', async (_what, away) => {
    away();
    const { clock, client } = timedClient();
    const { state, loader } = brokenLoader();
    const { page, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, loader }), { client });
    await clock.advance(0);
    expect(fallbacks).toMatchObject([{ phase: 'load', error: gone }]);
    await clock.advance(60_000);
    expect(state.imports).toBe(1);
    expect(page.text()).toBe('v1');
  });

  test.each<[string, () => void]>([
    ['offline', goOffline],
    ['hidden', hide],
  ])('17: a page that gets %s during the wait repeats nothing either', async (_what, away) => {
    const { clock, client } = timedClient();
    const { state, loader } = brokenLoader();
    const { fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, loader }), { client });
    await clock.advance(500);
    away();
    await clock.advance(60_000);
    expect(state.imports).toBe(1);
    expect(fallbacks).toMatchObject([{ phase: 'load', error: gone }]);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['a module without default', { Panel: () => null }],
    ['a default that is no component', { default: 42 }],
  ])('17: a module that is %s is not imported again', async (_what, module) => {
    const { clock, client } = timedClient();
    let imports = 0;
    const loader = async () => {
      imports++;
      return module;
    };
    const { fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, loader }), { client });
    await clock.advance(60_000);
    expect(imports).toBe(1);
    expect(fallbacks).toMatchObject([{ phase: 'load', error: { code: 'load-failed' } }]);
  });

  test('19: a load that failed for good while online is told to onStaleBuild, once for all of them', async () => {
    const onStaleBuild = vi.fn();
    const { clock, client } = timedClient({ onStaleBuild });
    const One = makeFace({ v1: <p>v1</p>, loader: brokenLoader().loader });
    const Other = makeFace({ v1: <p>v1</p>, loader: async () => undefined });
    const Both = () => (
      <>
        <One />
        <Other />
      </>
    );
    mountFace(Both, { client });
    await clock.advance(60_000);
    expect(client.fallbacks).toHaveLength(2);
    expect(onStaleBuild).toHaveBeenCalledTimes(1);
    expect(client.faults).toEqual([]);
  });

  test('19: a load that failed offline is no stale build', async () => {
    goOffline();
    const onStaleBuild = vi.fn();
    const { clock, client } = timedClient({ onStaleBuild });
    mountFace(makeFace({ v1: <p>v1</p>, loader: brokenLoader().loader }), { client });
    await clock.advance(60_000);
    expect(client.fallbacks).toHaveLength(1);
    expect(onStaleBuild).not.toHaveBeenCalled();
  });

  test('19: an onStaleBuild that throws leaves v1 on the screen', async () => {
    const { client, clock } = timedClient({
      onStaleBuild: () => {
        throw new Error('no reload');
      },
    });
    const { page, faults } = mountFace(makeFace({ v1: <p>v1</p>, loader: brokenLoader().loader }), { client });
    await clock.advance(60_000);
    expect(faults).toMatchObject([['onStaleBuild', { message: 'no reload' }]]);
    expect(page.text()).toBe('v1');
  });
});

test('17: waits grow to 30 s and no further', async () => {
  const { clock, client } = timedClient();
  const { state, loader } = brokenLoader();
  const [, makeFace] = lazyFaces[0]!;
  mountFace(makeFace({ v1: <p>v1</p>, loader, retries: 7, timeoutMs: 600_000 }), { client });
  for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
    const before = state.imports;
    await clock.advance(seconds * 1_000 - 1);
    expect(state.imports).toBe(before);
    await clock.advance(1);
    expect(state.imports).toBe(before + 1);
  }
  expect(client.fallbacks).toHaveLength(1);
});

test('19: the provider calls the onStaleBuild of the latest render', async () => {
  const [first, latest] = [vi.fn(), vi.fn()];
  const { loader } = brokenLoader();
  const [, makeFace] = lazyFaces[0]!;
  const Face = makeFace({ v1: <p>v1</p>, loader, retries: 0 });
  let next = () => {};
  const Page = () => {
    const [isNext, setIsNext] = useState(false);
    next = () => setIsNext(true);
    return (
      <SwitchbackProvider
        features={features}
        initial={initial}
        storage={false}
        onStaleBuild={isNext ? latest : first}
        sinks={sinks}
      >
        {isNext ? <Face /> : null}
      </SwitchbackProvider>
    );
  };
  mount(<Page />);
  next();
  await vi.waitFor(() => expect(latest).toHaveBeenCalledTimes(1));
  expect(latest).toHaveBeenCalledWith(gone);
  expect(first).not.toHaveBeenCalled();
});
const initial = rulesSnapshot({ panel: {} });
const sinks: [] = [];
