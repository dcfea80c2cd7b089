// Two ways to break v2, one outcome: in gates as they are made, and by what takes v2's place in gates that are there already.
import { useState, type ReactNode } from 'react';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createSwitchback,
  defineFeatures,
  FeatureGate,
  lazyVersion,
  SwitchbackProvider,
  type FallbackEvent,
  type SwitchbackClient,
} from '../../../src/index.js';
import type { Clock } from '../../../src/client/clock.js';
import { breakGates } from '../../../src/render/breaking/breakGates.js';
import { createStandIn } from '../../../src/render/breaking/createStandIn.js';
import type { Failure } from '../../../src/render/breaking/failure.js';
import type { Fault } from '../../../src/render/breaking/faults.js';
import { expectConsole } from '../../harness/expectedConsole.js';
import { createHeldClock } from '../../harness/heldClock.js';
import { mount, painted } from '../../harness/mount.js';

const features = defineFeatures({ panel: {} });
const works: Fault = { failure: null, delayMs: 0 };

function createClient(onFallback: (event: FallbackEvent) => void = () => {}, clock?: Clock): SwitchbackClient {
  const client = createSwitchback({
    features,
    storage: false,
    onFallback,
    clock,
    initial: {
      schema: 1,
      kind: 'rules',
      epoch: 1,
      revision: 1,
      kills: [],
      features: { panel: { enabled: true, percentage: 100 } },
    },
  });
  onTestFinished(() => client.close());
  return client;
}

/** The same client, whose gates break as they are made. */
function broken(client: SwitchbackClient, faultOf: () => Fault, waitsForever = false): SwitchbackClient {
  const { internals } = client;
  const { clock } = internals.parts;
  return {
    ...client,
    internals: { ...internals, createGate: breakGates(internals.createGate, faultOf, { clock, waitsForever }) },
  };
}

/** Puts something into the place of v2 in the gates that are there. */
function standIn(client: SwitchbackClient, fault: Fault): void {
  const { parts } = client.internals;
  const put = (component?: unknown): void => {
    parts.put({ standIns: component === undefined ? undefined : new Map([['panel', component]]) });
    parts.gates.notify('panel');
  };
  put(createStandIn('panel', fault, parts.clock, put));
}

const Plain = (): ReactNode => <p>v2</p>;
const lazyOf = (options: object = {}) => lazyVersion(async () => ({ default: Plain }), options);
const page = (client: SwitchbackClient, v2: ReactNode = <Plain />) => (
  <SwitchbackProvider client={client}>
    <FeatureGate feature="panel" fallback={<p>v1</p>}>
      {v2}
    </FeatureGate>
  </SwitchbackProvider>
);

const phases: Readonly<Record<Exclude<Failure, 'hang'>, string>> = { render: 'render', effect: 'effect', load: 'load' };
const failing = Object.entries(phases) as readonly [Exclude<Failure, 'hang'>, string][];

describe.each([
  ['a v2 that is no lazy', () => <Plain />],
  [
    'a lazy v2',
    () => {
      const Lazy = lazyOf();
      return <Lazy />;
    },
  ],
])('gates that are made with %s', (_, v2) => {
  test.each(failing)('fail by %s, and are told of as such', async (failure, phase) => {
    expectConsole(/fails on purpose/);
    const events: FallbackEvent[] = [];
    const client = createClient((event) => events.push(event));
    const { text } = mount(
      page(
        broken(client, () => ({ failure, delayMs: 0 })),
        v2(),
      ),
    );
    await expect.poll(() => events.length).toBe(1);
    expect(text()).toBe('v1');
    expect(events[0]).toMatchObject({ phase, error: { message: `v2 of panel fails on purpose (fail: "${failure}")` } });
  });

  test('get a v2 that comes late, as it was given', async () => {
    const { text } = mount(
      page(
        broken(createClient(), () => ({ failure: null, delayMs: 50 })),
        v2(),
      ),
    );
    expect(text()).toBe('v1');
    await expect.poll(text).toBe('v2');
  });

  test('wait for a v2 that never arrives', async () => {
    const client = createClient();
    const { text } = mount(
      page(
        broken(client, () => ({ failure: 'hang', delayMs: 0 })),
        v2(),
      ),
    );
    await expect
      .poll(() => [...client.internals.parts.gates.visible('panel')].map((gate) => gate.getView().shows))
      .toEqual(['loading']);
    expect(text()).toBe('v1');
  });

  test('work where nothing is broken', async () => {
    const { text } = mount(
      page(
        broken(createClient(), () => works),
        v2(),
      ),
    );
    await expect.poll(text).toBe('v2');
  });
});

test('a v2 that never arrives fails by its own timeout, but for pictures of loading', async () => {
  const events: FallbackEvent[] = [];
  const fault: Fault = { failure: 'hang', delayMs: 0 };
  const Lazy = lazyOf({ timeoutMs: 60 });
  const waiting = createClient(() => expect.unreachable());
  const timedOut = createClient((event) => events.push(event));
  const first = mount(
    page(
      broken(waiting, () => fault, true),
      <Lazy />,
    ),
  );
  const second = mount(
    page(
      broken(timedOut, () => fault),
      <Lazy />,
    ),
  );
  await expect.poll(() => events.map(({ phase }) => phase)).toEqual(['load']);
  expect([first.text(), second.text()]).toEqual(['v1', 'v1']);
  expect([...waiting.internals.parts.gates.visible('panel')].map((gate) => gate.getView().shows)).toEqual(['loading']);
});

test('gates that share a load share its failure: it is asked for once', async () => {
  const client = createClient();
  let asked = 0;
  const faultOf = (): Fault => ({ failure: 'load', delayMs: (asked++, 0) });
  const Lazy = lazyOf();
  const both = broken(client, faultOf);
  const failures: unknown[] = [];
  client.internals.parts.put({ inspect: ({ kind }) => kind === 'failure' && failures.push(kind) });
  const { text } = mount(
    <SwitchbackProvider client={both}>
      {['a', 'b'].map((key) => (
        <FeatureGate key={key} feature="panel" fallback={<p>v1</p>}>
          <Lazy />
        </FeatureGate>
      ))}
    </SwitchbackProvider>,
  );
  await expect.poll(() => failures.length).toBe(1);
  expect(text()).toBe('v1v1');
  expect(asked).toBeGreaterThan(0);
});

describe('a stand-in in gates that are on the page', () => {
  test.each([
    ['render', 'render'],
    // React tells effects from rendering only when v2 mounts together with its gate.
    ['effect', 'render'],
    ['load', 'load'],
  ] as const)('fails by %s', async (failure, phase) => {
    expectConsole(/fails on purpose/);
    const events: FallbackEvent[] = [];
    const client = createClient((event) => events.push(event));
    const { text } = mount(page(client));
    expect(text()).toBe('v2');
    // In the turn of its mount an effect of v2 would be to blame.
    await new Promise((resolve) => setTimeout(resolve));
    standIn(client, { failure, delayMs: 0 });
    await expect.poll(() => events.map((event) => event.phase)).toEqual([phase]);
    expect(text()).toBe('v1');
  });

  test('comes late, and leaves its place to v2 as it was, with its state', async () => {
    const clock = createHeldClock();
    const client = createClient(undefined, clock);
    const Counter = (): ReactNode => {
      const [count, setCount] = useState(0);
      return <button onClick={() => setCount(count + 1)}>v2 {count}</button>;
    };
    const { container, frames } = mount(page(client, <Counter />));
    container.querySelector('button')?.click();
    await expect.poll(() => container.innerText).toBe('v2 1');
    standIn(client, { failure: null, delayMs: 100 });
    await expect.poll(() => container.innerText).toBe('v1');
    await clock.advance(99);
    await painted();
    expect(container.innerText).toBe('v1');
    await clock.advance(1);
    await expect.poll(() => container.innerText).toBe('v2 1');
    expect(frames.filter((frame) => frame === '')).toEqual([]);
  });

  test('never arrives: v1 is there meanwhile, and v2 again when it is left alone', async () => {
    const client = createClient();
    const { container } = mount(page(client));
    standIn(client, { failure: 'hang', delayMs: 0 });
    await expect.poll(() => container.innerText).toBe('v1');
    client.internals.parts.put({ standIns: undefined });
    client.internals.parts.gates.notify('panel');
    await expect.poll(() => container.innerText).toBe('v2');
  });

  test('fails in gates that come later, by its effect too', async () => {
    expectConsole(/fails on purpose/);
    const events: FallbackEvent[] = [];
    const client = createClient((event) => events.push(event));
    standIn(client, { failure: 'effect', delayMs: 0 });
    const { text } = mount(page(client));
    await expect.poll(() => events.map(({ phase }) => phase)).toEqual(['effect']);
    expect(text()).toBe('v1');
  });
});
