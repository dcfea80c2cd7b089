// Rows 34 to 39 in a browser: what a gate does with a server's HTML.
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FeatureGate, lazyVersion, versioned, VersionSwitcher } from '../../../src/index.js';
import { expectConsole } from '../../harness/expectedConsole.js';
import { painted } from '../../harness/mount.js';
import {
  eagerFaces,
  hydrate,
  keepsSiblings,
  page,
  pendingLoader,
  serverHtml,
  siblingsOf,
  v1,
  V2,
  type Panel,
} from '../hydrationSetup.js';
import { testClient, type TestClient } from '../setup.js';

/** Where the code runs just now; a v2 can break in one of the two. */
let side: 'server' | 'browser';
const onServer = (make: () => string): string => {
  side = 'server';
  try {
    return make();
  } finally {
    side = 'browser';
  }
};
beforeEach(() => {
  side = 'browser';
});

describe.each(eagerFaces)('%s', (_name, makeGate) => {
  test('34: a v2 that broke on the server is tried in the browser', async () => {
    const Half = () => {
      if (side === 'server') throw new Error('no window here');
      return <V2 />;
    };
    const Gate = makeGate({ v1, V2: Half });
    const html = onServer(() => serverHtml(page(testClient(), Gate)));
    expect(html).toContain('v1');
    const local = testClient();

    const page34 = hydrate(html, page(local, Gate));
    const siblings = siblingsOf(page34);

    await vi.waitFor(() => expect(page34.text()).toBe('beforev2after'));
    expect(keepsSiblings(page34, siblings)).toBe(true);
    expect(page34.texts).toEqual(['beforev1after', 'beforev2after']);
    await local.settle();
    expect(local.sink.counts('v2')).toMatchObject({ exposures: 1, settled: 1 });
    expect(local.fallbacks).toEqual([]);
    expect(page34.uncaught).toEqual([]);
  });

  test('36: a v2 that throws while hydrating ends in v1, and its siblings keep their nodes', async () => {
    expectConsole(/broke while hydrating/, /occurred in the </, /hydrat/i);
    const Broken = () => {
      if (side === 'browser') throw new Error('broke while hydrating');
      return <V2 />;
    };
    const Gate = makeGate({ v1, V2: Broken });
    const html = onServer(() => serverHtml(page(testClient(), Gate)));
    expect(html).toContain('v2');
    const local = testClient();

    const page36 = hydrate(html, page(local, Gate));
    const siblings = siblingsOf(page36);

    await vi.waitFor(() => expect(page36.text()).toBe('beforev1after'));
    await painted();
    expect(keepsSiblings(page36, siblings)).toBe(true);
    expect(page36.texts).toEqual(['beforev2after', 'beforev1after']);
    expect(page36.uncaught).toEqual([]);
    expect(local.fallbacks.map(({ phase }) => phase)).toEqual(['hydration']);
    const { failed, exposures } = local.sink.counts('v2');
    expect(failed).toEqual({ ...local.sink.counts('v1').failed, hydration: 1 });
    expect(exposures).toBe(0);
  });

  test('36: a v2 that differs from its HTML is rendered anew by itself, and counts as no failure', async () => {
    const Differs = () => <p>v2 of the {side}</p>;
    const Gate = makeGate({ v1, V2: Differs });
    const html = onServer(() => serverHtml(page(testClient(), Gate)));
    const local = testClient();
    expectConsole(/hydrat/i, /did not match/);

    const page36 = hydrate(html, page(local, Gate));
    const siblings = siblingsOf(page36);

    await vi.waitFor(() => expect(page36.text()).toBe('beforev2 of the browserafter'));
    await local.settle();
    expect(local.sink.counts('v2').settled).toBe(1);
    expect(keepsSiblings(page36, siblings)).toBe(true);
    expect(local.fallbacks).toEqual([]);
  });
});

/** Gates whose v2 is code that has yet to come: on the server it is there, in the browser a loader decides. */
const lazyFaces: readonly (readonly [string, (load: () => Promise<{ readonly default: Panel }>) => LazyGate])[] = [
  [
    'FeatureGate',
    (load) => {
      const Lazy = lazyVersion(load, { retries: 0 });
      const Gate = () => (
        <FeatureGate feature="panel" fallback={v1} loading={<p>loading</p>}>
          <Lazy />
        </FeatureGate>
      );
      return { Gate, preload: Lazy.preload };
    },
  ],
  [
    'VersionSwitcher',
    (load) => {
      const Lazy = lazyVersion(load, { retries: 0 });
      return { Gate: () => <VersionSwitcher feature="panel" v1={v1} v2={<Lazy />} />, preload: Lazy.preload };
    },
  ],
  [
    'versioned',
    (load) => {
      const Gate = versioned('panel', { v1: () => v1, v2: load, loading: <p>loading</p>, retries: 0 });
      return { Gate, preload: Gate.preload };
    },
  ],
];

interface LazyGate {
  readonly Gate: Panel;
  readonly preload: () => Promise<void>;
}

describe.each(lazyFaces)('%s with code that is loaded', (_name, make) => {
  /** The HTML of a server that had the code, and a browser that has not got it yet. */
  async function arrive(before?: ReactNode) {
    const server = make(async () => ({ default: V2 }));
    await server.preload();
    const html = serverHtml(page(testClient(), server.Gate, before));
    expect(html).toContain('<p>v2</p>');
    const code = pendingLoader<Panel>();
    const { Gate } = make(code.load);
    const local = testClient();
    const hydrated = hydrate(html, page(local, Gate, before));
    const [siblings, v2] = [siblingsOf(hydrated), hydrated.node('p')];
    await vi.waitFor(() => expect(code.state.imports).toBe(1));
    await painted();
    return { code, Gate, local, page: hydrated, siblings, v2 };
  }

  test('37: the HTML stays while its code is under way, and is taken over when it is there', async () => {
    const { code, local, page: page37, siblings, v2 } = await arrive();
    await local.clock.advance(5_000);
    await painted();
    expect(page37.mutations).toEqual([]);
    expect(local.sink.counts('v2').exposures).toBe(0);

    code.arrive({ default: V2 });

    await vi.waitFor(() => expect(local.sink.counts('v2').exposures).toBe(1));
    await local.settle();
    expect(local.sink.counts('v2')).toMatchObject({ exposures: 1, settled: 1 });
    expect(page37.mutations).toEqual([]);
    expect(page37.node('p')).toBe(v2);
    expect(keepsSiblings(page37, siblings)).toBe(true);
    expect(page37.recoverable).toEqual([]);
    expect(code.state.imports).toBe(1);
  });

  test('37: v1 takes the place of HTML whose code is gone', async () => {
    expectConsole(/404/, /occurred in the </);
    const { code, local, page: page37, siblings } = await arrive();

    code.fail(new Error('404'));

    await vi.waitFor(() => expect(page37.text()).toBe('beforev1after'));
    await painted();
    expect(page37.texts).toEqual(['beforev2after', 'beforev1after']);
    expect(keepsSiblings(page37, siblings)).toBe(true);
    expect(local.fallbacks.map(({ phase }) => phase)).toEqual(['load']);
    expect(local.sink.counts('v2').failed).toMatchObject({ load: 1 });
    expect(page37.uncaught).toEqual([]);
  });

  test('38: a rollback while its code is under way shows v1, without an error', async () => {
    const { code, local, page: page38, siblings } = await arrive();

    local.publish({ panel: {} }, { kills: ['panel'] });

    await vi.waitFor(() => expect(page38.text()).toBe('beforev1after'));
    code.arrive({ default: V2 });
    await painted();
    expect(page38.texts).toEqual(['beforev2after', 'beforev1after']);
    expect(keepsSiblings(page38, siblings)).toBe(true);
    expect([...page38.recoverable, ...page38.caught, ...page38.uncaught]).toEqual([]);
  });

  test.each<[string, (local: TestClient) => void]>([
    ['another feature', (local) => local.publish({ panel: {}, list: { percentage: 0 } })],
    ['settings of its own', (local) => local.publish({ panel: { config: { size: 5 } }, list: {} })],
    ['a new revision of its own', (local) => local.publish({ panel: { percentage: 100, stage: 'p2' }, list: {} })],
    ['another user', (local) => local.client.setContext({ targetingKey: 'user-2' })],
  ])('39: what changes of %s leaves HTML alone whose code is under way', async (_what, change) => {
    const { code, local, page: page39, v2 } = await arrive();

    change(local);

    await painted();
    expect(page39.mutations).toEqual([]);
    code.arrive({ default: V2 });
    await vi.waitFor(() => expect(local.sink.counts('v2').exposures).toBe(1));
    expect(page39.mutations).toEqual([]);
    expect(page39.node('p')).toBe(v2);
    expect(page39.recoverable).toEqual([]);
  });

  test('39: a render of the host leaves HTML alone whose code is under way', async () => {
    const { code, Gate, local, page: page39, v2 } = await arrive();

    page39.render(page(local, Gate));

    await painted();
    expect(page39.mutations).toEqual([]);
    code.arrive({ default: V2 });
    await vi.waitFor(() => expect(local.sink.counts('v2').exposures).toBe(1));
    expect(page39.node('p')).toBe(v2);
    expect(page39.recoverable).toEqual([]);
  });
});

test('35: HTML that did not wait for v2’s code is v1, and v2 once the browser has the code', async () => {
  const make = (load: () => Promise<{ readonly default: Panel }>) => {
    const Lazy = lazyVersion(load);
    return () => <VersionSwitcher feature="panel" v1={v1} v2={<Lazy />} />;
  };
  const html = serverHtml(
    page(
      testClient(),
      make(async () => ({ default: V2 })),
    ),
  );
  expect(html).toContain('v1');
  const code = pendingLoader<Panel>();
  const local = testClient();
  const page35 = hydrate(html, page(local, make(code.load)));
  const siblings = siblingsOf(page35);
  await vi.waitFor(() => expect(code.state.imports).toBe(1));
  await painted();
  expect(page35.text()).toBe('beforev1after');

  code.arrive({ default: V2 });

  await vi.waitFor(() => expect(page35.text()).toBe('beforev2after'));
  expect(page35.texts).toEqual(['beforev1after', 'beforev2after']);
  expect(keepsSiblings(page35, siblings)).toBe(true);
  expect(local.fallbacks).toEqual([]);
});
