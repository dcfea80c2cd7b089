// Rows 38 and 39: what changes around a server's HTML before and after it is taken over.
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FeatureGate, versioned } from '../../../src/index.js';
import { painted } from '../../harness/mount.js';
import { rulesSnapshot } from '../../harness/snapshot.js';
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
import { faces, testClient, type TestClient } from '../setup.js';

test('38: a clock that goes wrong in the browser hydrates what the server decided at its own time', async () => {
  const nowMs = Date.parse('2016-06-01T00:00:00Z');
  const initial = { ...rulesSnapshot({ panel: { until: '2016-06-02T00:00:00Z' } }), now: nowMs };
  const Gate = () => (
    <FeatureGate feature="panel" fallback={v1}>
      <V2 />
    </FeatureGate>
  );
  const html = serverHtml(page(testClient(null, { initial }), Gate));
  expect(html).toContain('v2');

  const page38 = hydrate(html, page(testClient(null, { initial }), Gate));

  await vi.waitFor(() => expect(page38.text()).toBe('beforev1after'));
  expect(page38.texts).toEqual(['beforev2after', 'beforev1after']);
  expect([...page38.recoverable, ...page38.caught, ...page38.uncaught]).toEqual([]);
});

describe('38: what only the browser knows hydrates cleanly and is shown afterwards:', () => {
  afterEach(() => localStorage.clear());

  const url = 'https://switchback.invalid/api';
  const connected = () => ({
    url,
    storage: localStorage,
    fetch: () => new Promise<Response>(() => {}),
    EventSource: undefined,
  });
  const overridden = (version: string) => () => {
    localStorage.setItem('switchback:override:panel', version);
    return testClient(undefined, { storage: localStorage, overrides: { allow: 'all' } });
  };
  const openBreaker = () => {
    const local = testClient(undefined, { breaker: { incidentLimit: 1 } });
    local.client.reportFailure('panel', new Error('earlier'));
    return local;
  };
  const newer = (rest: Record<string, unknown>) => () => {
    const local = testClient();
    local.publish({ panel: {} }, rest);
    return local;
  };
  /** An earlier visit left a newer snapshot behind than the one the server rendered from. */
  const stored = (percentage: number, rest: Record<string, unknown>) => () => {
    const earlier = testClient(null, connected());
    earlier.client.applySnapshot(rulesSnapshot({ panel: { percentage } }, { revision: 9, ...rest }));
    expect(Object.keys(localStorage).some((key) => key.startsWith('switchback:snapshot:'))).toBe(true);
    return testClient(undefined, connected());
  };

  describe.each(
    [...eagerFaces, ...faces.filter(([name]) => name === 'versioned')].filter(([name]) => name !== 'FallbackBoundary'),
  )('%s', (_name, makeGate) => {
    test.each<[string, string, () => TestClient]>([
      ['an override', 'v1', overridden('v1')],
      ['an override that is rubbish', 'v2', overridden('<b>')],
      ['an open breaker', 'v1', openBreaker],
      ['a newer snapshot that kills', 'v1', newer({ kills: ['panel'] })],
      ['a newer snapshot in an emergency', 'v1', newer({ emergency: { since: '2026-01-01T00:00:00Z' } })],
      ['a stored snapshot with less v2', 'v1', stored(0, {})],
      ['a stored snapshot that kills', 'v1', stored(100, { kills: ['panel'] })],
      [
        'settings of a newer snapshot',
        'v2',
        () => {
          const local = testClient();
          local.publish({ panel: { config: { size: 5 } } });
          return local;
        },
      ],
    ])('%s, %s', async (_what, version, makeClient) => {
      const Gate = makeGate({ v1, V2 });
      if ('preload' in Gate && typeof Gate.preload === 'function') await Gate.preload();
      const html = serverHtml(page(testClient(), Gate));
      const local = makeClient();

      const page38 = hydrate(html, page(local, Gate));
      const siblings = siblingsOf(page38);

      await vi.waitFor(() => expect(page38.text()).toBe(`before${version}after`));
      await painted();
      expect(page38.text()).toBe(`before${version}after`);
      expect(keepsSiblings(page38, siblings)).toBe(true);
      expect([...page38.recoverable, ...page38.caught, ...page38.uncaught]).toEqual([]);
      expect(local.fallbacks).toEqual([]);
    });
  });

  test('an override to v2 of a feature that was v1 on the server', async () => {
    const Gate = () => (
      <FeatureGate feature="panel" fallback={v1}>
        <V2 />
      </FeatureGate>
    );
    const off = { panel: { percentage: 0 } };
    const html = serverHtml(page(testClient(off), Gate));
    expect(html).toContain('v1');
    const local = testClient(off, { overrides: { allow: 'all' } });
    local.client.setOverride('panel', 'v2');

    const page38 = hydrate(html, page(local, Gate));

    await vi.waitFor(() => expect(page38.text()).toBe('beforev2after'));
    expect(page38.texts).toEqual(['beforev1after', 'beforev2after']);
    expect([...page38.recoverable, ...page38.caught, ...page38.uncaught]).toEqual([]);
  });
});

describe('39: HTML of a part of the host’s own that waits for its code', () => {
  async function arrive() {
    const Gate = () => (
      <FeatureGate feature="panel" fallback={v1}>
        <V2 />
      </FeatureGate>
    );
    const part = (rest: ReactNode) => () => (
      <Suspense fallback={<p>host loading</p>}>
        <Gate />
        {rest}
      </Suspense>
    );
    const html = serverHtml(page(testClient(), part(<u>rest</u>)));
    const code = pendingLoader<Panel>();
    const Rest = lazy(code.load);
    const local = testClient();
    const page39 = hydrate(html, page(local, part(<Rest />)));
    const v2 = page39.node('p');
    await vi.waitFor(() => expect(code.state.imports).toBe(1));
    await painted();
    return { local, page: page39, v2, arrive: () => code.arrive({ default: () => <u>rest</u> }) };
  }

  test.each<[string, (local: TestClient) => void]>([
    ['another feature', (local) => local.publish({ panel: {}, list: { percentage: 0 } })],
    ['settings', (local) => local.publish({ panel: { config: { size: 5 } } })],
    ['an override of the same', (local) => void local.client.setOverride('panel', 'v2')],
  ])('is not touched by %s', async (_what, change) => {
    const { local, page: page39, v2, arrive: arriveCode } = await arrive();
    change(local);
    await painted();
    expect(page39.mutations).toEqual([]);
    arriveCode();
    await vi.waitFor(() =>
      expect(local.sink.observations.some(({ kind }) => kind === 'exposure' || kind === 'overridden')).toBe(true),
    );
    expect(page39.mutations).toEqual([]);
    expect(page39.node('p')).toBe(v2);
    expect([...page39.recoverable, ...page39.caught, ...page39.uncaught]).toEqual([]);
  });

  test('shows v1 after a rollback as soon as it is taken over', async () => {
    const { local, page: page39, arrive: arriveCode } = await arrive();
    local.publish({ panel: {} }, { kills: ['panel'] });
    await painted();
    expect(page39.mutations).toEqual([]);
    arriveCode();
    await vi.waitFor(() => expect(page39.text()).toBe('beforev1restafter'));
    expect(page39.texts).toEqual(['beforev2restafter', 'beforev1restafter']);
    expect([...page39.recoverable, ...page39.caught, ...page39.uncaught]).toEqual([]);
  });
});

test('39: a counter beside the gate works while v2’s code is under way', async () => {
  const Counter = () => {
    const [count, setCount] = useState(0);
    return <button onClick={() => setCount(count + 1)}>{`count ${count}`}</button>;
  };
  const make = (load: () => Promise<{ readonly default: Panel }>) => versioned('panel', { v1: () => v1, v2: load });
  const server = make(async () => ({ default: V2 }));
  await server.preload();
  const html = serverHtml(page(testClient(), server, <Counter />));
  const page39 = hydrate(html, page(testClient(), make(pendingLoader<Panel>().load), <Counter />));

  page39.container.querySelector('button')?.click();

  await vi.waitFor(() => expect(page39.text()).toBe('beforecount 1v2after'));
  expect(page39.mutations).toEqual(['=count 1']);
});
