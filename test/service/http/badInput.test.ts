import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createHandler, type Handler } from '../../../src/service/http/createHandler.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { startTestPostgres, type TestPostgres } from '../../harness/postgres.js';
import { byAda } from '../store/openStore.js';
import { checkedHandler } from './checkedHandler.js';
import { adminToken } from './running.js';

let postgres: TestPostgres;
let store: Awaited<ReturnType<typeof createPostgresStore>>;
let handler: Handler;
let etag = '';
const faults: string[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  store = await createPostgresStore({ connectionString: (await postgres.createServiceDatabase()).serviceUrl });
  await store.createFeature('base', {}, byAda);
  await store.createFeature('panel', { enabled: true, percentage: 10, requires: ['base'] }, byAda);
  const bare = createHandler({
    store,
    tokens: [{ token: adminToken, role: 'admin', name: 'ada' }],
    onInternalFault: (operation, error) => faults.push(`${operation}: ${String(error)}`),
  });
  handler = checkedHandler(bare);
  await handler.ready;
});
afterAll(async () => {
  handler.close();
  await store.close();
  await postgres.close();
});
beforeEach(async () => {
  faults.length = 0;
  etag = (await ask('GET', '/api/features/panel', undefined)).headers.get('etag') ?? '';
});

type Body = string | Uint8Array<ArrayBuffer> | object | undefined;

function ask(method: string, path: string, body: Body, headers: Record<string, string> = {}): Promise<Response> {
  const text =
    body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const request = new Request(`http://127.0.0.1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json', ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  return handler.fetch(request, { address: '127.0.0.1' });
}

const everything = async () => ({
  state: await store.readState(),
  audit: await store.readAudit({ limit: 1_000 }),
  tokens: await store.tokens.list(),
});

const nested = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const big = `{"feature":"${'x'.repeat(10 * 1_048_576)}"}`;
const utf16 = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
const sql = `panel'; DROP TABLE feature_flags; --`;
const patch = '/api/features/panel';

type Case = readonly [what: string, method: string, path: string, body: Body, status: number, pointer?: string];

const cases: readonly Case[] = [
  ['no JSON', 'POST', '/api/features/disable', '{', 400],
  ['half a JSON', 'POST', '/api/features', '{"feature":"a",', 400],
  ['an empty body', 'POST', '/api/features', '', 400],
  ['NaN', 'PATCH', patch, '{"percentage":NaN}', 400],
  ['Infinity', 'PATCH', patch, '{"percentage":1e999}', 422, '/percentage'],
  ['percentage 101', 'PATCH', patch, { percentage: 101, reason: 'x' }, 422, '/percentage'],
  ['percentage -1', 'PATCH', patch, { percentage: -1 }, 422, '/percentage'],
  ['percentage "5"', 'PATCH', patch, { percentage: '5' }, 422, '/percentage'],
  ['percentage null', 'PATCH', patch, { percentage: null }, 422, '/percentage'],
  ['percentage with three decimals', 'PATCH', patch, { percentage: 1.234 }, 422, '/percentage'],
  ['enabled "true"', 'POST', '/admin/flags', { flag: 'panel', enabled: 'true' }, 422, '/enabled'],
  ['an unknown field', 'PATCH', patch, { percent: 5 }, 422, '/percent'],
  ['a field beside a good one', 'PATCH', patch, { owner: 'ada', colour: 'red' }, 422, '/colour'],
  ['__proto__', 'PATCH', patch, '{"__proto__":{"enabled":false}}', 422, '/__proto__'],
  ['constructor', 'PATCH', patch, '{"constructor":{"prototype":{}}}', 422, '/constructor'],
  ['__proto__ as a feature', 'POST', '/api/features', '{"feature":"__proto__"}', 422, '/feature'],
  ['SQL as a feature', 'POST', '/api/features', { feature: sql }, 422, '/feature'],
  ['SQL as a feature to disable', 'POST', '/api/features/disable', { feature: sql }, 422, '/feature'],
  ['a feature of 65 characters', 'POST', '/api/features', { feature: 'a'.repeat(65) }, 422, '/feature'],
  ['a feature that is a list', 'POST', '/api/features', { feature: ['a'] }, 422, '/feature'],
  ['a list for a body', 'POST', '/api/features', [], 422],
  ['null for a body', 'PATCH', patch, 'null', 422],
  ['a cycle', 'PATCH', '/api/features/base', { requires: ['panel'] }, 409, '/requires'],
  ['requires of an unknown feature', 'PATCH', patch, { requires: ['nobody'], reason: 'x' }, 422, '/requires'],
  ['requires of itself', 'PATCH', patch, { requires: ['panel'] }, 422, '/requires'],
  ['a time that is none', 'PATCH', patch, { from: 'yesterday' }, 422, '/from'],
  [
    'a window that ends before it begins',
    'PATCH',
    patch,
    { from: '2027-02-01T00:00:00Z', until: '2027-01-01T00:00:00Z', reason: 'x' },
    422,
  ],
  ['NUL in text', 'PATCH', patch, '{"owner":"a\\u0000b"}', 422, '/owner'],
  ['half a character', 'PATCH', patch, '{"config":{"a":["\\ud800"]}}', 422, '/config/a/0'],
  ['a config that is a list', 'PATCH', patch, { config: [] }, 422, '/config'],
  ['a config nested 100 deep', 'PATCH', patch, `{"config":${nested(100)}}`, 422, ''],
  ['lists nested 500,000 deep', 'PATCH', patch, '['.repeat(500_000), 422, ''],
  [
    '10,001 users',
    'PATCH',
    patch,
    { allow: Array.from({ length: 10_001 }, () => ({ tag: '0'.repeat(16) })) },
    422,
    '/allow',
  ],
  ['a tag that is none', 'PATCH', patch, { deny: [{ tag: 'xyz' }] }, 422],
  ['10 MiB', 'POST', '/api/features/disable', big, 413],
  ['10 MiB of metrics', 'POST', '/api/metrics', big, 413],
  ['no UTF-8', 'POST', '/api/features', utf16, 400],
  ['no UTF-8 for metrics', 'POST', '/api/metrics', utf16, 400],
  ['more v2 without a reason', 'PATCH', patch, { percentage: 50 }, 422, '/reason'],
  ['a reason of spaces', 'POST', '/api/features/enable', { feature: 'panel', reason: '  ' }, 422, '/reason'],
  ['a reason of 1 MB', 'POST', '/api/emergency/rollback', { reason: 'x'.repeat(1_000_000) }, 413],
  ['a feature that exists', 'POST', '/api/features', { feature: 'panel' }, 409, '/feature'],
  ['a feature that does not', 'POST', '/api/features/disable', { feature: 'nobody' }, 404],
  ['a rollback that does not exist', 'POST', '/api/rollbacks/4711/undo', { reason: 'x' }, 404],
  ['a rollback that is no number', 'POST', '/api/rollbacks/1%3B--/undo', { reason: 'x' }, 404],
  ['a path that is no UTF-8', 'PATCH', '/api/features/%ff', {}, 404],
  ['a path with NUL', 'PATCH', '/api/features/%00', {}, 404],
  ['a token of a role there is not', 'POST', '/api/tokens', { name: 'ci', role: 'root' }, 422, '/role'],
  ['a token with a name of SQL', 'POST', '/api/tokens', { name: sql, role: 'admin' }, 422, '/name'],
  ['a confirmation of nobody', 'POST', '/api/confirm', { streamId: 'x', epoch: 1, revision: 1 }, 422, '/streamId'],
  ['metrics that are none', 'POST', '/api/metrics', { schema: 2 }, 422, '/schema'],
  ['a method that is none', 'PUT', patch, {}, 405],
];

const named = cases.map(([what, method, path, body, status, pointer]) => ({
  what,
  method,
  path,
  body,
  status,
  pointer,
}));

test.each(named)('$what: $method $path', async ({ method, path, body, status, pointer }) => {
  const before = await everything();
  const response = await ask(method, path, body, method === 'PATCH' ? { 'if-match': etag } : {});
  const problem = (await response.json()) as Record<string, unknown>;
  expect([response.status, problem['status']], JSON.stringify(problem)).toEqual([status, status]);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(problem).toMatchObject({
    type: expect.stringMatching(/^\/problems\//),
    instance: expect.stringMatching(/^req-/),
  });
  expect(JSON.stringify(problem).length).toBeLessThan(4_000);
  if (pointer !== undefined) expect(problem).toHaveProperty('errors.0.pointer', pointer);
  expect(await everything()).toEqual(before);
  expect(Object.hasOwn(Object.prototype, 'enabled')).toBe(false);
  expect(faults).toEqual([]);
});

test.each([
  ['no If-Match', {}, 428],
  ['a stale If-Match', { 'if-match': '"4711"' }, 412],
  ['an If-Match of SQL', { 'if-match': `"1' OR 1=1"` }, 422],
  ['text/xml', { 'if-match': '*', 'content-type': 'text/xml' }, 415],
  ['multipart', { 'if-match': '*', 'content-type': 'multipart/form-data; boundary=x' }, 415],
  ['a compressed body', { 'if-match': '*', 'content-encoding': 'gzip' }, 415],
  ['a length beyond the limit', { 'if-match': '*', 'content-length': '99999999999' }, 413],
])('refuses a change with %s', async (_, headers, status) => {
  const before = await everything();
  const response = await ask('PATCH', patch, { percentage: 1 }, headers);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  if (status === 412) expect(await response.json()).toMatchObject({ current: { feature: 'panel', percentage: 10 } });
  expect(await everything()).toEqual(before);
});

test.each([
  ['/api/audit?limit=-1', '/limit'],
  ['/api/audit?limit=1e3', '/limit'],
  ['/api/audit?before=x', '/before'],
  ['/api/audit?feature=%00', '/feature'],
  [`/api/rollbacks?feature=${encodeURIComponent(sql)}`, '/feature'],
  ['/api/features/panel/metrics?from=never', '/from'],
  ['/api/features/panel/metrics?from=5&to=5', '/from'],
])('refuses to read %s', async (path, pointer) => {
  const response = await ask('GET', path, undefined);
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
});

test.each(['x', '-1--1', '1e9-1', `'; DROP TABLE x; --`, '9'.repeat(400), '0-0', '__proto__'])(
  'takes the Last-Event-ID %j for none',
  async (lastEventId) => {
    const response = await ask('GET', '/api/events', undefined, { 'last-event-id': lastEventId });
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    let text = '';
    while (!text.includes('event: snapshot')) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
  },
);
