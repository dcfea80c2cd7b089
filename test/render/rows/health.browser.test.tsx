// Not a row of the table: here because it has to hold on every build of React.
import { useEffect, useLayoutEffect, type ReactNode } from 'react';
import { expect, test } from 'vitest';
import {
  createHealthMonitor,
  FeatureGate,
  useSwitchbackHealth,
  type HealthEvent,
  type HealthLevel,
  type HealthMonitorOptions,
} from '../../../src/index.js';
import * as healthEngine from '../../../src/client/healthEngine.js';
import { mount, painted } from '../../harness/mount.js';
import { testClient, type TestClient } from '../setup.js';

/** Time that the test moves; timers fire by `pass`. */
function createTime() {
  let nowMs = 0;
  const timers = new Set<{ readonly atMs: number; run(): void }>();
  return {
    timers,
    clock: {
      elapsedMs: () => nowMs,
      after(delayMs: number, run: () => void) {
        const timer = { atMs: nowMs + delayMs, run };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    async pass(ms: number) {
      const untilMs = nowMs + ms;
      for (;;) {
        const [next] = [...timers].sort((a, b) => a.atMs - b.atMs);
        if (!next || next.atMs > untilMs) break;
        timers.delete(next);
        nowMs = next.atMs;
        next.run();
        await Promise.resolve();
      }
      nowMs = untilMs;
      await painted();
    },
  };
}

function watched(client: TestClient, options: Partial<HealthMonitorOptions> = {}) {
  const time = createTime();
  const monitor = createHealthMonitor(client.client, {
    features: { panel: { maxLatencyMs: 60_000, minSamples: 5, latency: 'searchMs' }, list: { maxErrorRate: 0.1 } },
    clock: time.clock,
    load: async () => healthEngine,
    ...options,
  });
  return { ...time, monitor };
}

const took = ({ client }: TestClient, valueMs: number, times = 5) => {
  for (let at = 0; at < times; at++) client.measure('panel', 'searchMs', valueMs);
};

/** Counts its renders and shows a level. */
function createReading(feature?: 'panel' | 'list') {
  const seen = { renders: 0 };
  function Level({ level }: { readonly level: HealthLevel }): ReactNode {
    useEffect(() => void seen.renders++);
    return <p>{`${feature ?? 'all'} ${level}`}</p>;
  }
  const OfOne = () => <Level level={useSwitchbackHealth(feature ?? 'panel').level} />;
  const OfAll = () => <Level level={useSwitchbackHealth().level} />;
  return { Reading: feature === undefined ? OfAll : OfOne, seen };
}

test('a slow v2 is degraded, then critical, and v1 is on the screen before the next paint; it heals by itself', async () => {
  const client = testClient();
  const events: HealthEvent[] = [];
  const { pass } = watched(client, { onChange: (event) => void events.push(event) });
  const { Reading } = createReading('panel');
  const frames: string[] = [];
  const page = mount(
    <client.Provider>
      <FeatureGate feature="panel" fallback={<i>v1</i>}>
        <b>v2</b>
      </FeatureGate>
      <Reading />
    </client.Provider>,
  );
  await painted();
  expect(page.text()).toBe('v2panel healthy');
  took(client, 70_000);
  await expect.poll(page.text).toBe('v2panel degraded');
  // In a frame of its own: what is painted after it is what the trip left.
  await new Promise<void>((resolve) =>
    requestAnimationFrame(() => {
      took(client, 900_000);
      const channel = new MessageChannel();
      requestAnimationFrame(() => frames.push(page.text()));
      channel.port1.onmessage = () => resolve();
      channel.port2.postMessage(null);
    }),
  );
  await painted();
  expect(frames).toEqual(['v1panel critical']);
  expect(page.frames).toEqual(['v2panel healthy', 'v2panel degraded', 'v1panel critical']);
  expect(client.client.getDecision('panel')).toMatchObject({ version: 'v1', reason: 'CIRCUIT_OPEN' });
  await pass(70_000);
  expect(page.text()).toBe('v1panel degraded');
  await pass(60_000);
  expect(page.text()).toBe('v1panel healthy');
  expect(events.map(({ health }) => health.level)).toEqual(['degraded', 'critical', 'degraded', 'healthy']);
});

test('a v2 that renders slowly is tripped by its own commits', async () => {
  const client = testClient();
  watched(client, { features: { list: { maxLatencyMs: 4, minSamples: 3 } } });
  const Slow = () => {
    const untilMs = performance.now() + 15;
    while (performance.now() < untilMs);
    return <b>v2</b>;
  };
  const page = mount(
    <client.Provider>
      {[1, 2, 3].map((row) => (
        <FeatureGate key={row} feature="list" fallback={<i>v1</i>}>
          <Slow />
        </FeatureGate>
      ))}
    </client.Provider>,
  );
  await expect.poll(page.text).toBe('v1v1v1');
});

test('a change renders those who read that feature or all of them; no change renders nobody', async () => {
  const client = testClient();
  watched(client);
  const [panel, list, all] = [createReading('panel'), createReading('list'), createReading()];
  const page = mount(
    <client.Provider>
      <panel.Reading />
      <list.Reading />
      <all.Reading />
    </client.Provider>,
    { strict: false },
  );
  await painted();
  const renders = () => [panel, list, all].map(({ seen }) => seen.renders);
  expect(renders()).toEqual([1, 1, 1]);
  took(client, 70_000);
  await expect.poll(page.text).toBe('panel degradedlist healthyall degraded');
  expect(renders()).toEqual([2, 1, 2]);
  took(client, 80_000, 50);
  client.client.setContext({ targetingKey: 'user-1', region: 'eu' });
  await painted();
  expect(renders()).toEqual([2, 1, 2]);
});

test('a monitor may come later, go, and come again, and leaves nothing behind', async () => {
  const client = testClient();
  const { Reading } = createReading('panel');
  const page = mount(
    <client.Provider>
      <Reading />
    </client.Provider>,
  );
  expect(page.text()).toBe('panel healthy');
  const { monitor, timers } = watched(client);
  took(client, 70_000);
  await expect.poll(page.text).toBe('panel degraded');
  monitor.close();
  await painted();
  expect(page.text()).toBe('panel healthy');
  expect(timers.size).toBe(0);
  took(client, 70_000);
  await painted();
  expect(page.text()).toBe('panel healthy');
});

test('an effect that makes the monitor works under StrictMode, and unmounting ends it', async () => {
  const client = testClient();
  const monitors: { readonly timers: ReadonlySet<unknown> }[] = [];
  function Watcher(): ReactNode {
    useLayoutEffect(() => {
      const { monitor, timers } = watched(client);
      monitors.push({ timers });
      return monitor.close;
    }, []);
    const { level } = useSwitchbackHealth('panel');
    return level;
  }
  const page = mount(
    <client.Provider>
      <Watcher />
    </client.Provider>,
  );
  took(client, 70_000);
  await expect.poll(page.text).toBe('degraded');
  page.unmount();
  await painted();
  expect(monitors.reduce((sum, { timers }) => sum + timers.size, 0)).toBe(0);
  expect(client.client.internals.parts.read().monitor).toBeUndefined();
});

test('a callback of the host that throws never reaches the page', async () => {
  const client = testClient();
  const onChange = () => {
    throw new Error('the host is broken');
  };
  watched(client, { onChange });
  const page = mount(
    <client.Provider>
      <FeatureGate feature="panel" fallback={<i>v1</i>}>
        <b>v2</b>
      </FeatureGate>
    </client.Provider>,
  );
  await painted();
  took(client, 900_000);
  await expect.poll(page.text).toBe('v1');
  expect(client.faults.map(([operation]) => operation)).toEqual(['onChange']);
  expect(page.caught).toEqual([]);
});
