// Rows of the behaviour table, by number: v2's code on its way.
import { userEvent } from 'vitest/browser';
import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/client/clock.js';
import { SwitchbackError } from '../../../src/index.js';
import { mount, painted, passed } from '../../harness/mount.js';
import { createV1, gatingLazyFaces, lazyFaces, mountFace, testClient } from '../setup.js';

const boom = new Error('v2 broke');

describe.each(gatingLazyFaces)('%s', (_face, makeFace) => {
  test('16: two gates wait for an import that rejects: v1 stays with its state, one load failure', async () => {
    const { Provider, publish, sink, fallbacks } = testClient({ live: { percentage: 0 } });
    const { V1, seen } = createV1();
    let imports = 0;
    const loader = async () => {
      imports++;
      await passed(20);
      throw new Error('404');
    };
    const Face = makeFace({ feature: 'live', v1: <V1 />, loader, retries: 0 });
    const page = mount(
      <Provider>
        <Face />
        <Face />
      </Provider>,
      { strict: false },
    );
    const input = page.container.querySelector('input')!;
    await userEvent.fill(input, 'kept');

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
});

describe.each(lazyFaces)('%s', (_face, makeFace) => {
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
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, loader, retries: 0 }));
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(page.frames).toEqual(['v1']);
    expect(fallbacks[0]!.phase).toBe('load');
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, failed: { load: 1, render: 0 } });
  });

  test('20: an import that never settles fails after its timeout; a late arrival serves the next mount only', async () => {
    const { Provider, fallbacks, clock } = testClient();
    let arrive = () => {};
    const loader = () =>
      new Promise((resolve) => {
        arrive = () => resolve({ default: () => <p>v2</p> });
      });
    const Face = makeFace({ v1: <p>v1</p>, loader, timeoutMs: 200, loading: <p>loading</p> });
    const ui = (key: string) => (
      <Provider>
        <Face key={key} />
      </Provider>
    );
    const page = mount(ui('first'));
    expect(page.text()).toBe('loading');
    await clock.advance(199);
    await painted();
    expect(page.frames).toEqual(['loading']);
    await clock.advance(1);
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    await painted();
    expect(fallbacks[0]!.error).toBeInstanceOf(SwitchbackError);
    expect(fallbacks[0]!.error).toMatchObject({ code: 'load-timeout' });

    arrive();
    await painted();
    expect(page.text()).toBe('v1');
    page.render(ui('second'));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await painted();
    expect(page.frames).toEqual(['loading', 'v1', 'v2']);
  });

  test('20: on the machine’s own clock an import that never settles fails by itself', async () => {
    const client = testClient(undefined, { clock: systemClock });
    const loader = () => new Promise(() => {});
    const { page, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, loader, timeoutMs: 20 }), { client });
    await vi.waitFor(() => expect(fallbacks).toMatchObject([{ error: { code: 'load-timeout' } }]));
    expect(page.text()).toBe('v1');
  });
});
