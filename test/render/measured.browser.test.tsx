// What is found out about a version on the screen, beside what is counted of it.
import type { ReactNode } from 'react';
import { FeatureGate, type ExposureEvent, type SwitchbackOptions } from 'react-switchback';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { mount, painted } from '../harness/mount.js';
import { testClient, thrower } from './setup.js';
// What is measured waits for this code.
import '../../src/client/meter.js';

const gate = (feature: 'panel' | 'list' = 'panel', v2: ReactNode = <p>v2</p>, key?: number) => (
  <FeatureGate key={key} feature={feature} fallback={<p>v1</p>}>
    {v2}
  </FeatureGate>
);
const busyFor = (ms: number): void => {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
};
const never = 60_000;
const clientFor = (options: Partial<SwitchbackOptions> = {}, rules: Record<string, Record<string, unknown>> = {}) =>
  testClient({ panel: {}, list: {}, ...rules }, options);
/** Everybody of whom the panel takes 60 ms is slow; how long the machine takes for the list says nothing. */
const slowness = { features: { panel: { slowMs: 60 }, list: { slowMs: never } } };
/** Whose page does not answer for longer than 100 ms is silent, and nobody is slow. */
const silence = { features: { panel: { slowMs: never, silentMs: 100 }, list: { slowMs: never, silentMs: 100 } } };
type Sink = ReturnType<typeof testClient>['sink'];
const bits = (sink: Sink) =>
  sink.observations.flatMap(({ kind, feature, version, arm }) =>
    kind === 'slow' || kind === 'silent' ? [`${kind} ${feature} ${version} ${arm}`] : [],
  );

describe('a user', () => {
  const Slow = () => {
    busyFor(80);
    return <p>v2</p>;
  };

  test('counts as slow once, whatever mounts, and only where the feature’s threshold is exceeded', async () => {
    const { Provider, sink, settle } = clientFor(slowness);
    const page = mount(
      <Provider>
        {gate('panel', <Slow />)}
        {gate('panel', <Slow />, 2)}
        {gate('list', <Slow />)}
      </Provider>,
    );
    await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(3));
    await settle();
    await vi.waitFor(() => expect(bits(sink)).toEqual(['slow panel v2 v2']));
    page.render(<Provider>{gate('panel', <Slow />, 3)}</Provider>);
    await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(4));
    await settle();
    expect(sink.counts('v2').settled).toBe(4);
    expect(bits(sink)).toEqual(['slow panel v2 v2']);
  });

  test('counts as slow for v1 as for v2', async () => {
    const { Provider, sink } = clientFor(slowness, { panel: { percentage: 0 } });
    mount(
      <Provider>
        <FeatureGate feature="panel" fallback={<Slow />}>
          v2
        </FeatureGate>
      </Provider>,
    );
    await vi.waitFor(() => expect(bits(sink)).toEqual(['slow panel v1 v1']));
  });

  test('counts as silent where the page did not answer, and as settled all the same', async () => {
    const { Provider, sink, clock, settle } = clientFor(silence);
    mount(<Provider>{gate()}</Provider>);
    await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(1));
    await painted();
    // The page hangs: time passes, and nothing happens.
    clock.jump(101);
    await settle();
    expect(sink.counts('v2').settled).toBe(1);
    await vi.waitFor(() => expect(bits(sink)).toEqual(['silent panel v2 v2']));
  });

  test('counts as nothing where the version settled, failed, or left before', async () => {
    const Bad = thrower(new Error('broke'));
    const { Provider, sink, clock, settle } = clientFor(silence);
    const page = mount(
      <Provider>
        {gate('panel', <Bad />)}
        {gate('list')}
      </Provider>,
    );
    await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(1));
    page.render(<Provider>{null}</Provider>);
    await vi.waitFor(() => expect(sink.counts('v2').aborted).toBe(1));
    clock.jump(10_000);
    await settle();
    await painted();
    expect(sink.counts('v2')).toMatchObject({ aborted: 1, settled: 0, failed: { render: 1 } });
    expect(bits(sink)).toEqual([]);
  });

  test('counts as nothing on a page that was hidden', async () => {
    const { Provider, sink, clock, settle } = clientFor(silence);
    mount(<Provider>{gate()}</Provider>);
    await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(1));
    await painted();
    document.dispatchEvent(new Event('visibilitychange'));
    clock.jump(10_000);
    await settle();
    expect(sink.counts('v2').settled).toBe(1);
    await painted();
    expect(bits(sink)).toEqual([]);
  });
});

test('the heap is read as a version settles, once in a while', async () => {
  const { Provider, sink, settle } = clientFor();
  const page = mount(<Provider>{gate()}</Provider>);
  const heap = () => sink.observations.filter((seen) => seen.kind === 'sum' && seen.name === 'heapMb');
  await painted();
  await settle();
  await vi.waitFor(() => expect(heap()).toHaveLength(1));
  expect(heap()).toMatchObject([{ feature: 'panel', version: 'v2', arm: 'v2', value: expect.any(Number) }]);
  page.render(<Provider>{gate('panel', <p>v2</p>, 2)}</Provider>);
  await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(2));
  await settle();
  expect(sink.counts('v2').settled).toBe(2);
  await painted();
  expect(heap()).toHaveLength(1);
});

describe('onExposure', () => {
  const watched = (rules: Record<string, Record<string, unknown>> = {}) => {
    const seen: string[] = [];
    const onExposure = ({ feature, version, isFallback }: ExposureEvent) =>
      void seen.push(`${feature} ${version}${isFallback ? ' fallback' : ''}`);
    return { seen, ...clientFor({ onExposure }, rules) };
  };

  test.each([true, false])('is called once for many gates and whatever mounts again, StrictMode %s', async (strict) => {
    const { Provider, seen, sink } = watched();
    const page = mount(<Provider>{[1, 2, 3].map((key) => gate('panel', <p>v2</p>, key))}</Provider>, { strict });
    await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(3));
    page.render(<Provider>{null}</Provider>);
    page.render(<Provider>{gate('panel', <p>v2</p>, 4)}</Provider>);
    await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(4));
    expect(seen).toEqual(['panel v2']);
  });

  test('is called once for each user, also for one who comes back', async () => {
    const { Provider, seen, client, sink } = watched();
    const page = mount(<Provider>{gate('panel', <p>v2</p>, 1)}</Provider>);
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    let exposures = 1;
    for (const [targetingKey, told] of [
      ['user-2', 2],
      ['user-1', 2],
      ['user-2', 2],
      ['user-3', 3],
    ] as const) {
      // What stays is seen by this user as well, and so is what mounts for them.
      client.setContext({ targetingKey });
      exposures++;
      await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(exposures));
      page.render(<Provider>{gate('panel', <p>v2</p>, ++exposures)}</Provider>);
      await vi.waitFor(() => expect(sink.counts('v2').exposures).toBe(exposures));
      expect(seen).toEqual(Array(told).fill('panel v2'));
    }
  });

  test('is called for each version, and for v1 as a fallback', async () => {
    const Bad = thrower(new Error('broke'));
    const { Provider, seen, publish } = watched({ panel: { percentage: 0 } });
    const page = mount(<Provider>{gate()}</Provider>);
    await vi.waitFor(() => expect(seen).toEqual(['panel v1']));
    page.render(<Provider>{null}</Provider>);
    publish({ panel: {}, list: {} });
    page.render(<Provider>{gate('panel', <p>v2</p>, 2)}</Provider>);
    await vi.waitFor(() => expect(seen).toEqual(['panel v1', 'panel v2']));
    page.render(<Provider>{gate('panel', <Bad />, 3)}</Provider>);
    await vi.waitFor(() => expect(seen).toEqual(['panel v1', 'panel v2', 'panel v1 fallback']));
  });

  test('that throws is told to nobody but us, and nothing is counted twice', async () => {
    const onExposure = vi.fn(() => {
      throw new Error('analytics broke');
    });
    const { Provider, faults, sink } = clientFor({ onExposure });
    const page = mount(<Provider>{gate()}</Provider>);
    onTestFinished(() => page.render(null));
    await vi.waitFor(() => expect(faults.map(([operation]) => operation)).toEqual(['onExposure']));
    expect(page.text()).toBe('v2');
    expect(sink.counts('v2').exposures).toBe(1);
  });
});
