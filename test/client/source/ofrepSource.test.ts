import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ofrepSource } from '../../../src/client/source/ofrepSource.js';
import { evaluate } from '../../../src/evaluate/evaluate.js';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import { createOfrepCase, ofrepStream } from './foreignHarness.js';
import { describeSource } from './sourceContract.js';

describeSource('ofrep', () => {
  const { source, clock, held } = createOfrepCase();
  return { source, settle: () => clock.advance(100), held };
});

test.each([
  [{ url: '' }, /url must be/],
  [{ pollMs: 10 }, /pollMs must be 1000 to 3600000, found 10/],
  [{ headers: 'Bearer x' }, /headers must be an object or a function/],
  [{ flagKeys: [] }, /flagKeys must be an object/],
  [{ flagKeys: { 'no feature': 'x' } }, /flagKeys must be named by features/],
  [{ flagKeys: { memoryPanel: 7 } }, /flagKeys.memoryPanel must be the name of a flag, found 7/],
])('refuses %j', (options, message) => {
  expect(() => ofrepSource({ url: 'https://engine.example', ...(options as object) })).toThrow(message);
});

test('asks for all flags of the context, at once', async () => {
  const { requests, start, heard, clock } = createOfrepCase({ headers: { 'x-api-key': 'k' } });
  const stop = start({ targetingKey: 'user-1', region: 'eu' });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ url: 'https://engine.example/ofrep/v1/evaluate/flags', method: 'POST' });
  expect(JSON.parse(requests[0]!.body)).toEqual({ context: { targetingKey: 'user-1', region: 'eu' } });
  expect(requests[0]!.headers.get('x-api-key')).toBe('k');
  await clock.advance(0);
  expect(heard.snapshots).toEqual([
    expect.objectContaining({
      kind: 'assignments',
      features: {
        memoryPanel: { version: 'v2', reason: 'TARGETING_MATCH' },
        sessionsList: { version: 'v1', reason: 'STATIC' },
      },
    }),
  ]);
  stop();
});

test('asks its headers anew each time', async () => {
  let token = 'first';
  const { requests, start, clock } = createOfrepCase({ headers: () => ({ authorization: `Bearer ${token}` }) });
  const stop = start();
  await clock.advance(1_000);
  token = 'second';
  await clock.advance(20_000);
  expect(requests.at(-1)!.headers.get('authorization')).toBe('Bearer second');
  stop();
});

test.each([
  [{ value: true }, 'v2'],
  [{ value: false, variant: 'v2' }, 'v1'],
  [{ value: 'v2' }, 'v2'],
  [{ value: 'v1' }, 'v1'],
  [{ value: 'on' }, 'v2'],
  [{ value: 'off' }, 'v1'],
  [{ value: 'blue' }, 'v1'],
  [{ value: 1 }, 'v1'],
  [{ value: null }, 'v1'],
  [{ variant: 'v2' }, 'v1'],
  [{ value: { pageSize: 50 }, variant: 'v2' }, 'v2'],
  [{ value: { pageSize: 50 }, variant: 'blue' }, 'v1'],
  [{ value: true, errorCode: 'GENERAL' }, 'v1'],
  [{ errorCode: 'FLAG_NOT_FOUND' }, 'v1'],
])('takes %j as %s', async (flag, version) => {
  const { engine, start, clock, versions } = createOfrepCase();
  engine.current = { flags: [{ key: 'memoryPanel', ...flag }] };
  const stop = start();
  await clock.advance(0);
  expect(versions()).toEqual({ memoryPanel: version });
  stop();
});

test('takes settings from a value that is an object, and from the metadata of our service', async () => {
  const { engine, start, clock, heard } = createOfrepCase();
  engine.current = {
    flags: [
      { key: 'one', value: { pageSize: 50 }, variant: 'on' },
      { key: 'two', value: true, metadata: { config: '{"pageSize":20}' } },
      { key: 'three', value: true, metadata: { config: '{' } },
    ],
  };
  const stop = start();
  await clock.advance(0);
  expect(heard.snapshots[0]).toMatchObject({
    features: { one: { config: { pageSize: 50 } }, two: { config: { pageSize: 20 } } },
  });
  stop();
});

test('takes what is disabled, or killed by our service, as v1 that nothing local outranks', async () => {
  const { engine, start, clock, heard } = createOfrepCase();
  engine.current = {
    flags: [
      { key: 'disabled', value: false, reason: 'DISABLED' },
      { key: 'windowClosed', value: false, reason: 'DISABLED', metadata: { reason: 'DISABLED' } },
      { key: 'rolledBack', value: false, reason: 'DISABLED', metadata: { reason: 'ROLLED_BACK', kill: true } },
      { key: 'denied', value: false, metadata: { reason: 'DENIED', kill: true } },
      { key: 'oddButOn', value: true, reason: 'DISABLED' },
    ],
  };
  const stop = start();
  await clock.advance(0);
  const parsed = parseSnapshot(heard.snapshots[0]);
  if (parsed.status !== 'valid') throw new Error('the snapshot cannot be read');
  const decided = (key: string) => {
    const { version, reason, kill } = evaluate(parsed.snapshot, key, {}, { nowMs: 0 });
    return `${version} ${reason} ${kill}`;
  };
  expect(decided('disabled')).toBe('v1 DISABLED true');
  expect(decided('windowClosed')).toBe('v1 DISABLED false');
  expect(decided('rolledBack')).toBe('v1 ROLLED_BACK true');
  expect(decided('denied')).toBe('v1 DENIED true');
  expect(decided('oddButOn')).toContain('v2');
  stop();
});

test('reads the flags it is told of, under the names of our features', async () => {
  const { engine, start, clock, versions } = createOfrepCase({
    flagKeys: { memoryPanel: 'web/memory panel', sessionsList: 'web/memory panel' },
  });
  engine.current = {
    flags: [
      { key: 'web/memory panel', value: true },
      { key: 'other', value: true },
    ],
  };
  const stop = start();
  await clock.advance(0);
  expect(versions()).toEqual({ memoryPanel: 'v2', sessionsList: 'v2' });
  stop();
});

test('leaves out what cannot be one of our features, and more than a snapshot holds', async () => {
  const { engine, start, clock, heard, versions } = createOfrepCase();
  const many = Array.from({ length: 3_000 }, (_, at) => ({ key: `flag${at}`, value: true }));
  engine.current = {
    flags: [
      null,
      7,
      {},
      { key: '__proto__', value: true },
      { key: 'a/b', value: true },
      { key: 'constructor', value: true },
      ...many,
    ],
  };
  const stop = start();
  await clock.advance(0);
  expect(parseSnapshot(heard.snapshots[0])).toMatchObject({ status: 'valid', problems: [] });
  expect(Object.keys(versions())).toHaveLength(1_000);
  expect(Object.hasOwn(versions(), 'constructor')).toBe(true);
  stop();
});

test('refetches soon after an event, with what the event said', async () => {
  const { engine, events, requests, start, clock, versions, heard } = createOfrepCase();
  const stop = start();
  await clock.advance(500);
  expect(events.stream().url).toBe('https://engine.example/ofrep/v1/events');
  events.stream().send('open', '');
  expect(heard.statuses).toEqual(['connecting', 'polling', 'live']);
  await clock.advance(500);
  engine.current = { flags: [{ key: 'memoryPanel', value: false }], eventStreams: [ofrepStream] };
  const before = requests.length;
  for (let at = 0; at < 5; at++)
    events.stream().send('message', { type: 'refetchEvaluation', etag: '"a b"', lastModified: 17 });
  await clock.advance(500);
  expect(versions()).toEqual({ memoryPanel: 'v1' });
  expect(requests.slice(before).map(({ url }) => new URL(url).search)).toEqual([
    '?flagConfigEtag=%22a+b%22&flagConfigLastModified=17',
  ]);
  expect(events.streams).toHaveLength(1);
  stop();
});

test.each([['{'], [{ type: 'other' }], [7], ['null'], [{}]])('lets an event %j be', async (data) => {
  const { events, requests, start, clock, heard } = createOfrepCase();
  const stop = start();
  await clock.advance(1_000);
  events.stream().send('message', data);
  await clock.advance(1_000);
  expect(requests).toHaveLength(1);
  expect(heard.faults).toEqual([]);
  stop();
});

test('an event during a request leads to another one', async () => {
  const { engine, events, requests, start, clock, versions } = createOfrepCase();
  const stop = start();
  await clock.advance(500);
  let release = (_: Response): void => {};
  engine.answer = () => new Promise((resolve) => (release = resolve));
  events.stream().send('message', { type: 'refetchEvaluation' });
  await clock.advance(500);
  expect(requests).toHaveLength(2);
  events.stream().send('message', { type: 'refetchEvaluation', etag: 'newest' });
  engine.answer = () => undefined;
  engine.current = { flags: [{ key: 'memoryPanel', value: false }] };
  release(Response.json({ flags: [{ key: 'memoryPanel', value: true }] }));
  await clock.advance(500);
  expect(requests[2]!.url).toContain('flagConfigEtag=newest');
  expect(versions()).toEqual({ memoryPanel: 'v1' });
  stop();
});

test('polls although the stream is open, since a dead one is as silent', async () => {
  const { engine, events, requests, start, clock, versions, heard } = createOfrepCase();
  const stop = start();
  await clock.advance(500);
  events.stream().send('open', '');
  await clock.advance(1_000);
  const before = requests.length;
  const contacts = heard.contacts.length;
  await clock.advance(20_000);
  expect(requests.length).toBeGreaterThan(before);
  expect(requests.at(-1)!.headers.get('if-none-match')).toMatch(/^"/);
  expect(heard.contacts.length).toBeGreaterThan(contacts);
  // Unchanged: nothing new was told.
  expect(heard.snapshots).toHaveLength(1);
  engine.current = { flags: [{ key: 'memoryPanel', value: false }] };
  await clock.advance(18_000);
  expect(versions()).toEqual({ memoryPanel: 'v1' });
  stop();
});

test('comes back to a stream that broke, later each time, and asks again when it is open', async () => {
  const { events, requests, start, clock, heard } = createOfrepCase({ pollMs: 3_600_000 });
  const stop = start();
  await clock.advance(0);
  const gaps: number[] = [];
  for (let at = 0; at < 6; at++) {
    const streams = events.streams.length;
    events.stream().fail();
    const startedAtMs = clock.now();
    while (events.streams.length === streams) await clock.advance(100);
    gaps.push(clock.now() - startedAtMs);
  }
  expect(gaps).toEqual([500, 1_500, 4_500, 13_500, 15_000, 15_000]);
  expect(heard.statuses.at(-1)).toBe('polling');
  const before = requests.length;
  events.stream().send('open', '');
  await clock.advance(500);
  expect(requests.length).toBe(before + 1);
  expect(requests.at(-1)!.url).not.toContain('?');
  expect(heard.statuses.at(-1)).toBe('degraded');
  await clock.advance(60_000);
  expect(heard.statuses.at(-1)).toBe('live');
  stop();
});

test('shows no URL of a stream in its faults: it may hold a token', async () => {
  const { engine, events, start, clock, heard } = createOfrepCase();
  engine.current = { flags: [], eventStreams: [{ type: 'sse', url: 'https://push.example/?token=secret' }] };
  const stop = start();
  await clock.advance(0);
  expect(events.stream().url).toContain('secret');
  events.stream().fail();
  expect(heard.faults).toHaveLength(1);
  expect(String(heard.faults[0]!.error)).not.toContain('secret');
  stop();
});

test.each([
  [{ type: 'sse', url: 'https://push.example/x' }, ['https://push.example/x']],
  [{ type: 'sse', endpoint: { origin: 'https://push.example', requestUri: '/y?z' } }, ['https://push.example/y?z']],
  [{ type: 'sse', endpoint: { requestUri: '/y' } }, ['https://engine.example/y']],
  [{ type: 'sse', url: 'javascript:alert(1)' }, []],
  [{ type: 'sse', endpoint: { origin: 'nonsense', requestUri: '/y' } }, []],
  [{ type: 'websocket', url: 'https://push.example/x' }, []],
  [{ type: 'sse' }, []],
  [null, []],
])('of the stream %j opens %j', async (stream, urls) => {
  const { engine, events, start, clock } = createOfrepCase();
  engine.current = { flags: [], eventStreams: [stream] };
  const stop = start();
  await clock.advance(0);
  expect(events.streams.map(({ url }) => url)).toEqual(urls);
  stop();
});

test('follows the engine to other streams, four at most', async () => {
  const { engine, events, start, clock } = createOfrepCase();
  const stop = start();
  await clock.advance(0);
  engine.current = {
    flags: [],
    eventStreams: Array.from({ length: 9 }, (_, at) => ({ type: 'sse', url: `https://push.example/${at}` })),
  };
  await clock.advance(20_000);
  expect(events.streams[0]!.isClosed).toBe(true);
  expect(events.streams.filter(({ isClosed }) => !isClosed)).toHaveLength(4);
  stop();
});

test('closes its stream on a page that stays hidden, and asks for everything when it is back', async () => {
  const { events, requests, start, clock, hide, wake } = createOfrepCase({ pollMs: 3_600_000 });
  const stop = start();
  await clock.advance(0);
  hide();
  await clock.advance(119_000);
  expect(events.stream().isClosed).toBe(false);
  await clock.advance(2_000);
  expect(events.stream().isClosed).toBe(true);
  wake();
  await clock.advance(0);
  expect(events.streams).toHaveLength(2);
  expect(requests.at(-1)!.headers.get('if-none-match')).toBeNull();
  stop();
});

test('keeps its stream on a page that is back in time', async () => {
  const { events, start, clock, hide, wake } = createOfrepCase();
  const stop = start();
  await clock.advance(0);
  hide();
  await clock.advance(60_000);
  wake();
  await clock.advance(120_000);
  expect(events.streams).toHaveLength(1);
  expect(events.stream().isClosed).toBe(false);
  stop();
});

test('only polls where there is no EventSource, or it is not wanted', async () => {
  const { events, start, clock, heard } = createOfrepCase({ EventSource: null });
  const stop = start();
  await clock.advance(1_000);
  expect(events.streams).toEqual([]);
  expect(heard.statuses).toEqual(['connecting', 'polling']);
  stop();
});

test.each([
  ['an error', () => new Response('', { status: 500 })],
  ['no JSON', () => new Response('<html>')],
  ['other JSON', () => Response.json({ flags: 'none' })],
  ['null', () => Response.json(null)],
  ['an answer too large', () => new Response(`"${'x'.repeat(2 ** 21)}"`)],
  ['304 for nothing', () => new Response(null, { status: 304 })],
  ['a reset', () => Promise.reject(new TypeError('reset'))],
  ['a hang', () => new Promise<Response>(() => {})],
])('recovers by itself from a cold start with %s', async (_, answer) => {
  const { engine, start, clock, heard, versions } = createOfrepCase();
  engine.answer = answer;
  const stop = start();
  await clock.advance(30_000);
  expect(heard.statuses).toEqual(['connecting', 'offline']);
  expect(heard.snapshots).toEqual([]);
  expect(heard.faults.length).toBeGreaterThan(2);
  engine.answer = () => undefined;
  await clock.advance(16_000);
  expect(versions()).toMatchObject({ memoryPanel: 'v2' });
  expect(heard.statuses.slice(2)).toEqual(['polling']);
  stop();
});

test('keeps what it has through an outage', async () => {
  const { engine, start, clock, heard } = createOfrepCase();
  const stop = start();
  await clock.advance(0);
  engine.answer = () => Response.json({ nonsense: true });
  await clock.advance(120_000);
  expect(heard.snapshots).toHaveLength(1);
  expect(heard.statuses.at(-1)).toBe('offline');
  stop();
});

test('asks soon after a failure and then less often', async () => {
  const { engine, requests, start, clock } = createOfrepCase();
  engine.answer = () => new Response('', { status: 503 });
  const stop = start();
  const counts: number[] = [];
  for (let at = 0; at < 4; at++) {
    await clock.advance(15_000);
    counts.push(requests.length);
  }
  expect(counts[0]).toBeGreaterThanOrEqual(4);
  expect(counts[3]! - counts[2]!).toBeLessThanOrEqual(2);
  stop();
});

test.each([401, 403, 404, 400])('asks seldom after %i, and still comes back', async (status) => {
  const { engine, requests, start, clock, heard } = createOfrepCase();
  engine.answer = () => new Response('', { status });
  const stop = start();
  await clock.advance(59_000);
  expect(requests).toHaveLength(1);
  engine.answer = () => undefined;
  await clock.advance(2_000);
  expect(heard.snapshots).toHaveLength(1);
  stop();
});

test.each([
  ['seconds', () => '40'],
  ['a date', (nowMs: number) => new Date(nowMs + 40_000).toUTCString()],
])('leaves an engine alone for as long as its Retry-After says, in %s', async (_, retryAfter) => {
  const { engine, requests, start, clock, wake } = createOfrepCase();
  engine.answer = () => new Response('', { status: 429, headers: { 'retry-after': retryAfter(clock.now()) } });
  const stop = start();
  await clock.advance(1_000);
  engine.answer = () => undefined;
  wake();
  await clock.advance(36_000);
  expect(requests).toHaveLength(1);
  await clock.advance(10_000);
  expect(requests.length).toBeGreaterThanOrEqual(2);
  stop();
});

test('gives every change a higher order, across starts and a clock that was set back', async () => {
  const { engine, start, clock, heard } = createOfrepCase();
  const orders: { epoch: number; revision: number }[] = [];
  for (let at = 0; at < 6; at++) {
    engine.current = { flags: [{ key: 'memoryPanel', value: at % 2 === 0 }] };
    if (at === 3) clock.jump(-86_400_000);
    const stop = start();
    await clock.advance(0);
    orders.push(heard.snapshots.at(-1) as { epoch: number; revision: number });
    stop();
  }
  expect(heard.snapshots).toHaveLength(6);
  for (const [at, { epoch, revision }] of orders.entries()) {
    const before = orders[at - 1] ?? { epoch: 0, revision: 0 };
    expect(epoch > before.epoch || (epoch === before.epoch && revision > before.revision)).toBe(true);
  }
});

test('does not go back to the answer of a replica that lags, unless it stays', async () => {
  const { engine, start, clock, versions } = createOfrepCase();
  const answerOf = (revision: number, value: boolean) => ({
    flags: [{ key: 'memoryPanel', value }],
    metadata: { epoch: 7, revision },
  });
  engine.current = answerOf(5, false);
  const stop = start();
  await clock.advance(0);
  engine.current = answerOf(4, true);
  await clock.advance(20_000);
  expect(versions()).toEqual({ memoryPanel: 'v1' });
  await clock.advance(40_000);
  expect(versions()).toEqual({ memoryPanel: 'v2' });
  stop();
});

test('never throws, whatever an engine answers', async () => {
  const flag = fc.record(
    {
      key: fc.oneof(fc.constantFrom('memoryPanel', '__proto__', 'constructor'), fc.jsonValue()),
      value: fc.jsonValue(),
      variant: fc.jsonValue(),
      reason: fc.jsonValue(),
      errorCode: fc.jsonValue(),
      metadata: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const answer = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        flags: fc.oneof(fc.array(fc.oneof(flag, fc.jsonValue())), fc.jsonValue()),
        metadata: fc.jsonValue(),
        eventStreams: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
  );
  await fc.assert(
    fc.asyncProperty(answer, async (value) => {
      const { engine, start, clock, heard, held } = createOfrepCase();
      engine.current = value;
      const stop = start();
      await clock.advance(0);
      for (const snapshot of heard.snapshots) expect(parseSnapshot(snapshot)).toMatchObject({ problems: [] });
      expect(heard.snapshots.length + heard.faults.length).toBe(1);
      stop();
      expect(held()).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test('a context that is no JSON, and headers that throw, are faults', async () => {
  const cyclic: Record<string, unknown> = { targetingKey: 'a' };
  cyclic['self'] = cyclic;
  for (const [options, context] of [
    [{}, cyclic],
    [
      {
        headers: () => {
          throw new Error('no token yet');
        },
      },
      { targetingKey: 'a' },
    ],
  ] as const) {
    const { start, clock, heard } = createOfrepCase(options);
    const stop = start(context);
    await clock.advance(0);
    expect(heard.faults).toHaveLength(1);
    expect(heard.statuses.at(-1)).toBe('offline');
    stop();
  }
});
