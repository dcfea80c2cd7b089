import { crc32 as nodeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32 } from '../../../src/client/reporter/crc32.js';
import type { ConnectionQuality } from '../../../src/observe/connectionEvent.js';
import { createSinkCase, subjectOf } from './sinkHarness.js';

test('sums up as zip does', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(crc32(bytes)).toBe(nodeCrc32(bytes).toString(16).padStart(8, '0'));
    }),
  );
});

test('sends after 5 s, not before', async () => {
  const { observe, clock, batches } = createSinkCase();
  observe();
  await clock.advance(4_999);
  expect(batches()).toEqual([]);
  await clock.advance(1);
  expect(batches()).toHaveLength(1);
});

test('sends at 50 observations', () => {
  const { observe, batches, exposures } = createSinkCase();
  for (let count = 0; count < 49; count++) observe();
  expect(batches()).toEqual([]);
  observe();
  expect(exposures(batches())).toBe(50);
});

test('writes the batch of the contract', async () => {
  const { observe, clock, batches, texts, sink, inits } = createSinkCase({ build: 'a1b2' });
  observe();
  observe({ kind: 'timing', name: 'commitMs', valueMs: 12 });
  observe({ kind: 'failure', failure: { phase: 'render', name: 'Error', message: 'secret' } });
  sink.flush?.();
  const startMs = Math.floor(clock.now() / 10_000) * 10_000;
  const [batch] = batches();
  expect(batch).toMatchObject({
    schema: 1,
    seq: 1,
    sentAt: clock.now(),
    build: 'a1b2',
    final: false,
    dropped: { queueFull: 0, expired: 0, storage: 0 },
    subjects: { memoryPanel: subjectOf(1) },
    buckets: [
      {
        feature: 'memoryPanel',
        version: 'v2',
        arm: 'v2',
        reason: 'SPLIT',
        epoch: 7,
        revision: 1,
        stage: null,
        startMs,
        durationMs: 10_000,
        counts: { exposures: 1, failed: { render: 1 } },
        units: { exposed: 1, error: 1, slow: 0, silent: 0 },
        histograms: { commitMs: { n: 1 } },
        sums: {},
        sampling: 1,
      },
    ],
  });
  expect(batch?.senderId).toMatch(/^[0-9a-f]{32}$/);
  expect(batch?.checksum).toBe(nodeCrc32(JSON.stringify(batch?.buckets)).toString(16).padStart(8, '0'));
  expect(texts[0]).not.toContain('secret');
  expect(new Headers(inits[0]?.headers).get('content-type')).toBe('application/json');
});

test('tells with the next batch, once, how the connection changed, whatever is sampled', async () => {
  const { observe, clock, batches, sink } = createSinkCase();
  const change = (to: ConnectionQuality) =>
    sink.connection?.({ kind: 'connection', from: 'live', to, atMs: clock.now() });
  for (const to of ['offline', 'live', 'degraded', 'live'] as const) change(to);
  await clock.advance(20_000);
  expect(batches()).toEqual([]);
  observe({ sampling: 0 });
  await clock.advance(5_000);
  observe();
  await clock.advance(5_000);
  expect(batches()).toMatchObject([{ connections: { offline: 1, live: 2, degraded: 1 } }, {}]);
  expect(batches()[1]).not.toHaveProperty('connections');
});

test('counts a user once per feature and stage, and only in an arm', async () => {
  const { observe, clock, batches } = createSinkCase();
  observe({ arm: 'none' });
  observe();
  observe();
  await clock.advance(10_000);
  observe();
  observe({ stage: 'p2' });
  observe({ kind: 'failure', failure: { phase: 'load', name: '', message: '' }, feature: 'sessionsList' });
  observe({ kind: 'exposure', feature: 'sessionsList' });
  observe({ kind: 'failure', failure: { phase: 'load', name: '', message: '' }, feature: 'sessionsList' });
  await clock.advance(5_000);
  const units = batches()
    .flatMap(({ buckets }) => buckets)
    .map(({ feature, units: { exposed, error } }) => [feature, exposed, error]);
  expect(units).toEqual([
    ['memoryPanel', 1, 0],
    ['memoryPanel', 0, 0],
    ['memoryPanel', 1, 0],
    ['sessionsList', 1, 1],
    ['memoryPanel', 0, 0],
  ]);
});

test('numbers batches from 1 without holes', async () => {
  const { observe, clock, sink, batches } = createSinkCase();
  for (let count = 0; count < 3; count++) {
    sink.flush?.();
    observe();
    await clock.advance(5_000);
  }
  expect(batches().map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test('puts one subject per feature into a batch', async () => {
  const { observe, clock, batches } = createSinkCase();
  observe({}, 1);
  observe({}, 2);
  await clock.advance(6_000);
  expect(batches().map(({ subjects }) => subjects['memoryPanel'])).toEqual([subjectOf(1), subjectOf(2)]);
});

test.each([[408], [429], [500], [503]])('tries again after %d with the same text', async (status) => {
  const { observe, clock, service, texts, faults } = createSinkCase();
  let answers = 0;
  service.answer = () => new Response('', { status: ++answers < 3 ? status : 200 });
  observe();
  await clock.advance(60_000);
  expect(texts).toHaveLength(3);
  expect(new Set(texts).size).toBe(1);
  expect(faults).toHaveLength(1);
});

test('tries again after a network failure, and after silence', async () => {
  const { observe, clock, service, texts } = createSinkCase();
  const answers = [() => Promise.reject(new TypeError('network')), () => Promise.resolve(new Response(''))];
  service.answer = () => answers.shift()?.() ?? new Response('');
  observe();
  await clock.advance(60_000);
  expect(texts).toHaveLength(2);
});

test('does not try again what was refused, and counts it', async () => {
  const { observe, clock, service, batches, texts } = createSinkCase();
  service.answer = () => new Response('', { status: 422 });
  observe();
  observe();
  await clock.advance(60_000);
  expect(texts).toHaveLength(1);
  service.answer = () => new Response('');
  observe();
  await clock.advance(5_000);
  expect(batches()[1]?.dropped).toEqual({ queueFull: 0, expired: 2, storage: 0 });
});

test('gives up after 8 tries, and sends the batch after the next that arrives', async () => {
  const { observe, clock, service, batches, texts } = createSinkCase();
  service.answer = () => new Response('', { status: 503 });
  observe();
  await clock.advance(900_000);
  expect(texts).toHaveLength(8);
  service.answer = () => new Response('{"gaps":[[1,1]]}');
  observe();
  await clock.advance(6_000);
  const none = { queueFull: 0, expired: 0, storage: 0 };
  expect(
    batches()
      .slice(8)
      .map(({ seq, dropped }) => ({ seq, dropped })),
  ).toEqual([
    { seq: 2, dropped: none },
    { seq: 1, dropped: none },
  ]);
});

test('counts a batch as expired after 8 tries when the code that stores cannot be had', async () => {
  const loadStore = () => Promise.reject(new TypeError('404'));
  const { observe, clock, service, batches, faults } = createSinkCase({ loadStore });
  service.answer = () => new Response('', { status: 503 });
  observe();
  await clock.advance(900_000);
  service.answer = () => new Response('');
  observe();
  await clock.advance(5_000);
  expect(batches().at(-1)).toMatchObject({ seq: 2, dropped: { expired: 1 } });
  expect(faults.some(({ operation }) => operation === 'storage')).toBe(true);
});

test('leaves the service alone after 5 failures in a row, and takes one answer for the end of it', async () => {
  const { observe, clock, service, texts } = createSinkCase();
  service.answer = () => Promise.reject(new TypeError('network'));
  for (let second = 0; second < 60; second++) {
    observe();
    await clock.advance(1_000);
  }
  expect(texts).toHaveLength(5);
  await clock.advance(600_000);
  expect(texts.length).toBeLessThan(10);
  service.answer = () => new Response('');
  await clock.advance(300_000);
  const sent = texts.length;
  for (let second = 0; second < 10; second++) {
    observe();
    await clock.advance(1_000);
  }
  expect(texts).toHaveLength(sent + 2);
});

test('a 200 that is no JSON is no answer of the service', async () => {
  const { observe, clock, service, texts } = createSinkCase();
  const answers = [new Response('<html>Sign in to the network</html>'), new Response('{}')];
  service.answer = () => answers.shift() ?? new Response('{}');
  observe();
  await clock.advance(60_000);
  expect(texts).toHaveLength(2);
});

test('counts on the drops of a batch that was dropped itself', async () => {
  const { observe, clock, service, batches } = createSinkCase();
  service.answer = () => new Response('', { status: 422 });
  for (let count = 0; count < 3; count++) {
    observe();
    await clock.advance(5_000);
  }
  expect(batches().map(({ dropped }) => dropped.expired)).toEqual([0, 1, 2]);
});

test.each([
  ['7', 7_000],
  ['99999999', 3_600_000],
])('honours Retry-After %s', async (retryAfter, waitMs) => {
  const { observe, clock, service, texts, sink } = createSinkCase();
  service.answer = () => new Response('', { status: 429, headers: { 'retry-after': retryAfter } });
  observe();
  sink.flush?.();
  await clock.advance(waitMs - 1);
  expect(texts).toHaveLength(1);
  await clock.advance(1);
  expect(texts).toHaveLength(2);
});

test('loses nothing and doubles nothing when three in ten requests fail', async () => {
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 0x7fffffff) / 0x7fffffff;
  const { observe, clock, service, exposures } = createSinkCase({ random });
  const stored = new Map<string, string>();
  service.answer = (text) => {
    const { senderId, seq } = JSON.parse(text);
    const drawn = random();
    if (drawn < 0.15) throw new TypeError('lost on the way there');
    stored.set(`${senderId}-${seq}`, text);
    if (drawn < 0.3) throw new TypeError('lost on the way back');
    return new Response('');
  };
  for (let count = 0; count < 400; count++) {
    observe({}, 1);
    if (count % 10 === 0) await clock.advance(1_000);
  }
  await clock.advance(600_000);
  expect(exposures([...stored.values()].map((text) => JSON.parse(text)))).toBe(400);
});

test('stays small while the service is away, and counts every drop', async () => {
  const { observe, clock, service, batches, texts, exposures } = createSinkCase();
  service.answer = () => new Response('', { status: 503, headers: { 'retry-after': '3600' } });
  const total = 20_000;
  for (let count = 0; count < total; count++) {
    observe({ feature: `feature${count % 997}`, atMs: clock.now() + count * 4_320 });
  }
  await clock.advance(10_000);
  service.answer = () => new Response('');
  await clock.advance(3_600_000 * 2);
  observe();
  await clock.advance(5_000);
  const bytes = texts.map((text) => Buffer.byteLength(text));
  expect(Math.max(...bytes)).toBeLessThanOrEqual(60 * 1_024);
  const arrived = new Map(batches().map((batch) => [batch.seq, batch]));
  const dropped = [...arrived.values()].reduce(
    (sum, batch) => sum + batch.dropped.queueFull + batch.dropped.expired,
    0,
  );
  expect(exposures([...arrived.values()]) + dropped).toBe(total + 1);
  expect(dropped).toBeGreaterThan(0);
});

test('sends by beacon when the page is hidden', async () => {
  const { observe, clock, hide, beaconed, texts } = createSinkCase();
  observe();
  hide();
  hide();
  await clock.advance(60_000);
  expect(beaconed()).toMatchObject([{ seq: 1, final: true }]);
  expect(texts).toEqual([]);
});

test('sends what waits for another try by beacon, under its old number', async () => {
  const { observe, clock, hide, beaconed, service, texts } = createSinkCase();
  service.answer = () => new Response('', { status: 503 });
  observe();
  await clock.advance(5_000);
  observe();
  hide();
  await clock.advance(60_000);
  expect(beaconed().map(({ seq }) => seq)).toEqual([1, 2]);
  expect(texts).toHaveLength(1);
});

test.each([
  ['refuses', false],
  ['is missing', null],
])('sends by a request that outlives the page when the beacon %s', async (_, beacon) => {
  const { observe, clock, hide, inits, batches, service } = createSinkCase(beacon === null ? { sendBeacon: null } : {});
  service.takesBeacons = false;
  observe();
  hide();
  await clock.advance(0);
  expect(batches()).toHaveLength(1);
  expect(inits[0]?.keepalive).toBe(true);
});

test('tells of its own failures once a minute', async () => {
  const { observe, clock, service, faults } = createSinkCase();
  service.answer = () => new Response('', { status: 400 });
  for (let second = 0; second < 119; second++) {
    observe();
    await clock.advance(1_000);
  }
  expect(faults.length).toBeGreaterThan(0);
  expect(faults.length).toBeLessThanOrEqual(2);
  expect(faults[0]?.operation).toBe('report');
});

test('survives everything around it throwing', async () => {
  const fail = () => {
    throw new Error('fail');
  };
  const { observe, clock, hide, sink } = createSinkCase({ fetch: fail, sendBeacon: fail, onInternalFault: fail });
  observe();
  observe({ stage: { toString: fail } });
  hide();
  await clock.advance(600_000);
  sink.close?.();
  expect(clock.waiting()).toBe(0);
});

test('holds nothing before the first observation and after close', async () => {
  const { observe, clock, sink, hides, beaconed } = createSinkCase();
  expect(hides.size + clock.waiting()).toBe(0);
  observe();
  expect(hides.size).toBe(1);
  sink.close?.();
  sink.close?.();
  await clock.advance(0);
  expect(beaconed()).toHaveLength(1);
  expect(hides.size + clock.waiting()).toBe(0);
});

test('can be used again after close', async () => {
  const { observe, clock, sink, batches } = createSinkCase();
  sink.close?.();
  observe();
  await clock.advance(5_000);
  expect(batches()).toHaveLength(1);
});
