import { expectTypeOf, test } from 'vitest';
import {
  createHealthMonitor,
  createSwitchback,
  defineFeatures,
  useSwitchbackHealth,
  useSwitchbackStatus,
  type ConnectionQuality,
  type Health,
  type HealthEvent,
  type HealthLevel,
  type HealthOverview,
} from '../../src/index.js';

const client = createSwitchback({ features: defineFeatures({ panel: {} }) });

test('one feature has a health, all have an overview', () => {
  expectTypeOf(() => useSwitchbackHealth('panel')).returns.toEqualTypeOf<Health>();
  expectTypeOf(() => useSwitchbackHealth()).returns.toEqualTypeOf<HealthOverview>();
  // @ts-expect-error -- a number is no feature
  void (() => useSwitchbackHealth(7));
});

test('only what is not healthy has a threshold, a value and a sample size', () => {
  const read = (health: Health) => {
    // @ts-expect-error -- it may be healthy
    void health.reason.value;
    if (health.level === 'healthy') return health.reason.because;
    expectTypeOf(health.reason.value).toEqualTypeOf<number>();
    expectTypeOf(health.reason.v1).toEqualTypeOf<{ readonly value: number; readonly samples: number } | null>();
    return health.reason.threshold;
  };
  expectTypeOf(read).returns.toEqualTypeOf<
    'within-thresholds' | 'insufficient-data' | 'not-watched' | 'maxErrorRate' | 'maxLatencyMs' | 'maxMemoryMB'
  >();
});

test('options that make no sense do not compile', () => {
  createHealthMonitor(client, {
    features: { panel: { maxLatencyMs: 100, latency: 'searchMs', actions: { critical: ['trip', 'notify'] } } },
    onChange: (event) => expectTypeOf(event).toEqualTypeOf<HealthEvent>(),
  });
  // @ts-expect-error -- no client
  createHealthMonitor({ defaults: { maxLatencyMs: 100 } });
  // @ts-expect-error -- a typing mistake
  createHealthMonitor(client, { defaults: { maxLatency: 100 } });
  // @ts-expect-error -- an action that there is not
  createHealthMonitor(client, { defaults: { maxLatencyMs: 100, actions: { critical: ['kill'] } } });
  // @ts-expect-error -- a level that there is not
  createHealthMonitor(client, { defaults: { maxLatencyMs: 100, actions: { awful: ['notify'] } } });
  // @ts-expect-error -- text is no number
  createHealthMonitor(client, { defaults: { maxErrorRate: '5%' } });
});

test('the connection has seven states, health three levels', () => {
  expectTypeOf(() => useSwitchbackStatus().status).returns.toEqualTypeOf<ConnectionQuality>();
  expectTypeOf<ConnectionQuality>().toEqualTypeOf<
    'connecting' | 'live' | 'degraded' | 'polling' | 'offline' | 'static' | 'closed'
  >();
  expectTypeOf<HealthLevel>().toEqualTypeOf<'healthy' | 'degraded' | 'critical'>();
});
