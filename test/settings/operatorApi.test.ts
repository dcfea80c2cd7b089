import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setupServer } from 'msw/node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commandLinesOf } from '../../src/settings/commandLines.js';
import { createOperatorApi, type OperatorToken } from '../../src/settings/operatorApi.js';
import type { OperatorAction } from '../../src/settings/operatorFeature.js';
import { readHealth } from '../../src/settings/operatorHealth.js';
import { OperatorProblem } from '../../src/settings/operatorProblem.js';
import { createMockService } from '../../src/testing/msw/index.js';

const secret = 'sbt_0123456789abcdefghij';
const disable: OperatorAction = { kind: 'disable', feature: 'memoryPanel', reason: 'slow' };

type Answer = () => Response | Promise<Response>;
const apiOf = (answer: Answer, token: OperatorToken = secret) =>
  createOperatorApi({ token, url: '/api/', fetch: async () => answer() });
const problemOf = (promise: Promise<unknown>): Promise<OperatorProblem> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => {
      expect(error).toBeInstanceOf(OperatorProblem);
      return error as OperatorProblem;
    },
  );
const json = (body: unknown, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers });

describe('what is no answer of the service', () => {
  test.each([
    ['a page', new Response('<!doctype html>', { status: 200 }), 'garbled'],
    ['a page that says no', new Response('<h1>Forbidden</h1>', { status: 403 }), 'garbled'],
    ['another program', json({ features: 'many' }), 'garbled'],
    ['nothing', new Response(null, { status: 204 }), 'garbled'],
    ['a proxy whose service is gone', new Response('Bad Gateway', { status: 502 }), 'lost'],
    ['a proxy that waited', new Response('', { status: 504 }), 'lost'],
    ['a proxy that is busy', new Response('', { status: 503 }), 'busy'],
  ])('%s is told as such', async (_, response, kind) => {
    expect((await problemOf(apiOf(() => response).readState())).kind).toBe(kind);
  });

  test('a change that somebody says yes to without having made it', async () => {
    expect((await problemOf(apiOf(() => json({ ok: true })).act(disable))).kind).toBe('garbled');
  });

  test('a network that is not there, without its words, which may hold anything', async () => {
    const problem = await problemOf(apiOf(() => Promise.reject(new TypeError(`bad header ${secret}`))).readState());
    expect(problem.kind).toBe('unreachable');
    expect(problem.message).toBe('');
  });
});

test.each([
  [401, 'unauthorized', 'token'],
  [403, 'forbidden', 'forbidden'],
  [403, 'read-only', 'readOnly'],
  [404, 'not-found', 'missing'],
  [409, 'conflict', 'changed'],
  [412, 'stale-revision', 'changed'],
  [422, 'invalid-value', 'refused'],
  [429, 'too-many-requests', 'busy'],
  [503, 'unavailable', 'busy'],
  [500, 'internal-error', 'refused'],
])('a %i %s is told as %s, in the words of the service', async (status, type, kind) => {
  const body = { type: `/problems/${type}`, detail: `no, and ${secret} is not shown` };
  const problem = await problemOf(apiOf(() => json(body, status, { 'retry-after': '7' })).act(disable));
  expect(problem).toMatchObject({ kind, message: 'no, and … is not shown', retryAfterS: 7 });
});

test.each([
  ['empty', ''],
  ['of two lines', 'a\nb'],
  ['beyond all measure', 'x'.repeat(513)],
  ['no text', JSON.parse('7') as string],
  ['found by what fails', () => Promise.reject(new Error('no vault'))],
])('a token that is %s is never sent', async (_, token) => {
  let calls = 0;
  const answer = () => (calls++, json({}));
  expect((await problemOf(apiOf(answer, token).readState())).kind).toBe('token');
  expect(calls).toBe(0);
});

test('reads features by own keys, and leaves out what makes no sense', async () => {
  const feature = {
    feature: 'memoryPanel',
    enabled: true,
    percentage: 10,
    rowRevision: 3,
    rollbackHistory: [{}, null],
  };
  const features = [
    feature,
    null,
    7,
    { ...feature, feature: '__proto__' },
    { ...feature, feature: 'a', percentage: '10' },
  ];
  const state = await apiOf(() => json({ features, emergency: { since: 7 } })).readState();
  expect([...state.features.keys()]).toEqual(['memoryPanel']);
  expect(state.features.get('memoryPanel')?.rollbacks).toEqual([]);
  expect(state.emergency).toBeNull();
});

describe('command lines', () => {
  const cruel = `it's $(touch x) \`id\` "quoted" \\ !! ; & | é\t`;
  const actions: readonly OperatorAction[] = [
    { ...disable, reason: cruel },
    { kind: 'enable', feature: 'memoryPanel', percentage: 12.5, reason: cruel },
    { kind: 'percentage', feature: 'memoryPanel', percentage: 50, rowRevision: 7, reason: cruel },
    { kind: 'undo', feature: 'memoryPanel', rollbackId: 41, reason: cruel, isEmergency: true },
  ];

  /** What a shell makes of a line, one word each. */
  const wordsOf = async (line: string): Promise<string[]> => {
    const script = `curl() { printf '%s\\0' "$@"; }; npx() { curl "$@"; }; SWITCHBACK_ADMIN_TOKEN=secret; ${line}`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script]);
    return stdout.split('\0').slice(0, -1);
  };

  test.each(actions)('of $kind survive a shell, whatever the reason', async (action) => {
    const { cli, curl } = commandLinesOf(action, 'https://app.example/api');
    const words = await wordsOf(cli);
    expect(words.slice(0, 1)).toEqual(['switchback']);
    expect(words[words.indexOf('--reason') + 1]).toBe(cruel);
    expect(words[words.indexOf('--url') + 1]).toBe('https://app.example');
    const sent = await wordsOf(curl);
    expect(JSON.parse(sent.at(-1)!)).toMatchObject({ reason: cruel });
    expect(sent).toContain('Authorization: Bearer secret');
    expect(sent[2]).toMatch(/^https:\/\/app\.example\/api\//);
    if (action.kind === 'percentage') expect(sent).toContain('If-Match: "7"');
  });
});

describe('the health of v2', () => {
  const body = (v2: object) => ({ status: 'critical', versions: { v1: { status: 'critical', reasons: [] }, v2 } });
  const reason = { code: 'errors', status: 'degraded', detail: '3.1 % of 200 attempts failed' };

  test('is that of v2 alone, with its reasons', () => {
    expect(readHealth(body({ status: 'degraded', reasons: [reason] }))).toEqual({
      status: 'degraded',
      reasons: [reason],
    });
  });

  test.each([
    [null],
    [[]],
    [{}],
    [{ status: 'healthy' }],
    [body({ status: 'fine', reasons: [] })],
    [body({ status: 'constructor', reasons: [] })],
    [body({ status: 'healthy' })],
    [body({ status: 'healthy', reasons: 'none' })],
  ])('is not read from %j', (answer) => {
    expect(readHealth(answer)).toBeUndefined();
  });

  test('is bounded, and reasons that are none are left out', () => {
    const many = Array.from({ length: 500 }, () => ({ ...reason, detail: 'x'.repeat(5_000) }));
    const read = readHealth(
      body({ status: 'unknown', reasons: [null, 'errors', { ...reason, status: 'bad' }, ...many] }),
    );
    expect(read?.reasons).toHaveLength(17);
    expect(read?.reasons[0]?.detail).toHaveLength(300);
  });

  test('is read from the mock service', async () => {
    const service = createMockService({ memoryPanel: 'v2' });
    const server = setupServer(...service.handlers);
    server.listen({ onUnhandledRequest: 'error' });
    onTestFinished(() => server.close());
    const api = createOperatorApi({ token: secret, url: 'http://localhost:4400/api', fetch });
    expect((await api.readHealth('memoryPanel')).status).toBe('unknown');
    service.judge('memoryPanel', 'critical', 'all attempts failed');
    expect(await api.readHealth('memoryPanel')).toEqual({
      status: 'critical',
      reasons: [{ code: 'errors', status: 'critical', detail: 'all attempts failed' }],
    });
    service.judge('memoryPanel', 'healthy');
    expect(await api.readHealth('memoryPanel')).toEqual({ status: 'healthy', reasons: [] });
    expect((await problemOf(api.readHealth('sessionsList'))).kind).toBe('missing');
  });
});
