import { expect, test } from 'vitest';
import { systemServiceClock } from '../../../src/service/clock.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { createMemoryTokens } from '../../harness/memoryTokens.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { operatorToken, startRunning, viewerToken, type Running } from './running.js';

const seed = { memoryPanel: { enabled: true, percentage: 10 } };

function storeWith(tokens = createMemoryTokens()) {
  return { ...createMemoryStore(seed), tokens };
}

interface Made {
  readonly secret: string;
  readonly token: { readonly id: number; readonly name: string; readonly expiresAt: string | null };
}

async function create(running: Running, body: Readonly<Record<string, unknown>>): Promise<Made> {
  const response = await running.send('POST', '/api/tokens', body);
  expect(response.status).toBe(201);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return (await response.json()) as Made;
}

const statusWith = async ({ send }: Running, token: string, path = '/api/features'): Promise<number> =>
  (await send('GET', path, undefined, { token })).status;

async function until(isSo: () => Promise<boolean>, withinMs: number): Promise<void> {
  for (const endMs = Date.now() + withinMs; !(await isSo()); await new Promise((wait) => setTimeout(wait, 20)))
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms`);
}

test('makes a token that works at once, with its role and no more, and is shown once', async () => {
  const running = await startRunning(storeWith());
  const { secret, token } = await create(running, { name: 'ci', role: 'operator' });
  expect(secret).toMatch(/^sbt_[\w-]{43}$/);
  expect(token).toMatchObject({ id: 1, name: 'ci', createdBy: 'ada', expiresAt: null });
  expect(await statusWith(running, secret)).toBe(200);
  expect(await statusWith(running, secret, '/api/tokens')).toBe(403);
  expect(await statusWith(running, `${secret.slice(0, -1)}!`)).toBe(401);
  const listed = await (await running.send('GET', '/api/tokens')).text();
  expect(JSON.parse(listed)).toEqual({ tokens: [token] });
  expect(listed).not.toContain('hash');
  expect(listed).not.toContain(secret);
});

test.each([viewerToken, operatorToken])('tokens are for admins alone', async (token) => {
  const { send } = await startRunning(storeWith());
  for (const [method, path] of [
    ['GET', '/api/tokens'],
    ['POST', '/api/tokens'],
    ['DELETE', '/api/tokens/1'],
  ] as const)
    expect((await send(method, path, undefined, { token })).status).toBe(403);
});

test('a token that is revoked ends on every replica within 2 s, one that is new works there at once', async () => {
  const tokens = createMemoryTokens();
  const [here, there] = [await startRunning(storeWith(tokens)), await startRunning(storeWith(tokens))];
  const { secret, token } = await create(here, { name: 'ci', role: 'viewer' });
  expect(await statusWith(there, secret)).toBe(200);
  expect((await here.send('DELETE', `/api/tokens/${token.id}`)).status).toBe(200);
  expect(await statusWith(here, secret)).toBe(401);
  await until(async () => (await statusWith(there, secret)) === 401, 2_000);
});

test('a token ends when it expires, and says so', async () => {
  let aheadMs = 0;
  const clock = { ...systemServiceClock, now: () => Date.now() + aheadMs };
  const running = await startRunning(storeWith(), { clock });
  const { secret } = await create(running, { name: 'ci', role: 'viewer', expiresInSeconds: 90 });
  expect(await statusWith(running, secret)).toBe(200);
  aheadMs = 91_000;
  const expired = await running.send('GET', '/api/features', undefined, { token: secret });
  expect(expired.status).toBe(401);
  expect(await expired.text()).toContain('this token expired at 2');
});

test('tokens go on while the database is away; making and revoking answers 503 with Retry-After within 3 s', async () => {
  const store = storeWith();
  const running = await startRunning(store);
  const { secret } = await create(running, { name: 'ci', role: 'viewer' });
  for (const trouble of ['down', 'silent'] as const) {
    store.tokens.trouble = trouble;
    for (const [method, path] of [
      ['POST', '/api/tokens'],
      ['DELETE', '/api/tokens/1'],
    ] as const) {
      const elapsedMs = startStopwatch();
      const body = method === 'POST' ? { name: 'other', role: 'viewer' } : undefined;
      const response = await running.send(method, path, body);
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect(elapsedMs()).toBeLessThan(3_000);
    }
    expect(await statusWith(running, secret)).toBe(200);
    expect(await statusWith(running, 'sbt_wrong-wrong-wrong-wrong')).toBe(401);
  }
});

test('a token that cannot be looked up yet is not called wrong', async () => {
  const store = storeWith();
  store.tokens.trouble = 'down';
  const running = await startRunning(store);
  const response = await running.send('GET', '/api/features', undefined, { token: 'sbt_some-token-of-the-database' });
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  expect((await running.send('GET', '/api/features')).status).toBe(200);
});

test('10,000 wrong tokens are a handful of queries, and a right one still gets through', async () => {
  const store = storeWith();
  const running = await startRunning(store);
  const { secret } = await create(running, { name: 'ci', role: 'viewer' });
  const before = store.tokens.reads;
  const startedAtMs = Date.now();
  const headers = (at: number) => ({
    authorization: `Bearer sbt_wrong-${at}-wrong-wrong`,
    // Not believed: no proxy is trusted.
    'x-forwarded-for': `10.0.${at >> 8}.${at & 255}`,
  });
  const answers = new Map<number, number>();
  for (let at = 0; at < 10_000; at += 1) {
    const request = new Request('http://localhost/api/features', { headers: headers(at) });
    const { status } = await running.handler.fetch(request, { address: '192.0.2.1' });
    answers.set(status, (answers.get(status) ?? 0) + 1);
  }
  const seconds = (Date.now() - startedAtMs) / 1_000;
  expect(answers.get(401)! + answers.get(429)!).toBe(10_000);
  expect(answers.get(401)).toBeLessThanOrEqual(10 * (1 + Math.floor(seconds / 60)));
  expect(store.tokens.reads - before).toBeLessThanOrEqual(10 + 6 * seconds);
  const right = new Request('http://localhost/api/features', { headers: { authorization: `Bearer ${secret}` } });
  expect((await running.handler.fetch(right, { address: '192.0.2.1' })).status).toBe(200);
}, 60_000);

test('a name in use, also by a token of the start, is a conflict', async () => {
  const running = await startRunning(storeWith());
  await create(running, { name: 'ci', role: 'viewer' });
  for (const name of ['ci', 'ada']) {
    const response = await running.send('POST', '/api/tokens', { name, role: 'viewer' });
    expect(response.status).toBe(409);
  }
});

test.each([
  [{ role: 'viewer' }, '/name'],
  [{ name: 'env:ada', role: 'viewer' }, '/name'],
  [{ name: '', role: 'viewer' }, '/name'],
  [{ name: 'x'.repeat(65), role: 'viewer' }, '/name'],
  [{ name: 'ci' }, '/role'],
  [{ name: 'ci', role: 'root' }, '/role'],
  [{ name: 'ci', role: 'viewer', expiresInSeconds: 0 }, '/expiresInSeconds'],
  [{ name: 'ci', role: 'viewer', expiresInSeconds: 1.5 }, '/expiresInSeconds'],
  [{ name: 'ci', role: 'viewer', expiresInSeconds: '90d' }, '/expiresInSeconds'],
  [{ name: 'ci', role: 'viewer', hash: 'ff' }, '/hash'],
])('refuses %j, naming the field', async (body, pointer) => {
  const store = storeWith();
  const { send } = await startRunning(store);
  const response = await send('POST', '/api/tokens', body);
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
  expect(await store.tokens.list()).toEqual([]);
});

test.each(['0', 'x', '1e9', '-1', '99999999999999999', '1%00'])('knows no token %j', async (id) => {
  const { send } = await startRunning(storeWith());
  expect((await send('DELETE', `/api/tokens/${id}`)).status).toBe(404);
});

test('without a store of tokens there are no such routes', async () => {
  const { send } = await startRunning(createMemoryStore(seed));
  expect((await send('GET', '/api/tokens')).status).toBe(404);
});
