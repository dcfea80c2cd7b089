import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHandler, type Handler } from '../../../src/service/http/createHandler.js';
import { listen } from '../../../src/service/listen.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import type { Role } from '../../../src/service/store.js';
import { startTestPostgres, type TestPostgres } from '../../harness/postgres.js';
import { byAda } from '../store/openStore.js';
import { checkedHandler, readDocument } from './checkedHandler.js';
import { adminToken, operatorToken, viewerToken } from './running.js';

// What anybody may call; a route that is new and not named here has to ask for a token.
const publicRoutes = [
  'GET /api/events',
  'GET /api/health',
  'GET /api/health/rollback-status',
  'GET /api/openapi.json',
  'GET /api/snapshot',
  'GET /api/snapshot/{order}',
  'GET /health/features',
  'GET /metrics',
  'GET /ofrep/v1/events',
  'POST /api/confirm',
  'POST /api/metrics',
  'POST /ofrep/v1/evaluate/flags',
  'POST /ofrep/v1/evaluate/flags/{key}',
];

interface Called {
  readonly method: string;
  readonly path: string;
  readonly role: Role;
}

let postgres: TestPostgres;
let store: Awaited<ReturnType<typeof createPostgresStore>>;
let handler: Handler;
let listener: Awaited<ReturnType<typeof listen>>;
let adminRoutes: readonly Called[];
let foundPublic: readonly string[];
let expired = '';
let revoked = '';
let aheadMs = 0;
const faults: string[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  store = await createPostgresStore({ connectionString: (await postgres.createServiceDatabase()).serviceUrl });
  await store.createFeature('panel', { enabled: true, percentage: 10 }, byAda);
  const bare = createHandler({
    store,
    tokens: [
      { token: adminToken, role: 'admin', name: 'ada' },
      { token: operatorToken, role: 'operator', name: 'otto' },
      { token: viewerToken, role: 'viewer', name: 'vera' },
    ],
    clock: {
      now: () => Date.now() + aheadMs,
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    },
    onInternalFault: (operation, error) => faults.push(`${operation}: ${String(error)}`),
  });
  handler = checkedHandler(bare);
  listener = await listen(handler, { port: 0, host: '127.0.0.1' });
  await handler.ready;
  const { paths } = await readDocument(handler);
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { 'x-role': role }]) => ({ method: method.toUpperCase(), path, role })),
  );
  foundPublic = all.filter(({ role }) => role === undefined).map(({ method, path }) => `${method} ${path}`);
  adminRoutes = all.flatMap(({ method, path, role }) =>
    role === undefined
      ? []
      : [{ method, path: path.replace('{key}', 'panel').replace(/\{\w+\}/g, '1'), role: role as Role }],
  );
  [expired, revoked] = [await makeToken('short'), await makeToken('taken')];
  const { status } = await send({ method: 'DELETE', path: '/api/tokens/2', role: 'admin' }, adminToken);
  if (status !== 200) throw new Error(`no token was revoked: ${status}`);
  aheadMs = 3_600_001;
});
afterAll(async () => {
  handler.close();
  await listener.close();
  await store.close();
  await postgres.close();
});

async function makeToken(name: string): Promise<string> {
  const made = await send({ method: 'POST', path: '/api/tokens', role: 'admin' }, adminToken, {
    name,
    role: 'admin',
    expiresInSeconds: 3_600,
  });
  return ((await made.json()) as { secret: string }).secret;
}

// Addresses of this machine, a new one for each call: too many wrong tokens from one are answered 429.
let callers = 0;
function send({ method, path }: Called, token: string | null, body?: object, headers = {}): Promise<Response> {
  callers += 1;
  const request = new Request(`http://127.0.0.1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return handler.fetch(request, { address: `127.0.${Math.floor(callers / 250)}.${1 + (callers % 250)}` });
}

const everything = async () => ({
  state: await store.readState(),
  retired: await store.readRetired(),
  plans: await store.plans.list({ limit: 100 }),
  tokens: await store.tokens.list(),
  audit: await store.readAudit({ limit: 1_000 }),
});

test('only what is named here is public', () => {
  expect([...foundPublic].sort()).toEqual(publicRoutes);
  expect(adminRoutes.length).toBeGreaterThan(25);
});

test('no route does anything without a token that is known, in force and of its role, from this machine neither', async () => {
  const before = await everything();
  const found: string[] = [];
  const hold = async (called: Called, what: string, answer: Response, status: number): Promise<void> => {
    const text = await answer.text();
    const isProblem = answer.headers.get('content-type') === 'application/problem+json';
    const isOpen = answer.headers.has('access-control-allow-origin') || answer.headers.has('set-cookie');
    const isShown = [adminToken, operatorToken, viewerToken, expired, revoked].some((secret) => text.includes(secret));
    if (answer.status !== status || !isProblem || isOpen || isShown)
      found.push(`${called.method} ${called.path} with ${what}: ${answer.status} ${text}`);
  };
  for (const route of adminRoutes) {
    await hold(route, 'no token', await send(route, null), 401);
    await hold(route, 'a cookie', await send(route, null, undefined, { cookie: `token=${adminToken}` }), 401);
    await hold(route, 'a wrong token', await send(route, `${adminToken}x`), 401);
    await hold(route, 'an expired token', await send(route, expired), 401);
    await hold(route, 'a revoked token', await send(route, revoked), 401);
    await hold(route, 'basic', await send(route, null, undefined, { authorization: `Basic ${adminToken}` }), 401);
    for (const [role, token] of [
      ['viewer', viewerToken],
      ['operator', operatorToken],
    ] as const)
      if (rank(role) < rank(route.role)) await hold(route, `the role ${role}`, await send(route, token), 403);
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    await hold(route, 'another origin', await send(route, adminToken, undefined, foreign), 403);
    const preflight = { ...foreign, 'access-control-request-method': route.method };
    await hold(route, 'a preflight', await send({ ...route, method: 'OPTIONS' }, null, undefined, preflight), 405);
    // And over a real connection of this machine.
    const { method, path } = route;
    await hold(route, 'no token, on localhost', await fetch(listener.url + path, { method }), 401);
  }
  expect(found).toEqual([]);
  expect(await everything()).toEqual(before);
  expect(faults).toEqual([]);
});

test('the role of a route opens it', async () => {
  const tokens = { viewer: viewerToken, operator: operatorToken, admin: adminToken };
  for (const route of adminRoutes) {
    const { status } = await send(route, tokens[route.role]);
    expect([401, 403].includes(status), `${route.method} ${route.path}: ${status}`).toBe(false);
    expect(status, `${route.method} ${route.path}`).toBeLessThan(500);
  }
});

const rank = (role: Role): number => ['viewer', 'operator', 'admin'].indexOf(role);
