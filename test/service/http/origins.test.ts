import { expect, test } from 'vitest';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { adminToken, startRunning } from './running.js';

const seed = { memoryPanel: { enabled: true, percentage: 10 } };
const bearer = { authorization: `Bearer ${adminToken}` };

test.each<[string, Record<string, string>]>([
  ['another origin', { origin: 'https://evil.example' }],
  ['no origin at all', { origin: 'null' }],
  ['another origin, by the word of the browser', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
  ['the same host on another port', { origin: 'http://127.0.0.1:1' }],
])('an admin route does nothing for a page of %s, whatever it holds', async (_, headers) => {
  const store = createMemoryStore(seed);
  const { handler } = await startRunning(store);
  for (const cookie of [{}, { cookie: `token=${adminToken}; authorization=Bearer ${adminToken}` }]) {
    const refused = await handler.fetch(
      new Request('http://127.0.0.1:4400/api/emergency/rollback', {
        method: 'POST',
        headers: { ...bearer, ...headers, ...cookie },
      }),
    );
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect(refused.headers.get('access-control-allow-credentials')).toBeNull();
  }
  expect((await store.readState()).rollbacks).toEqual([]);
});

test.each<Record<string, string>>([
  {},
  { origin: 'http://127.0.0.1:4400' },
  { 'sec-fetch-site': 'same-origin', origin: 'https://flags.example' },
  { 'sec-fetch-site': 'none' },
])('an admin route answers tools and pages of its own origin: %j', async (headers) => {
  const { handler } = await startRunning(createMemoryStore(seed));
  const request = new Request('http://127.0.0.1:4400/api/features', { headers: { ...bearer, ...headers } });
  expect((await handler.fetch(request)).status).toBe(200);
});

test('a cookie is no token, on this machine neither', async () => {
  const { get } = await startRunning(createMemoryStore(seed));
  const cookie = `token=${adminToken}; authorization=Bearer ${adminToken}`;
  const response = await get('/api/features', { headers: { cookie, host: 'localhost' } });
  expect(response.status).toBe(401);
  expect(response.headers.get('set-cookie')).toBeNull();
});

test('every answer carries the security headers, HSTS only where the caller came by TLS', async () => {
  const { handler } = await startRunning(createMemoryStore(seed), { trustProxy: ['10.0.0.1'] });
  for (const path of ['/api/snapshot', '/api/events', '/api/health', '/api/features', '/api/nothing', '/'])
    for (const [proto, address, isSecure] of [
      ['https', '10.0.0.1', true],
      ['http', '10.0.0.1', false],
      ['https', '10.0.0.2', false],
    ] as const) {
      const request = new Request(`http://127.0.0.1${path}`, { headers: { 'x-forwarded-proto': proto } });
      const { headers, body } = await handler.fetch(request, { address });
      await body?.cancel();
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('cache-control')).not.toBeNull();
      expect(headers.has('strict-transport-security')).toBe(isSecure);
    }
});

test('streams are shared by address: a greedy one gets 429, the next address gets its stream', async () => {
  const { handler } = await startRunning(createMemoryStore(seed), {
    maxStreams: 5,
    maxStreamsPerAddress: 2,
    trustProxy: ['10.0.0.1'],
  });
  const open = (address: string, forwardedFor?: string) =>
    handler.fetch(
      new Request('http://127.0.0.1/api/events', {
        headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
      }),
      { address },
    );
  const opened = [await open('192.0.2.1'), await open('192.0.2.1', '1.1.1.1')];
  for (const forwardedFor of [undefined, '2.2.2.2']) {
    const refused = await open('192.0.2.1', forwardedFor);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(4);
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  }
  // Behind the trusted proxy each browser counts for itself.
  for (const browser of ['1.1.1.1', '2.2.2.2', '2.2.2.2']) opened.push(await open('10.0.0.1', browser));
  expect(opened.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect((await open('10.0.0.1', '3.3.3.3')).status).toBe(503);
  for (const { body } of opened) await body!.cancel();
  expect((await open('192.0.2.1')).status).toBe(200);
});

test.each([{ maxStreamsPerAddress: 0 }, { trustProxy: ['everybody'] }])('refuses the option %j', async (options) => {
  await expect(startRunning(createMemoryStore(seed), options)).rejects.toThrow(/whole number|trusted proxy/);
});
