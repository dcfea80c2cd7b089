import { afterEach, expect, test, vi } from 'vitest';
import { createHttpReporter } from '../../../src/client/reporter/httpReporter.js';
import { createTallyQueue } from '../../../src/client/reporter/tallyQueue.js';
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
      return [{ createHttpReporter }, { createTallyQueue }] as const;
    },
    ...options,
  });
  const observe = () => {
    const labels = { feature: 'panel', version: 'v2', arm: 'v2', reason: 'SPLIT', epoch: 1, revision: 1, stage: null };
    sink.observe({ kind: 'exposure', ...labels, atMs: clock.now() } as Observation, subjectOf(1));
  };
  const exposures = () =>
    batches.flatMap(({ buckets }) => buckets).reduce((sum, { counts }) => sum + (counts.exposures ?? 0), 0);
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

/** What a failure says stays on the page. */
const failure = { phase: 'render', name: 'Error', message: 'secret' };

function createGoneCase(options: Partial<HttpSinkOptions> = {}) {
  const of = createCase(options);
  of.chunk.isBlocked = true;
  const fail = (more: object = {}, user = 1) => {
    const labels = { feature: 'panel', version: 'v2', arm: 'v2', reason: 'SPLIT', epoch: 1, revision: 1, stage: null };
    const observation = { kind: 'failure', failure, ...labels, atMs: of.clock.now(), ...more };
    of.sink.observe(observation as Observation, subjectOf(user));
  };
  const failed = () =>
    of.batches.flatMap(({ buckets }) => buckets).reduce((sum, { counts }) => sum + (counts.failed['render'] ?? 0), 0);
  return { ...of, fail, failed };
}

test('failures leave without the code that is gone, as the smallest batch the service takes', async () => {
  const { clock, fail, observe, batches } = createGoneCase();
  observe();
  fail({ sampling: 0.1 });
  fail({ feature: 'constructor', times: 3 }, 2);
  await clock.advance(5_000);
  expect(batches).toEqual([
    {
      schema: 1,
      senderId: expect.stringMatching(/^[0-9a-f]{32}$/),
      seq: 1,
      dropped: { queueFull: 0 },
      subjects: { panel: subjectOf(1), constructor: subjectOf(2) },
      buckets: [
        expect.objectContaining({ feature: 'panel', arm: 'v2', units: { exposed: 1, error: 1 }, sampling: 1 }),
        expect.objectContaining({ feature: 'constructor', counts: { failed: { render: 3 } } }),
      ],
    },
  ]);
  expect(JSON.stringify(batches)).not.toContain('secret');
});

test('an endless loop of failures without the code is a request in 5 s, and what did not fit is counted', async () => {
  const { clock, fail, failed, batches } = createGoneCase();
  for (let step = 0; step < 100; step++) {
    for (let count = 0; count < 1_000; count++) fail();
    await clock.advance(100);
  }
  await clock.advance(10_000);
  expect(batches.length).toBeLessThanOrEqual(4);
  const dropped = batches.reduce((sum, batch) => sum + batch.dropped.queueFull, 0);
  expect(failed() + dropped).toBe(100_000);
  expect(Math.max(...batches.map((batch) => JSON.stringify(batch).length))).toBeLessThan(60 * 1_024);
});

test('a failure that could not leave is counted in the next batch', async () => {
  let isAway = true;
  const texts: string[] = [];
  const { clock, fail } = createGoneCase({
    fetch: async (_url, init) => {
      if (isAway) throw new TypeError('away');
      texts.push(String(init?.body));
      return new Response('{}');
    },
  });
  fail();
  await clock.advance(5_000);
  fail();
  await clock.advance(5_000);
  isAway = false;
  fail();
  await clock.advance(5_000);
  expect(texts.map((text) => JSON.parse(text))).toMatchObject([{ seq: 3, dropped: { queueFull: 2 } }]);
});

test('failures leave when the sink is closed, and nothing is left behind', async () => {
  const { sink, clock, fail, failed } = createGoneCase();
  fail();
  await clock.advance(0);
  sink.close?.();
  await clock.advance(0);
  expect([failed(), clock.waiting()]).toEqual([1, 0]);
});

test('code that comes after all goes on with the next number and sends no failure again', async () => {
  const { clock, chunk, fail, failed, observe, batches, exposures } = createGoneCase();
  fail();
  observe();
  await clock.advance(10_000);
  chunk.isBlocked = false;
  await clock.advance(20_000);
  expect([failed(), exposures(), batches.map(({ seq }) => seq)]).toEqual([1, 1, [1, 2]]);
});
