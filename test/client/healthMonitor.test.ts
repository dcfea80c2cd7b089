import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import * as healthEngine from '../../src/client/healthEngine.js';
import { createHealthMonitor, type HealthMonitorOptions } from '../../src/client/healthMonitor.js';
import type { HealthEvent } from '../../src/client/healthOptions.js';
import type { SwitchbackOptions } from '../../src/client/options.js';
import { staticSource } from '../../src/client/source/staticSource.js';
import { defineFeatures } from '../../src/features.js';
import type { Observation } from '../../src/observe/observe.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { recordingSink } from '../harness/recordingSink.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const about = {
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
  atMs: 0,
} as const;

/** A client with thresholds, and what reaches the host. */
function watch(options: Partial<HealthMonitorOptions> = {}, given: Partial<SwitchbackOptions> = {}) {
  const clock = createFakeClock();
  const start = clock.now();
  const faults: string[] = [];
  const sink = recordingSink();
  const features = defineFeatures({ panel: {}, list: {} });
  const client = createSwitchback({
    features,
    initial: rulesSnapshot({ panel: {}, list: {} }),
    context: { targetingKey: 'user-1' },
    storage: false,
    sinks: [sink],
    clock,
    onInternalFault: (operation, error) => void faults.push(`${operation}: ${String(error)}`),
    ...given,
  });
  const events: HealthEvent[] = [];
  let skewMs = 0;
  const monitor = createHealthMonitor(client, {
    features: { panel: { maxLatencyMs: 100, maxErrorRate: 0.05 } },
    onChange: (event) => void events.push(event),
    clock: { elapsedMs: () => clock.now() - start - skewMs, after: clock.after },
    load: async () => healthEngine,
    ...options,
  });
  const { parts } = client.internals;
  const observe = (observation: Partial<Observation>, times = 1, feature = 'panel') => {
    for (let at = 0; at < times; at++) parts.observe({ ...about, feature, ...observation } as Observation, 'subject');
  };
  return {
    clock,
    client,
    monitor,
    events,
    faults,
    sink,
    observe,
    took: (valueMs: number, times = 20, feature = 'panel') =>
      observe({ kind: 'timing', name: 'commitMs', valueMs }, times, feature),
    settled: (times = 20, feature = 'panel') => observe({ kind: 'settled' }, times, feature),
    failed: (times: number, feature = 'panel') =>
      observe({ kind: 'failure', failure: { phase: 'render', name: 'Error', message: 'x' } }, times, feature),
    settle: () => clock.advance(0),
    level: (feature = 'panel') => monitor.getHealth(feature).level,
    /** The machine's clock is set; the other one goes on. */
    setClock(ms: number) {
      clock.jump(ms);
      skewMs += ms;
    },
  };
}

describe('the levels', () => {
  test('slow is degraded, slower is critical and trips, and quiet heals step by step', async () => {
    const { took, settle, monitor, level, events, client, clock } = watch();
    expect(monitor.getHealth('panel')).toEqual({ level: 'healthy', reason: { because: 'insufficient-data' } });
    expect(monitor.getHealth('list')).toEqual({ level: 'healthy', reason: { because: 'not-watched' } });
    took(50);
    await settle();
    expect(monitor.getHealth('panel')).toEqual({ level: 'healthy', reason: { because: 'within-thresholds' } });
    took(150, 2);
    await settle();
    expect(monitor.getHealth('panel')).toMatchObject({
      level: 'degraded',
      reason: { because: 'over-threshold', threshold: 'maxLatencyMs', limit: 100, samples: 22, v1: null },
    });
    expect(client.getDecision('panel')).toMatchObject({ version: 'v2' });
    took(400, 3);
    await settle();
    expect(level()).toBe('critical');
    expect(client.getDecision('panel')).toMatchObject({ version: 'v1', reason: 'CIRCUIT_OPEN' });
    expect(events.map(({ feature, from, health }) => [feature, from, health.level])).toEqual([
      ['panel', 'healthy', 'degraded'],
      ['panel', 'degraded', 'critical'],
    ]);
    await clock.advance(130_000);
    expect(events.slice(2).map(({ from, health }) => [from, health.level])).toEqual([
      ['critical', 'degraded'],
      ['degraded', 'healthy'],
    ]);
    expect(monitor.getHealth('panel')).toEqual({ level: 'healthy', reason: { because: 'insufficient-data' } });
    expect(monitor.getOverview()).toEqual({ level: 'healthy', features: new Map() });
  });

  test('v2 is judged anew after a trip: what led to the first does not lead to the next', async () => {
    const { took, settle, client } = watch();
    const move = vi.spyOn(client.internals.parts.breakers, 'move');
    const trips = () => move.mock.calls.filter(([, , isTrip]) => isTrip).length;
    took(900);
    await settle();
    expect(trips()).toBe(1);
    took(900, 19);
    await settle();
    expect(trips()).toBe(1);
    took(900, 1);
    await settle();
    expect(trips()).toBe(2);
  });

  test('what v1 does is told where enough is known of it', async () => {
    const { observe, took, settle, monitor } = watch();
    observe({ version: 'v1', arm: 'none', kind: 'timing', name: 'commitMs', valueMs: 140 }, 30);
    took(150);
    await settle();
    expect(monitor.getHealth('panel').reason).toMatchObject({ value: 150, v1: { value: 140, samples: 30 } });
  });

  test('the heap degrades and never trips, whatever the actions say', async () => {
    const options = { maxMemoryMB: 100, actions: { degraded: ['trip', 'notify'], critical: ['trip'] } } as const;
    const { observe, settle, client, monitor, events } = watch({ features: { panel: options } });
    observe({ kind: 'sum', name: 'heapMb', value: 5_000 }, 50);
    await settle();
    expect(monitor.getHealth('panel')).toMatchObject({ level: 'degraded', reason: { threshold: 'maxMemoryMB' } });
    expect(client.isEnabled('panel')).toBe(true);
    expect(events).toHaveLength(1);
  });

  test('two errors are no reason to trip, the third is', async () => {
    const { failed, settled, settle, client, level } = watch();
    settled(18);
    failed(2);
    await settle();
    expect([level(), client.isEnabled('panel')]).toEqual(['degraded', true]);
    failed(1);
    await settle();
    expect([level(), client.isEnabled('panel')]).toEqual(['critical', false]);
  });

  test('what a tester forced says nothing', async () => {
    const { observe, settle, level } = watch();
    observe({ reason: 'OVERRIDE', arm: 'none', kind: 'timing', name: 'commitMs', valueMs: 9_999 }, 100);
    await settle();
    expect(level()).toBe('healthy');
  });

  test('a clock that is set by a year changes no window', async () => {
    for (const days of [365, -365]) {
      const { took, setClock, settle, level, clock } = watch();
      took(150, 10);
      setClock(days * 86_400_000);
      took(150, 10);
      await settle();
      expect(level()).toBe('degraded');
      await clock.advance(119_000);
      expect(level()).toBe('degraded');
      await clock.advance(12_000);
      expect(level()).toBe('healthy');
    }
  });
});

describe('the actions', () => {
  test('reduce-sampling holds for the sinks as long as the level lasts, never raises, and does not blind the monitor', async () => {
    const actions = { degraded: ['reduce-sampling'], critical: ['reduce-sampling'] } as const;
    const panel = { maxLatencyMs: 100, actions, reducedSampling: 0.2 };
    const { took, settle, sink, observe, clock, level } = watch({ features: { panel } });
    took(150);
    await settle();
    sink.observations.length = 0;
    took(150, 1);
    observe({ kind: 'settled', sampling: 0.05 });
    observe({ kind: 'settled' }, 1, 'list');
    await settle();
    expect(sink.observations.map(({ sampling }) => sampling)).toEqual([0.2, 0.05, undefined]);
    took(900);
    await settle();
    expect(level()).toBe('critical');
    await clock.advance(200_000);
    sink.observations.length = 0;
    took(10, 1);
    await settle();
    expect(sink.observations.map(({ sampling }) => sampling)).toEqual([undefined]);
  });

  test('only those that are named are taken', async () => {
    const quiet = { maxLatencyMs: 100, actions: { healthy: [], degraded: [], critical: [] } };
    const { took, settle, client, level, events } = watch({ features: { panel: quiet } });
    took(900);
    await settle();
    expect([level(), client.isEnabled('panel'), events]).toEqual(['critical', true, []]);
  });

  test('a callback that throws is told to onInternalFault, and the trip has happened', async () => {
    const onChange = () => {
      throw new Error('the host is broken');
    };
    const { took, settle, faults, client, monitor, level } = watch({ onChange });
    monitor.subscribe('panel', () => {
      throw new Error('so is its listener');
    });
    took(900);
    await settle();
    expect(faults.sort()).toEqual([
      'health listener: Error: so is its listener',
      'onChange: Error: the host is broken',
    ]);
    expect([level(), client.isEnabled('panel')]).toEqual(['critical', false]);
  });
});

describe('listening', () => {
  test('only who listens to the feature that changed, or to all, is called, and only when it changed', async () => {
    const thresholds = { maxLatencyMs: 100 };
    const { took, settle, monitor } = watch({ features: { panel: thresholds, list: thresholds } });
    const calls: string[] = [];
    const stops = [
      monitor.subscribe('panel', () => calls.push('panel')),
      monitor.subscribe('list', () => calls.push('list')),
      monitor.subscribe(null, () => calls.push('all')),
    ];
    took(150);
    await settle();
    expect(calls.splice(0)).toEqual(['panel', 'all']);
    const health = monitor.getHealth('panel');
    const overview = monitor.getOverview();
    took(160, 30);
    await settle();
    expect(calls).toEqual([]);
    expect(monitor.getHealth('panel')).toBe(health);
    expect(monitor.getOverview()).toBe(overview);
    for (const stop of stops) stop();
    took(900, 50, 'list');
    await settle();
    expect(calls).toEqual([]);
    expect(monitor.getOverview().level).toBe('critical');
  });
});

describe('its own troubles', () => {
  test('observations wait for the code that judges, 500 of them; without it everything is unknown and told once', async () => {
    const load = vi.fn(() => Promise.reject(new Error('gone')));
    const { took, settle, faults, level, clock, client } = watch({ load });
    took(900, 2_000);
    await settle();
    expect(level()).toBe('healthy');
    expect(faults).toEqual(['health: Error: gone']);
    await clock.advance(60_000);
    expect(load).toHaveBeenCalledTimes(4);
    expect(faults).toHaveLength(1);
    expect(client.isEnabled('panel')).toBe(true);
  });

  test('code that comes late judges what waited', async () => {
    let arrive = (_module: typeof healthEngine) => {};
    const { took, settle, level } = watch({ load: () => new Promise((resolve) => (arrive = resolve)) });
    took(900, 500);
    await settle();
    expect(level()).toBe('healthy');
    arrive(healthEngine);
    await settle();
    expect(level()).toBe('critical');
  });

  test('a clock that throws reaches nobody but onInternalFault', async () => {
    const broken = () => {
      throw new Error('no time');
    };
    const { took, settle, faults, sink } = watch({ clock: { elapsedMs: broken, after: () => () => {} } });
    took(900, 3);
    await settle();
    expect(new Set(faults)).toEqual(new Set(['health: Error: no time']));
    expect(sink.observations).toHaveLength(3);
  });

  test('forged observations change nothing', async () => {
    const { observe, settle, level, faults } = watch({ defaults: { maxLatencyMs: 100, maxErrorRate: 0.01 } });
    for (const valueMs of [NaN, Infinity, -1, '900', null])
      observe({ kind: 'timing', name: 'commitMs', valueMs: valueMs as number }, 50);
    for (const feature of ['__proto__', 'constructor', 'toString']) observe({ kind: 'settled' }, 30, feature);
    observe({ kind: 'made-up' as 'settled', version: 'v3' as 'v2' }, 30);
    await settle();
    expect([level(), faults]).toEqual(['healthy', []]);
    expect(({} as Record<string, unknown>)['level']).toBeUndefined();
  });
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('its bounds', () => {
  test('1,000 features with 100,000 observations are judged in little memory, the 1,001st is not watched', async () => {
    const options = { features: undefined, defaults: { maxLatencyMs: 100, actions: { critical: [] } } };
    const { took, settle, monitor, clock } = watch(options, { sinks: [] });
    took(1);
    await settle();
    await clock.advance(80_000);
    const names = Array.from({ length: 1_001 }, (_, at) => `feature${at}`);
    collect();
    const before = process.memoryUsage().heapUsed;
    const startMs = performance.now();
    for (let round = 0; round < 5; round++) for (const name of names) took(round * 7 + 1, 20, name);
    await settle();
    expect(performance.now() - startMs).toBeLessThan(30_000);
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
    expect(monitor.getOverview().features.size).toBe(1_000);
    expect(monitor.getHealth('feature1000')).toEqual({ level: 'healthy', reason: { because: 'insufficient-data' } });
    await clock.advance(80_000);
    expect(monitor.getOverview().features.size).toBe(0);
    took(500, 20, 'feature1000');
    await settle();
    expect(monitor.getHealth('feature1000').level).toBe('critical');
  });

  test('many features at once are judged in slices, what fails before the next paint', async () => {
    const clock = createFakeClock();
    let elapsedMs = 0;
    // Each look takes a millisecond.
    const options = { clock: { elapsedMs: () => elapsedMs++, after: clock.after }, features: undefined };
    const { took, failed, settle, monitor, observe } = watch({ ...options, defaults: { maxErrorRate: 0.1 } });
    observe({ kind: 'settled' });
    await settle();
    const names = Array.from({ length: 100 }, (_, at) => `feature${at}`);
    for (const name of names) observe({ kind: 'settled' }, 20, name);
    failed(20, 'feature99');
    took(5);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(monitor.getHealth('feature99').level).toBe('critical');
    const first = monitor.getOverview().features.size;
    expect(first).toBeLessThan(20);
    await clock.advance(0);
    expect(monitor.getOverview().features.size).toBeGreaterThan(first);
    for (let slice = 0; slice < 100; slice++) await clock.advance(1);
    expect(monitor.getOverview().features.size).toBe(100);
  });

  test('holds one timer while there is anything to see, none after that, and none once closed', async () => {
    const { took, settle, clock, monitor, client } = watch();
    await settle();
    const idle = clock.waiting();
    took(50);
    took(50, 20, 'list');
    await settle();
    expect(clock.waiting()).toBe(idle + 1);
    await clock.advance(90_000);
    expect(clock.waiting()).toBe(idle);
    took(900);
    await settle();
    monitor.close();
    // The breaker has one of its own.
    client.start();
    client.close();
    expect(clock.waiting()).toBe(0);
    took(900);
    await settle();
    expect(clock.waiting()).toBe(0);
  });

  test('rests with its client and goes on with it', async () => {
    const source = staticSource(rulesSnapshot({ panel: {}, list: {} }));
    const { took, settle, clock, client, level } = watch({}, { source, initial: null });
    client.start();
    took(150);
    await settle();
    client.close();
    expect(clock.waiting()).toBe(0);
    client.start();
    expect(level()).toBe('degraded');
    await clock.advance(131_000);
    expect(level()).toBe('healthy');
    client.close();
  });

  test('a later monitor takes the place of an earlier one, whose end does not end it', async () => {
    const { client, monitor, took, settle, clock } = watch();
    const clockOf = { elapsedMs: () => clock.now(), after: clock.after };
    const later = createHealthMonitor(client, {
      defaults: { maxLatencyMs: 10 },
      clock: clockOf,
      load: async () => healthEngine,
    });
    monitor.close();
    took(15);
    await settle();
    expect(monitor.getHealth('panel').level).toBe('healthy');
    expect(later.getHealth('panel').level).toBe('degraded');
    later.close();
    expect(client.internals.parts.read().monitor).toBeUndefined();
  });
});

describe('misuse', () => {
  const client = createSwitchback({ features: defineFeatures({ panel: {} }), storage: false });
  test.each<[unknown, RegExp]>([
    [null, /options must be an object, found null/],
    [{}, /needs thresholds in features or defaults, found none/],
    [{ features: [] }, /features must be thresholds by feature, found \[\]/],
    [
      { features: { panel: {} } },
      /features\.panel must be given maxLatencyMs, maxErrorRate or maxMemoryMB, found \{\}/,
    ],
    [{ features: { panel: 7 } }, /features\.panel must be an object, found 7/],
    [{ features: { 'no key': { maxLatencyMs: 1 } } }, /features must be keyed by feature keys, found "no key"/],
    [{ features: { panel: { maxLatencyMs: -1 } } }, /features\.panel\.maxLatencyMs must be 1 to 3600000, found -1/],
    [{ defaults: { maxErrorRate: 5 } }, /defaults\.maxErrorRate must be 0 to 1, found 5/],
    [{ defaults: { maxErrorRate: NaN } }, /defaults\.maxErrorRate must be 0 to 1, found NaN/],
    [{ defaults: { maxMemoryMB: '100' } }, /maxMemoryMB must be 1 to 1000000, found "100"/],
    [{ defaults: { maxLatencyMs: 100, minSamples: 0 } }, /minSamples must be 1 to 100000, found 0/],
    [{ defaults: { maxLatencyMs: 100, windowMs: Infinity } }, /windowMs must be 1000 to 3600000, found Infinity/],
    [{ defaults: { maxLatencyMs: 100, leaveRatio: 1.1 } }, /leaveRatio must be 0 to 1, found 1.1/],
    [{ defaults: { maxLatencyMs: 100, latency: 'a b' } }, /latency must be a name .*, found "a b"/],
    [
      { defaults: { maxLatencyMs: 100, actions: { critical: ['kill'] } } },
      /actions\.critical must be a list of .*"kill"/,
    ],
    [{ defaults: { maxLatencyMs: 100, actions: { awful: [] } } }, /actions must be any of healthy.*, found "awful"/],
    [{ defaults: { maxLatency: 100 } }, /defaults must be any of maxLatencyMs.*, found "maxLatency"/],
    [{ defaults: { maxLatencyMs: 100 }, onChange: 7 }, /onChange must be a function, found 7/],
    [JSON.parse('{"defaults":{"__proto__":{"maxLatencyMs":1},"maxLatencyMs":1}}'), /found "__proto__"/],
  ])('refuses %j', (options, message) => {
    expect(() => createHealthMonitor(client, options as HealthMonitorOptions)).toThrow(message);
    expect(client.internals.parts.read().monitor).toBeUndefined();
  });
});

test('the connection is told to sinks, in order with the observations, and a sink without interest is left alone', async () => {
  const seen: string[] = [];
  const ears = {
    name: 'ears',
    observe: ({ kind }: Observation) => void seen.push(kind),
    connection: ({ from, to }: { from: string; to: string }) => void seen.push(`${from} → ${to}`),
  };
  const source = staticSource(rulesSnapshot({ panel: {} }));
  const { client, observe, settle, faults } = watch({}, { source, initial: null, sinks: [ears, recordingSink()] });
  client.start();
  await settle();
  observe({ kind: 'attempt' });
  client.close();
  await settle();
  expect(seen).toEqual(['connecting → static', 'attempt', 'static → closed']);
  expect(faults).toEqual([]);
});
