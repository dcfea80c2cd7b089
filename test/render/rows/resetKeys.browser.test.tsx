// Rows of the behaviour table, by number: keys whose change tries v2 again.
import { useEffect, useLayoutEffect, type ComponentType, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import {
  FallbackBoundary,
  FeatureGate,
  lazyVersion,
  VersionSwitcher,
  type GateProps,
  type ResetEvent,
} from '../../../src/index.js';
import { mount, painted } from '../../harness/mount.js';
import { testClient, type TestClient } from '../setup.js';

const boom = new Error('v2 broke');

type KeyedFace = (V2: ComponentType) => (props: GateProps) => ReactNode;
type Named = readonly (readonly [name: string, face: KeyedFace])[];

/** The faces that take keys; `versioned` has its own: React's `key`. */
const gatingFaces: Named = [
  [
    'FeatureGate',
    (V2) => (props) => (
      <FeatureGate feature="panel" fallback="v1" {...props}>
        <V2 />
      </FeatureGate>
    ),
  ],
  [
    'FeatureGate with a lazy v2',
    (V2) => {
      const Lazy = lazyVersion(async () => ({ default: V2 }));
      return (props) => (
        <FeatureGate feature="panel" fallback="v1" {...props}>
          <Lazy />
        </FeatureGate>
      );
    },
  ],
  ['VersionSwitcher', (V2) => (props) => <VersionSwitcher feature="panel" v1="v1" v2={<V2 />} {...props} />],
];
const keyedFaces: Named = [
  ...gatingFaces,
  [
    'FallbackBoundary',
    (V2) => (props) => (
      <FallbackBoundary feature="panel" fallback="v1" {...props}>
        <V2 />
      </FallbackBoundary>
    ),
  ],
];

/** A gate of one face whose v2 is given its keys, and breaks as long as it is told to. */
function mountKeyed(makeFace: KeyedFace, first: readonly unknown[], client: TestClient = testClient(), broken = true) {
  const control = { isBroken: broken, renders: 0, breaksOn: undefined as unknown, breaksIn: 'render' };
  let current = first;
  const V2 = () => {
    control.renders++;
    const isBreaking = control.isBroken || current[0] === control.breaksOn;
    useLayoutEffect(() => {
      if (isBreaking && control.breaksIn === 'a layout effect') throw boom;
    });
    useEffect(() => {
      if (isBreaking && control.breaksIn === 'an effect') throw boom;
    });
    if (isBreaking && control.breaksIn === 'render') throw boom;
    return <>v2</>;
  };
  const Face = makeFace(V2);
  const onReset = vi.fn<(event: ResetEvent) => void>();
  const ui = (...keys: readonly unknown[]) => (
    <client.Provider>
      <Face resetKeys={keys} onReset={onReset} />
    </client.Provider>
  );
  const page = mount(ui(...first), { strict: false });
  const renderWith = async (...keys: readonly unknown[]) => {
    current = keys;
    page.render(ui(...keys));
    await painted();
    await painted();
  };
  const failures = () => client.sink.observations.filter(({ kind }) => kind === 'failure').length;
  const failed = (times: number) => vi.waitFor(() => expect(failures()).toBe(times));
  return { ...client, page, control, onReset, renderWith, failures, failed };
}

describe.each(keyedFaces)('%s', (_face, makeFace) => {
  test('33: a change of a key ends the failure: v2 is tried anew and onReset is told', async () => {
    const { page, control, onReset, renderWith, failed, sink, faults, settle } = mountKeyed(makeFace, ['item-1', 1]);
    await failed(1);
    expect(page.text()).toBe('v1');
    control.isBroken = false;
    await renderWith('item-2', 1);
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await settle();
    await painted();

    expect(onReset.mock.calls).toEqual([[{ reason: 'keys', prev: ['item-1', 1], next: ['item-2', 1] }]]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 2, exposures: 1, settled: 1, failed: { render: 1 } });
    expect(page.frames).not.toContain('');
    expect(faults).toEqual([]);
  });

  test('33: a v2 that is still broken after a change of keys fails once more, and once only', async () => {
    const { page, onReset, renderWith, failed, failures, sink } = mountKeyed(makeFace, ['item-1']);
    await failed(1);
    await renderWith('item-2');
    await failed(2);
    await painted();
    expect(page.text()).toBe('v1');
    expect(failures()).toBe(2);
    expect(onReset).toHaveBeenCalledTimes(1);
    expect(sink.counts('v2')).toMatchObject({ attempts: 2, exposures: 0 });
  });

  test('33: the same keys by Object.is try nothing, however often they are rendered', async () => {
    const { control, onReset, renderWith, failed } = mountKeyed(makeFace, [NaN, 'item-1']);
    await failed(1);
    const { renders } = control;
    await renderWith(NaN, 'item-1');
    await renderWith(NaN, 'item-1');
    expect(control.renders).toBe(renders);
    expect(onReset).not.toHaveBeenCalled();
  });

  test('33: keys that change under a v2 that works neither reset nor remount it', async () => {
    const { page, onReset, renderWith, sink } = mountKeyed(makeFace, ['item-1'], testClient(), false);
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await renderWith('item-2');
    await renderWith('item-3', 'more');
    expect(onReset).not.toHaveBeenCalled();
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1 });
  });

  test.each(['render', 'a layout effect', 'an effect'])(
    '33: a key that changes in the very commit whose %s throws is no reason to try again; the next one is',
    async (where) => {
      const { page, control, onReset, renderWith, failed, failures, sink, faults } = mountKeyed(
        makeFace,
        ['item-1'],
        testClient(),
        false,
      );
      control.breaksIn = where;
      await vi.waitFor(() => expect(page.text()).toBe('v2'));
      control.breaksOn = 'item-2';
      await renderWith('item-2');
      await failed(1);
      await painted();
      expect(page.text()).toBe('v1');
      expect(failures()).toBe(1);
      expect(onReset).not.toHaveBeenCalled();
      expect(sink.counts('v2').attempts).toBe(1);
      expect(faults).toEqual([]);

      await renderWith('item-3');
      await vi.waitFor(() => expect(page.text()).toBe('v2'));
      expect(onReset.mock.calls).toEqual([[{ reason: 'keys', prev: ['item-2'], next: ['item-3'] }]]);
    },
  );
});

describe.each(gatingFaces)('%s', (_face, makeFace) => {
  test('33: after a reset the decision rules: where v2 is off by now, it is v1 without a failure', async () => {
    const { page, control, onReset, renderWith, failed, publish, sink } = mountKeyed(makeFace, ['item-1']);
    await failed(1);
    const { renders } = control;
    control.isBroken = false;
    publish({ panel: { percentage: 0 } });
    await renderWith('item-2');
    expect(onReset).toHaveBeenCalledTimes(1);
    expect(page.text()).toBe('v1');
    expect(control.renders).toBe(renders);
    expect(sink.counts('v2').attempts).toBe(1);
  });

  test('33: an open breaker rules over a reset: v1, and v2 is not even rendered', async () => {
    const client = testClient(undefined, { breaker: { incidentLimit: 1 } });
    const { page, control, onReset, renderWith, failed, sink } = mountKeyed(makeFace, ['item-1'], client);
    await failed(1);
    await vi.waitFor(() => expect(client.client.getDecision('panel').reason).toBe('CIRCUIT_OPEN'));
    const { renders } = control;
    control.isBroken = false;
    await renderWith('item-2');

    expect(onReset.mock.calls).toEqual([[{ reason: 'keys', prev: ['item-1'], next: ['item-2'] }]]);
    expect(page.text()).toBe('v1');
    expect(control.renders).toBe(renders);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, suppressedByBreaker: 1 });
    // Whoever is in an arm is there by the percentage.
    expect(sink.observations.at(-1)!).toMatchObject({ arm: 'v2', reason: 'SPLIT' });
    expect(client.client.getDecision('panel').reason).toBe('CIRCUIT_OPEN');
  });

  test('33: a gate that an open breaker kept on v1 after a reset may probe at the next one, once it is half open', async () => {
    const client = testClient(undefined, { random: () => 0, breaker: { incidentLimit: 1 } });
    const { page, control, renderWith, failed, clock } = mountKeyed(makeFace, ['item-1'], client);
    await failed(1);
    control.isBroken = false;
    await renderWith('item-2');
    expect(page.text()).toBe('v1');

    await clock.advance(30_000);
    expect(page.text()).toBe('v1');
    await renderWith('item-3');
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
  });

  test('33: once the breaker is half open a reset may probe, and a probe that settles closes it', async () => {
    const client = testClient(undefined, { random: () => 0, breaker: { incidentLimit: 1 } });
    const { page, control, renderWith, failed, sink, clock } = mountKeyed(makeFace, ['item-1'], client);
    await failed(1);
    expect(client.client.getDecision('panel').reason).toBe('CIRCUIT_OPEN');
    await clock.advance(30_000);
    expect(client.client.getDecision('panel').reason).toBe('SPLIT');
    expect(page.text()).toBe('v1');

    control.isBroken = false;
    await renderWith('item-2');
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(sink.counts('v2')).toMatchObject({ attempts: 2, exposures: 1, settled: 0 });
    const other = () =>
      mount(
        <client.Provider>
          <FeatureGate feature="panel" fallback="v1">
            v2
          </FeatureGate>
        </client.Provider>,
      );
    const meanwhile = other();
    expect(meanwhile.text()).toBe('v1');
    meanwhile.unmount();
    await clock.advance(60);
    expect(sink.counts('v2').settled).toBe(1);
    expect(other().text()).toBe('v2');
  });
});
