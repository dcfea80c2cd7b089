import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultHealthPolicy } from '../../src/guard/healthLevel.js';
import { createHealthWindow } from '../../src/guard/healthWindow.js';
import type { Observation } from '../../src/observe/observe.js';

const about = {
  feature: 'panel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
  atMs: 0,
} as const;
const settled: Observation = { ...about, kind: 'settled' };
const failed: Observation = { ...about, kind: 'failure', failure: { phase: 'render', name: 'Error', message: 'x' } };
const took = (valueMs: number, name: 'commitMs' | 'fetchMs' = 'commitMs'): Observation => ({
  ...about,
  kind: 'timing',
  name,
  valueMs,
});
const heap = (value: number): Observation => ({ ...about, kind: 'sum', name: 'heapMb', value });
const open = (latency = 'commitMs') => createHealthWindow(defaultHealthPolicy, latency);

test('tells rates, latencies and heap of what is not older than a window', () => {
  const window = open();
  for (let at = 0; at < 97; at++) window.add(settled, at * 100);
  for (let at = 0; at < 3; at++) window.add(failed, 10_000);
  for (let at = 1; at <= 100; at++) window.add(took(at), 10_000);
  window.add(heap(50), 10_000);
  window.add(heap(70), 10_001);
  const { maxErrorRate, maxLatencyMs, maxMemoryMB } = window.readings('v2', 20_000);
  expect(maxErrorRate).toEqual({ value: 0.03, samples: 100 });
  expect(maxLatencyMs.samples).toBe(100);
  expect(Math.abs(maxLatencyMs.value / 95 - 1)).toBeLessThan(0.045);
  expect(maxMemoryMB).toEqual({ value: 60, samples: 2 });
  expect(window.readings('v1', 20_000).maxErrorRate.samples).toBe(0);
  expect(window.readings('v2', 61_000).maxErrorRate).toEqual({ value: 1, samples: 3 });
  expect(window.isEmpty(61_000)).toBe(false);
  expect(window.isEmpty(71_000)).toBe(true);
});

test('an observation counts for at least five sixths of a window and at most for one', () => {
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.nat(120_000), (atMs, waitMs) => {
      const window = open();
      window.add(settled, atMs);
      const { samples } = window.readings('v2', atMs + waitMs).maxErrorRate;
      if (waitMs <= 50_000) expect(samples).toBe(1);
      if (waitMs >= 60_000) expect(samples).toBe(0);
    }),
  );
});

test('v1 and v2 are told apart, and one is forgotten without the other', () => {
  const window = open();
  window.add(settled, 0);
  window.add({ ...settled, version: 'v1' }, 0);
  window.clear('v2');
  expect(window.readings('v2', 0).maxErrorRate.samples).toBe(0);
  expect(window.readings('v1', 0).maxErrorRate.samples).toBe(1);
});

test('the latency is the timing or measure that was asked for', () => {
  const window = open('searchMs');
  const measured: Observation = {
    ...about,
    kind: 'measure',
    name: 'searchMs',
    measure: 'histogram',
    unit: 'ms',
    value: 7,
  };
  expect(window.add(took(5), 0)).toBe(false);
  expect(window.add(measured, 0)).toBe(true);
  expect(window.add({ ...measured, unit: 'By' }, 0)).toBe(false);
  expect(window.readings('v2', 0).maxLatencyMs).toEqual({ value: 7, samples: 1 });
});

test('counts what happened many times at once', () => {
  const window = open();
  window.add({ ...settled, times: 40 }, 0);
  window.add({ ...failed, times: 10 }, 0);
  expect(window.readings('v2', 0).maxErrorRate).toEqual({ value: 0.2, samples: 50 });
});

test('leaves out what is not v2’s doing', () => {
  const window = open();
  const shared = { phase: 'render', name: 'Error', message: 'x', v1AlsoFailed: true } as const;
  const translated = { phase: 'render', name: 'NotFoundError', message: 'x', class: 'dom-mutation' } as const;
  expect(window.add({ ...about, kind: 'failure', failure: shared }, 0)).toBe(false);
  expect(window.add({ ...about, kind: 'failure', failure: translated }, 0)).toBe(false);
  expect(window.add({ ...about, kind: 'exposure' }, 0)).toBe(false);
  expect(window.isEmpty(0)).toBe(true);
});

test('forged values neither count nor throw', () => {
  const window = open();
  for (const bad of [NaN, Infinity, -Infinity, -1, '1' as unknown as number, null as unknown as number]) {
    window.add(took(bad), 0);
    window.add(heap(bad), 0);
    window.add({ ...settled, times: bad }, 0);
  }
  window.add({ ...settled, version: '__proto__' as 'v2' }, 0);
  window.add({ ...settled, kind: 'constructor' as 'settled' }, 0);
  window.add(took(1e300), 0);
  const { maxErrorRate, maxLatencyMs, maxMemoryMB } = window.readings('v2', 0);
  for (const { value } of [maxErrorRate, maxLatencyMs, maxMemoryMB]) expect(Number.isFinite(value)).toBe(true);
  expect(maxLatencyMs.value).toBeLessThanOrEqual(1e15);
  expect(({} as Record<string, unknown>)['settled']).toBeUndefined();
});

test('a clock that goes back neither throws nor loses what is there', () => {
  const window = open();
  window.add(settled, 100_000);
  window.add(settled, 10_000);
  expect(window.readings('v2', 100_000).maxErrorRate.samples).toBe(2);
});

test('does not grow with observations: those of a window are numbers, however many and of any size', () => {
  const window = open();
  for (let at = 0; at < 200_000; at++) window.add(took(1.001 ** (at % 20_000) * 0.001), at);
  const { samples, value } = window.readings('v2', 199_999).maxLatencyMs;
  expect(samples).toBeLessThanOrEqual(60_000);
  expect(samples).toBeGreaterThanOrEqual(50_000);
  expect(value).toBeGreaterThan(0);
});

test('reading in between changes nothing', () => {
  const latencies = fc.array(fc.tuple(fc.double({ min: 0.01, max: 1e4, noNaN: true }), fc.nat(15_000)), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(latencies, (given) => {
      const [read, unread] = [open(), open()];
      let nowMs = 0;
      for (const [valueMs, passedMs] of given) {
        nowMs += passedMs;
        for (const window of [read, unread]) window.add(took(valueMs), nowMs);
        read.readings('v2', nowMs);
      }
      expect(read.readings('v2', nowMs)).toEqual(unread.readings('v2', nowMs));
      read.clear('v2');
      expect(read.readings('v2', nowMs).maxLatencyMs.samples).toBe(0);
    }),
  );
});
