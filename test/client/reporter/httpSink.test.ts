import { afterEach, expect, test, vi } from 'vitest';
import { createHttpReporter } from '../../../src/client/reporter/httpReporter.js';
import { httpSink, type HttpSinkOptions } from '../../../src/client/reporter/httpSink.js';
import type { Observation } from '../../../src/observe/observe.js';
import { createFakeClock } from '../../harness/fakeClock.js';
import { subjectOf, type SentBatch } from './sinkHarness.js';

afterEach(() => void vi.unstubAllGlobals());

/** A sink whose chunk arrives, or does not, as the test says. */
function createCase(options: Partial<HttpSinkOptions> = {}) {
  const clock = createFakeClock();
  const batches: SentBatch[] = [];
  const faults: unknown[] = [];
  const chunk = { loads: 0, isBlocked: false };
  const sink = httpSink({
    url: '/api/',
    fetch: async (_url, init) => {
      batches.push(JSON.parse(String(init?.body)));
      return new Response('{}');
    },
    sendBeacon: null,
    clock,
    onHide: () => () => {},
    onInternalFault: (_operation, error) => void faults.push(error),
    load: async () => {
      chunk.loads++;
      if (chunk.isBlocked) throw new TypeError('404');
      return { createHttpReporter };
    },
    ...options,
  });
  const observe = () => {
    const labels = { feature: 'panel', version: 'v2', arm: 'v2', reason: 'SPLIT', epoch: 1, revision: 1, stage: null };
    sink.observe({ kind: 'exposure', ...labels, atMs: clock.now() } as Observation, subjectOf(1));
  };
  const exposures = () =>
    batches.flatMap(({ buckets }) => buckets).reduce((sum, { counts }) => sum + counts.exposures, 0);
  return { sink, clock, batches, faults, chunk, observe, exposures };
}

test.each([[''], [undefined]])('refuses the url %j', (url) => {
  expect(() => httpSink({ url: url as string })).toThrow(/url must be/);
});

test('fetches its code with the first observation, once, and sends what waited', async () => {
  const { clock, chunk, observe, exposures } = createCase();
  expect(chunk.loads).toBe(0);
  observe();
  observe();
  await clock.advance(5_000);
  expect([chunk.loads, exposures()]).toEqual([1, 2]);
});

test('by default its code is a module of this package', async () => {
  const { clock, observe, exposures } = createCase({ load: undefined });
  observe();
  await vi.waitFor(async () => {
    await clock.advance(5_000);
    expect(exposures()).toBe(1);
  });
});

test('a chunk that comes late gets what happened meanwhile', async () => {
  const { clock, chunk, observe, exposures, faults } = createCase();
  chunk.isBlocked = true;
  observe();
  await clock.advance(4_000);
  observe();
  chunk.isBlocked = false;
  await clock.advance(20_000);
  expect([exposures(), faults.length]).toEqual([2, 1]);
});

test('a chunk that never comes is tried four times and told of once', async () => {
  const { clock, chunk, observe, faults } = createCase();
  chunk.isBlocked = true;
  for (let second = 0; second < 120; second++) {
    observe();
    await clock.advance(1_000);
  }
  expect([chunk.loads, faults.length, clock.waiting()]).toEqual([4, 1, 0]);
});

test('keeps 500 observations for it and counts the others as dropped', async () => {
  const { clock, chunk, observe, batches, exposures } = createCase();
  chunk.isBlocked = true;
  for (let count = 0; count < 600; count++) observe();
  await clock.advance(0);
  chunk.isBlocked = false;
  await clock.advance(10_000);
  expect([exposures(), batches[0]?.dropped.queueFull]).toEqual([500, 100]);
});

test('sends at once when the page was hidden before its code was there', async () => {
  vi.stubGlobal('document', { visibilityState: 'hidden' });
  const { clock, observe, exposures } = createCase();
  observe();
  await clock.advance(0);
  expect(exposures()).toBe(1);
});

test('sends at once what was to be flushed before its code was there', async () => {
  const { sink, clock, observe, exposures } = createCase();
  observe();
  sink.flush?.();
  await clock.advance(0);
  expect(exposures()).toBe(1);
});

test('sends what waits for its code after close, and holds nothing then', async () => {
  const { sink, clock, observe, exposures } = createCase();
  observe();
  sink.close?.();
  await clock.advance(0);
  expect([exposures(), clock.waiting()]).toEqual([1, 0]);
});

test('ends trying when it is closed, and tries anew when it is used again', async () => {
  const { sink, clock, chunk, observe, exposures } = createCase();
  chunk.isBlocked = true;
  observe();
  await clock.advance(0);
  sink.close?.();
  expect(clock.waiting()).toBe(0);
  chunk.isBlocked = false;
  observe();
  await clock.advance(5_000);
  expect(exposures()).toBe(2);
});

test('survives a fault hook that throws', async () => {
  const { clock, chunk, observe, exposures } = createCase({
    onInternalFault: () => {
      throw new Error('hook');
    },
  });
  chunk.isBlocked = true;
  observe();
  await clock.advance(0);
  chunk.isBlocked = false;
  await clock.advance(10_000);
  expect(exposures()).toBe(1);
});
