import { expect, test } from 'vitest';
import { createHandler } from '../../../src/service/http/createHandler.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { adminToken, exchange, operatorToken, startRunning, viewerToken } from './running.js';

const seed = { memoryPanel: { enabled: true, percentage: 10 } };

const adminRoutes: [string, string, string][] = [
  ['GET', '/api/features', 'viewer'],
  ['GET', '/api/features/memoryPanel', 'viewer'],
  ['GET', '/api/features/memoryPanel/metrics', 'viewer'],
  ['GET', '/api/audit', 'viewer'],
  ['GET', '/api/rollbacks', 'viewer'],
  ['PATCH', '/api/features/memoryPanel', 'operator'],
  ['POST', '/api/features/disable', 'operator'],
  ['POST', '/api/features/enable', 'operator'],
  ['POST', '/admin/flags', 'operator'],
  ['POST', '/api/emergency/rollback', 'operator'],
  ['POST', '/api/rollbacks/1/undo', 'operator'],
  ['POST', '/api/features', 'admin'],
];

test.each(adminRoutes)('%s %s needs a token of role %s, and gives no CORS', async (method, path, role) => {
  const { send, get } = await startRunning(createMemoryStore(seed));
  const without = await send(method, path, undefined, { token: null });
  expect(without.status).toBe(401);
  expect(without.headers.get('www-authenticate')).toBe('Bearer');
  const detail = String(((await without.json()) as { detail: string }).detail);
  expect(detail).toContain(`curl -X ${method} http://127.0.0.1:`);
  expect(detail).toContain('$SWITCHBACK_ADMIN_TOKEN');
  expect((await send(method, path, undefined, { token: `${adminToken}x` })).status).toBe(401);
  const lower = role === 'admin' ? operatorToken : viewerToken;
  const withLower = await send(method, path, undefined, { token: lower });
  expect(withLower.status === 403).toBe(role !== 'viewer');
  expect(await withLower.text()).not.toContain(lower);
  const preflight = await get(path, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': method },
  });
  expect(preflight.status).toBe(405);
  for (const response of [without, preflight]) expect(response.headers.get('access-control-allow-origin')).toBeNull();
});

test.each(['/api/snapshot', '/api/events', '/api/metrics', '/api/confirm', '/api/health'])(
  '%s answers any origin, without credentials',
  async (path) => {
    const { get } = await startRunning(createMemoryStore(seed));
    const preflight = await get(path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Content-Type');
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  },
);

test('throttles wrong tokens by address and still lets a right one through', async () => {
  const { send, faults } = await startRunning(createMemoryStore(seed));
  const statuses: number[] = [];
  for (let at = 0; at < 12; at++)
    statuses.push((await send('GET', '/api/features', undefined, { token: `wrong-token-${at}-wrong` })).status);
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.slice(10)).toEqual([429, 429]);
  expect(
    (
      await send('GET', '/api/features', undefined, {
        token: 'wrong-again-wrong-again',
        headers: { 'x-forwarded-for': '1.2.3.4' },
      })
    ).status,
  ).toBe(429);
  expect((await send('POST', '/api/emergency/rollback')).status).toBe(200);
  expect(faults).toEqual([
    'access: Error: many wrong tokens from 127.0.0.1; more of them are refused',
    'trustProxy: Error: X-Forwarded-For of 127.0.0.1 is not believed; if that is your proxy, trust it',
  ]);
});

test.each(['Basic abc', 'Bearer', 'Bearer ', adminToken, `Bearer ${adminToken} x`])(
  'refuses the header %j',
  async (authorization) => {
    const { get } = await startRunning(createMemoryStore(seed));
    expect((await get('/api/features', { headers: { authorization } })).status).toBe(401);
  },
);

test('refuses tokens that are too short, without showing them', () => {
  expect(() => createHandler({ store: createMemoryStore(), tokens: [{ token: 'short', role: 'admin' }] })).toThrow(
    /tokens\[0\] must be text of at least 16/,
  );
  expect(() =>
    createHandler({ store: createMemoryStore(), tokens: [{ token: adminToken, role: 'root' as 'admin' }] }),
  ).toThrow(/role must be/);
});

test('answers 404 and 405 as problems with security headers and a request id', async () => {
  const { get, send } = await startRunning(createMemoryStore(seed));
  const unknown = await get('/api/nothing');
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({
    type: '/problems/not-found',
    status: 404,
    instance: unknown.headers.get('x-request-id'),
  });
  const wrong = await send('DELETE', '/api/features/memoryPanel');
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, PATCH']);
  for (const response of [unknown, wrong, await get('/api/snapshot')]) {
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  }
});

test('refuses bodies that are not JSON, of another type, or too large', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  const post = (body: string, contentType = 'application/json') =>
    send('POST', '/api/features/disable', body, { headers: { 'content-type': contentType } });
  expect((await post('{')).status).toBe(400);
  expect((await post('')).status).toBe(400);
  expect((await post('[]')).status).toBe(422);
  expect((await post('null')).status).toBe(422);
  expect((await post('<x/>', 'text/xml')).status).toBe(415);
  expect((await post(`{"feature":"${'x'.repeat(70_000)}"}`)).status).toBe(413);
});

test('stops reading a chunked body at its limit', async () => {
  const { port } = await startRunning(createMemoryStore(seed));
  let sent = 0;
  const answer = await exchange(port, (socket) => {
    socket.write(
      'POST /api/metrics HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const chunk = 'x'.repeat(16_384);
    const push = (): void => {
      if (socket.destroyed || sent > 100 * 1_048_576) return void socket.end();
      sent += chunk.length;
      if (socket.write(`4000\r\n${chunk}\r\n`)) setImmediate(push);
      else socket.once('drain', push);
    };
    push();
  });
  expect(answer).toContain('HTTP/1.1 413');
  expect(answer).toContain('application/problem+json');
});

test('hides what failed inside and reports it', async () => {
  const store = createMemoryStore(seed);
  store.readAudit = () => Promise.reject(new Error('secret detail'));
  const { send, faults } = await startRunning(store);
  const failed = await send('GET', '/api/audit');
  expect(failed.status).toBe(500);
  expect(await failed.text()).not.toContain('secret detail');
  expect(faults).toEqual(['GET /api/audit: Error: secret detail']);
});

test('a token in the wrong place is neither shown nor kept', async () => {
  const store = createMemoryStore(seed);
  const { send } = await startRunning(store);
  const bodies = [
    { feature: adminToken },
    { feature: 'none', [operatorToken]: viewerToken },
    { feature: 'memoryPanel', reason: `as ${operatorToken} said` },
    `{"feature":"${adminToken}`,
  ];
  const said: string[] = [];
  for (const body of bodies) said.push(await (await send('POST', '/api/features/disable', body)).text());
  const kept = JSON.stringify([await store.readAudit({ limit: 10 }), await store.readRollbacks({ limit: 10 })]);
  expect(kept).toContain('as … said');
  for (const token of [adminToken, operatorToken, viewerToken]) expect([...said, kept].join()).not.toContain(token);
});
