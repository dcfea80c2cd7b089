import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { bucketOf } from '../../../../src/evaluate/bucket.js';
import { evaluate } from '../../../../src/evaluate/evaluate.js';
import { parseSnapshot } from '../../../../src/evaluate/parseSnapshot.js';
import { createMemoryStore } from '../../../harness/memoryStore.js';
import { startRunning, type Running } from '../running.js';
import { readAnswer, violationsOf } from './protocol.js';

const all = '/ofrep/v1/evaluate/flags';
const seed = {
  memoryPanel: { enabled: true, percentage: 100, config: { pageSize: 20, nested: { deep: [1] } } },
  sessionsList: { enabled: true, percentage: 50 },
  offSwitch: { enabled: false, percentage: 100 },
  onlyEurope: { enabled: true, percentage: 100, regions: ['eu'] },
  constructor: { enabled: true, percentage: 100 },
};
const user = { targetingKey: 'user-1' };

/** As any OFREP client does: without a token. */
const ask = ({ send }: Running, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  send('POST', path, body, { token: null, headers });

async function flagsOf(response: Response) {
  const { flags } = await readAnswer('bulk', response);
  return new Map((flags as { key: string; value: boolean }[]).map((flag) => [flag.key, flag]));
}

test('evaluates one flag, with our reason, bucket, revision and config as metadata', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const response = await ask(running, `${all}/memoryPanel`, { context: user });
  expect(response.status).toBe(200);
  const { metadata, ...flag } = await readAnswer('single', response);
  expect(flag).toEqual({ key: 'memoryPanel', value: true, variant: 'v2', reason: 'SPLIT' });
  expect(metadata).toEqual({
    reason: 'SPLIT',
    bucket: bucketOf('memoryPanel', 'user-1'),
    config: JSON.stringify(seed.memoryPanel.config),
    epoch: expect.any(Number),
    revision: 1,
  });
});

test('evaluates all flags, each as our own rules do', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const parsed = parseSnapshot(await (await running.get('/api/snapshot')).json());
  if (parsed.status !== 'valid') throw new Error('the snapshot cannot be read');
  for (const context of [user, { targetingKey: 'user-2', region: 'eu' }, { targetingKey: 'ü ', region: 'us' }]) {
    const response = await ask(running, all, { context });
    expect(response.status).toBe(200);
    const flags = await flagsOf(response);
    expect([...flags.keys()].sort()).toEqual(Object.keys(seed).sort());
    for (const [key, flag] of flags) {
      const { version, reason } = evaluate(parsed.snapshot, key, context, { nowMs: Date.now() });
      expect(flag).toMatchObject({ value: version === 'v2', variant: version, metadata: { reason } });
    }
  }
});

test('says where changes are heard of', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const { eventStreams, metadata } = await readAnswer('bulk', await ask(running, all, { context: user }));
  expect(eventStreams).toEqual([
    { type: 'sse', endpoint: { requestUri: '/ofrep/v1/events' }, inactivityDelaySec: 120 },
  ]);
  expect(metadata).toMatchObject({ revision: 1, emergency: false });
});

test('answers 304 to who has this answer, and in full after a change or to another context', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const first = await ask(running, all, { context: user });
  const etag = first.headers.get('etag')!;
  expect(first.headers.get('access-control-expose-headers')).toContain('ETag');
  const again = await ask(running, all, { context: user }, { 'if-none-match': `"other", ${etag}` });
  expect(again.status).toBe(304);
  expect(again.headers.get('etag')).toBe(etag);
  await readAnswer('bulk', again);
  const other = await ask(running, all, { context: { ...user, region: 'eu' } }, { 'if-none-match': etag });
  expect(other.status).toBe(200);
  await running.send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  const changed = await ask(running, all, { context: user }, { 'if-none-match': etag });
  expect(changed.status).toBe(200);
  expect((await flagsOf(changed)).get('memoryPanel')).toMatchObject({
    value: false,
    reason: 'DISABLED',
    metadata: { reason: 'ROLLED_BACK', kill: true },
  });
});

test('reads the database again for a client that was told of a newer revision', async () => {
  const store = createMemoryStore(seed);
  // This replica does not hear of changes.
  const running = await startRunning({ ...store, watch: () => () => {} });
  const first = await ask(running, all, { context: user });
  const etag = first.headers.get('etag')!;
  const { metadata } = await readAnswer('bulk', first);
  await store.changeOutside('memoryPanel', { enabled: false });
  const headers = { 'if-none-match': etag };
  expect((await ask(running, all, { context: user }, headers)).status).toBe(304);
  const { epoch } = metadata as { epoch: number };
  const told = await ask(running, `${all}?flagConfigEtag=${epoch}-2`, { context: user }, headers);
  expect(told.status).toBe(200);
  expect((await flagsOf(told)).get('memoryPanel')).toMatchObject({ value: false });
  // What is not ours, or is ahead of the database itself: never 304, never an error.
  expect((await ask(running, `${all}?flagConfigEtag=garbage`, { context: user })).status).toBe(200);
  const ahead = await ask(
    running,
    `${all}?flagConfigEtag=${epoch}-99`,
    { context: user },
    {
      'if-none-match': told.headers.get('etag')!,
    },
  );
  expect(ahead.status).toBe(200);
});

test('asks the database at most twice a second, whatever clients claim', async () => {
  const store = createMemoryStore(seed);
  const readState = vi.fn(store.readState);
  const running = await startRunning({ ...store, readState });
  const before = readState.mock.calls.length;
  await Promise.all(
    Array.from({ length: 30 }, (_, at) => ask(running, `${all}?flagConfigEtag=9999999999999-${at}`, { context: user })),
  );
  expect(readState.mock.calls.length - before).toBeLessThanOrEqual(4);
});

test.each([
  ['no JSON', '{"context":', 'PARSE_ERROR'],
  ['no object', '[1]', 'PARSE_ERROR'],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'PARSE_ERROR'],
  ['a context that is no object', { context: 'user-1' }, 'INVALID_CONTEXT'],
  ['a targeting key that is no text', { context: { targetingKey: 7 } }, 'INVALID_CONTEXT'],
  ['a region that is no text', { context: { targetingKey: 'a', region: ['eu'] } }, 'INVALID_CONTEXT'],
  ['no body', undefined, 'TARGETING_KEY_MISSING'],
  ['no context', {}, 'TARGETING_KEY_MISSING'],
  ['no targeting key', { context: { region: 'eu' } }, 'TARGETING_KEY_MISSING'],
  ['an empty targeting key', { context: { targetingKey: '  ' } }, 'TARGETING_KEY_MISSING'],
  ['a targeting key by prototype', '{"context":{"__proto__":{"targetingKey":"a"}}}', 'TARGETING_KEY_MISSING'],
  ['a context by prototype', '{"__proto__":{"context":{"targetingKey":"a"}}}', 'TARGETING_KEY_MISSING'],
  ['70 KB', { context: { targetingKey: 'a', more: 'x'.repeat(70_000) } }, 'GENERAL'],
])('refuses %s', async (_, body, errorCode) => {
  const running = await startRunning(createMemoryStore(seed));
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  const init: RequestInit = { method: 'POST', headers, ...(sent === undefined ? {} : { body: sent as BodyInit }) };
  const bulk = await running.get(all, init);
  expect(bulk.status).toBe(400);
  expect(await readAnswer('bulk', bulk)).toMatchObject({ errorCode, errorDetails: expect.any(String) });
  const single = await running.get(`${all}/memoryPanel`, init);
  expect(single.status).toBe(400);
  expect(await readAnswer('single', single)).toMatchObject({ key: 'memoryPanel', errorCode });
  expect(running.faults).toEqual([]);
});

test.each(['missing', '__proto__', 'toString', 'a%2Fb', '%F0%9F%8D%B0', '%E0%A4%A', 'x'.repeat(2_000)])(
  'has no flag %s',
  async (key) => {
    const running = await startRunning(createMemoryStore(seed));
    const response = await ask(running, `${all}/${key}`, { context: user });
    expect(response.status).toBe(404);
    expect(await readAnswer('single', response)).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' });
  },
);

test('has a flag that is named constructor', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const response = await ask(running, `${all}/constructor`, { context: user });
  expect(await readAnswer('single', response)).toMatchObject({ key: 'constructor', value: true });
});

test('answers 429 with Retry-After to an address that asks too much', async () => {
  const running = await startRunning(createMemoryStore(seed), { maxEvaluationsPerAddress: 3 });
  const statuses = [];
  for (let at = 0; at < 3; at++) statuses.push((await ask(running, all, { context: user })).status);
  expect(statuses).toEqual([200, 200, 200]);
  const bulk = await ask(running, all, { context: user });
  expect(bulk.status).toBe(429);
  await readAnswer('bulk', bulk);
  const single = await ask(running, `${all}/memoryPanel`, { context: user });
  expect(single.status).toBe(429);
  await readAnswer('single', single);
});

test('counts a bulk evaluation once for every hundred flags', async () => {
  const many = Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`flag${at}`, { enabled: true }]));
  const running = await startRunning(createMemoryStore(many), { maxEvaluationsPerAddress: 7 });
  const statuses = [];
  for (const path of [all, all, `${all}/flag1`, `${all}/flag1`])
    statuses.push((await ask(running, path, { context: user })).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
});

test('answers any origin, with the headers that OFREP clients send', async () => {
  const { get } = await startRunning(createMemoryStore(seed));
  for (const path of [all, `${all}/memoryPanel`, '/ofrep/v1/events']) {
    const preflight = await get(path, { method: 'OPTIONS', headers: { origin: 'https://app.example' } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/If-None-Match.*Authorization.*X-API-Key/);
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  }
});

test('evaluates from memory while the database is away, also when read-only', async () => {
  const store = createMemoryStore(seed);
  const running = await startRunning(store, { readOnly: true });
  store.trouble = 'down';
  expect((await flagsOf(await ask(running, all, { context: user }))).get('memoryPanel')).toMatchObject({ value: true });
});

test('answers 503 with Retry-After before anything was read', async () => {
  const store = createMemoryStore(seed);
  store.trouble = 'down';
  const running = await startRunning(store);
  const response = await ask(running, all, { context: user });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
});

test('answers what is rolled back by the environment before anything was read, and 503 for the rest', async () => {
  const store = createMemoryStore(seed);
  store.trouble = 'down';
  const running = await startRunning(store, { startKills: { emergency: false, features: ['memoryPanel'] } });
  const killed = {
    key: 'memoryPanel',
    value: false,
    variant: 'v1',
    reason: 'DISABLED',
    metadata: { reason: 'ROLLED_BACK', kill: true },
  };
  const response = await ask(running, all, { context: user });
  const etag = response.headers.get('etag') ?? '';
  expect(await readAnswer('bulk', response)).toMatchObject({
    flags: [killed],
    // It has no order.
    metadata: { killsOnly: true, emergency: false, configEtag: 'kills' },
    eventStreams: [{ type: 'sse' }],
  });
  expect((await ask(running, all, { context: user }, { 'if-none-match': etag })).status).toBe(304);
  const single = await ask(running, `${all}/memoryPanel`, { context: user });
  expect(await readAnswer('single', single)).toEqual({
    ...killed,
    metadata: { ...killed.metadata, killsOnly: true },
  });
  for (const key of ['sessionsList', 'nothing']) {
    const other = await ask(running, `${all}/${key}`, { context: user });
    expect([other.status, other.headers.get('retry-after')]).toEqual([503, '1']);
  }
  // The context is held to the protocol all the same.
  expect((await ask(running, all, { context: {} })).status).toBe(400);
  store.trouble = 'none';
  await vi.waitFor(async () => {
    const flags = await flagsOf(await ask(running, all, { context: user }, { 'if-none-match': etag }));
    expect(flags.size).toBe(Object.keys(seed).length);
    expect(flags.get('memoryPanel')).toMatchObject({ value: false, metadata: { reason: 'ROLLED_BACK' } });
  });
});

test('gives v1 to everyone in an emergency of the environment before anything was read', async () => {
  const store = createMemoryStore(seed);
  store.trouble = 'down';
  const running = await startRunning(store, { startKills: { emergency: true, features: ['memoryPanel'] } });
  const { flags, metadata } = await readAnswer('bulk', await ask(running, all, { context: user }));
  expect(metadata).toMatchObject({ killsOnly: true, emergency: true });
  expect(flags).toEqual([expect.objectContaining({ key: 'memoryPanel', value: false })]);
  const single = await ask(running, `${all}/sessionsList`, { context: user });
  expect(await readAnswer('single', single)).toMatchObject({ value: false, metadata: { reason: 'ROLLED_BACK' } });
});

test('answers rules, not kills alone, where the database is there from the start', async () => {
  const running = await startRunning(createMemoryStore(seed), {
    startKills: { emergency: false, features: ['memoryPanel'] },
  });
  const flags = await flagsOf(await ask(running, all, { context: user }));
  expect(flags.size).toBe(Object.keys(seed).length);
  expect(flags.get('memoryPanel')).toMatchObject({ value: false });
});

test('gives v1 to everyone in an emergency', async () => {
  const running = await startRunning(createMemoryStore(seed));
  await running.send('POST', '/api/emergency/rollback');
  const response = await ask(running, all, { context: user });
  const { flags, metadata } = await readAnswer('bulk', response);
  expect((flags as { value: boolean }[]).every(({ value }) => !value)).toBe(true);
  expect(metadata).toMatchObject({ emergency: true });
});

test('500 requests of any kind: nothing against the protocol, no fault of ours', { timeout: 60_000 }, async () => {
  const running = await startRunning(createMemoryStore(seed));
  const context = fc.oneof(
    fc.record({ targetingKey: fc.string(), region: fc.oneof(fc.constant('eu'), fc.string()) }, { requiredKeys: [] }),
    fc.dictionary(fc.oneof(fc.constantFrom('__proto__', 'constructor', 'targetingKey'), fc.string()), fc.jsonValue()),
    fc.jsonValue(),
  );
  const body = fc.oneof(
    { weight: 6, arbitrary: context.map((one) => JSON.stringify({ context: one })) },
    { weight: 2, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => new Uint8Array(bytes)) },
  );
  const key = fc.oneof(
    fc.constantFrom(...Object.keys(seed), '__proto__', 'toString', '%E0%A4%A'),
    fc.string({ minLength: 1, unit: 'grapheme' }).map((text) => encodeURIComponent(text)),
  );
  const headers = fc.record(
    {
      'content-type': fc.constantFrom('application/json', 'text/plain', 'text/html', 'application/json; charset=x'),
      'if-none-match': fc.constantFrom('*', '"x"', 'W/"x", W/"y"', ',,,', '"'),
      authorization: fc.constantFrom('Bearer x', 'nonsense'),
    },
    { requiredKeys: [] },
  );
  const query = fc.oneof(
    fc.constant(''),
    fc.string().map((text) => `?flagConfigEtag=${encodeURIComponent(text)}`),
  );
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(fc.option(key), query, body, headers, async (one, search, sent, given) => {
      const isBulk = one === null || ['.', '..', '%2E', '%2E%2E'].includes(one);
      const response = await running.get(`${isBulk ? all : `${all}/${one}`}${search}`, {
        method: 'POST',
        headers: given,
        body: sent,
      });
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      const text = await response.text();
      const violations = violationsOf(isBulk ? 'bulk' : 'single', response.status, text === '' ? '' : JSON.parse(text));
      expect(violations).toEqual([]);
      expect(response.status).toBeLessThan(500);
    }),
    {
      numRuns: 500,
      // Whatever is drawn, each kind of answer is reached.
      examples: [
        [null, '', '{"context":{"targetingKey":"user-1"}}', { 'content-type': 'application/json' }],
        [
          null,
          '',
          '{"context":{"targetingKey":"user-1"}}',
          { 'content-type': 'application/json', 'if-none-match': '*' },
        ],
        [null, '', '{"context":[]}', { 'content-type': 'application/json' }],
        ['unknown', '', '{"context":{"targetingKey":"user-1"}}', { 'content-type': 'application/json' }],
      ],
    },
  );
  expect(running.faults).toEqual([]);
  expect([...statuses.keys()].sort()).toEqual([200, 304, 400, 404]);
});
