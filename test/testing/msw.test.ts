import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createSwitchback, ofrepSource, type SwitchbackOptions } from 'react-switchback/client';
import { createMockService, switchbackHandlers } from 'react-switchback/testing/msw';
import { createHandler } from '../../src/service/http/createHandler.js';
import { expectConsole } from '../harness/expectedConsole.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { NodeEventSource } from '../harness/nodeEventSource.js';
import { checkAnswer, readDocument, type OpenapiDocument } from '../service/http/checkedHandler.js';

const server = setupServer();
let document: OpenapiDocument;
beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' });
  const handler = createHandler({ store: createMemoryStore(), tokens: [] });
  document = await readDocument(handler);
  handler.close();
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const origin = 'http://localhost:4400';

function serve(...given: Parameters<typeof createMockService>) {
  const service = createMockService(...given);
  server.use(...service.handlers);
  onTestFinished(() => service.closeStreams());
  return service;
}

function open(options: Partial<SwitchbackOptions> = {}) {
  const faults: string[] = [];
  const client = createSwitchback({
    features: { panel: { config: { size: 1 } }, other: {} },
    ...('source' in options ? {} : { url: `${origin}/api` }),
    storage: false,
    context: { targetingKey: 'ada' },
    // As much of it as a client uses.
    EventSource: NodeEventSource as unknown as typeof EventSource,
    onInternalFault: (operation, error) => void faults.push(`${operation}: ${String(error)}`),
    ...options,
  });
  client.start();
  onTestFinished(() => client.close());
  return { client, faults };
}

describe('a client', () => {
  test('gets the rules, follows the stream and confirms a rollback', async () => {
    const service = serve({ panel: { percentage: 100, config: { size: 9 } }, other: 'v1' });
    const { client } = open();
    await vi.waitFor(() => expect(client.isEnabled('panel')).toBe(true), 10_000);
    expect(client.getConfig('panel')).toEqual({ size: 9 });
    expect(client.isEnabled('other')).toBe(false);
    await vi.waitFor(() => expect(client.getStatus().status).toBe('live'), 10_000);
    expect(service.streams()).toBe(1);
    service.rollBack('panel');
    await vi.waitFor(() => expect(client.getDecision('panel').reason).toBe('ROLLED_BACK'), 10_000);
    await vi.waitFor(() => expect(service.confirmations).toMatchObject([{ revision: 2 }]), 10_000);
    service.show('panel', 'v2');
    await vi.waitFor(() => expect(client.isEnabled('panel')).toBe(true), 10_000);
    service.rollBack();
    await vi.waitFor(() => expect(client.isEnabled('panel')).toBe(false), 10_000);
    client.close();
    await vi.waitFor(() => expect(service.streams()).toBe(0), 10_000);
  });

  test('sends its numbers there', async () => {
    const service = serve({ panel: 'v2', other: 'v1' });
    const { client } = open();
    await vi.waitFor(() => expect(client.isEnabled('panel')).toBe(true), 10_000);
    client.reportFailure('panel', new Error('it broke'));
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    client.close();
    await vi.waitFor(
      () => expect(service.batches).toMatchObject([{ buckets: [{ feature: 'panel', version: 'v2' }] }]),
      10_000,
    );
  });

  test.each(['unavailable', 'unreachable'] as const)('is v1 while the service is %s, and recovers', async (trouble) => {
    const service = serve({ panel: 'v2', other: 'v1' });
    service.suffer(trouble);
    const { client } = open();
    await vi.waitFor(() => expect(['degraded', 'polling', 'offline']).toContain(client.getStatus().status), 10_000);
    expect(client.isEnabled('panel')).toBe(false);
    service.suffer('none');
    await vi.waitFor(() => expect(client.isEnabled('panel')).toBe(true), 20_000);
  });

  test('asks it by OFREP as well', async () => {
    const service = serve({ panel: 'v2', other: 'v1' });
    const source = ofrepSource({ url: origin, fetch, EventSource: null });
    const { client } = open({ source });
    await vi.waitFor(() => expect(client.isEnabled('panel')).toBe(true), 10_000);
    expect(service.streams()).toBe(0);
  });
});

describe('answers', () => {
  const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' };
  const context = { context: { targetingKey: 'ada' } };
  const reason = 'because';

  // In this order: each changes what the next one sees.
  const calls: readonly (readonly [string, string, (object | undefined)?, number?])[] = [
    ['GET', '/api/snapshot'],
    ['GET', '/api/snapshot/1-1', undefined, 404],
    ['GET', '/health/features'],
    ['GET', '/api/health/rollback-status'],
    ['POST', '/api/confirm', { streamId: '0123456789abcdef0123456789abcdef', epoch: 1, revision: 1 }],
    ['POST', '/ofrep/v1/evaluate/flags', context],
    ['POST', '/ofrep/v1/evaluate/flags', {}, 400],
    ['POST', '/ofrep/v1/evaluate/flags/panel', context],
    ['POST', '/ofrep/v1/evaluate/flags/nothing', context, 404],
    ['GET', '/api/features'],
    ['GET', '/api/features/panel'],
    ['GET', '/api/features/nothing', undefined, 404],
    ['GET', '/api/features/panel/health'],
    ['GET', '/api/features/other/health'],
    ['GET', '/api/features/nothing/health', undefined, 404],
    ['POST', '/api/features', { feature: 'made', percentage: 5, enabled: true, reason }, 201],
    ['POST', '/api/features', { feature: 'made' }, 409],
    ['POST', '/api/features', { feature: '1' }, 422],
    ['PATCH', '/api/features/made', { percentage: 6, reason }],
    ['PATCH', '/api/features/made', { percentage: 7, reason }, 412],
    ['POST', '/api/features/disable', { feature: 'panel' }],
    ['GET', '/api/health/rollback-status'],
    ['POST', '/api/features/disable', { feature: 'nothing' }, 404],
    ['POST', '/api/features/enable', { feature: 'panel' }, 422],
    ['POST', '/api/features/enable', { feature: 'panel', percentage: 50, reason }],
    ['POST', '/admin/flags', { flag: 'panel', enabled: false }],
    ['GET', '/api/rollbacks'],
    ['POST', '/api/rollbacks/2/undo', { reason }],
    ['POST', '/api/rollbacks/2/undo', { reason }, 409],
    ['POST', '/api/rollbacks/77/undo', { reason }, 404],
    ['POST', '/api/emergency/rollback'],
    ['POST', '/api/features/enable', { feature: 'panel', reason }, 409],
    ['GET', '/api/features'],
    ['GET', '/health/features'],
    ['POST', '/api/rollbacks/3/undo', { reason }],
  ];

  test('are as the OpenAPI document of the real service says', async () => {
    serve({ panel: { percentage: 100, config: { size: 1 } }, other: 'v1' }).judge('other', 'critical', 'it fails');
    let etag = '';
    for (const [method, path, body, status = 200] of calls) {
      const given = body === undefined ? '' : JSON.stringify(body);
      if (method === 'PATCH' && etag === '') etag = (await fetch(`${origin}${path}`, { headers })).headers.get('etag')!;
      const ifMatch = method === 'PATCH' ? { 'if-match': etag } : {};
      const init = given === '' ? { method } : { method, body: given };
      const response = await fetch(origin + path, { ...init, headers: { ...headers, ...ifMatch } });
      const text = await response.text();
      expect(response.status, `${method} ${path} ${given} ${text}`).toBe(status);
      const contentType = response.headers.get('content-type')?.split(';')[0] ?? null;
      const faults = checkAnswer(
        document,
        { method, path, given: response.ok ? given : '' },
        { status, headers: response.headers, contentType, body: text },
      );
      expect(faults, `${method} ${path} ${given} ${text}`).toEqual([]);
    }
  });

  test('304 to who has it', async () => {
    serve({ panel: 'v2' });
    const first = await fetch(`${origin}/api/snapshot`);
    const again = await fetch(`${origin}/api/snapshot`, { headers: { 'if-none-match': first.headers.get('etag')! } });
    expect([first.status, again.status]).toEqual([200, 304]);
  });

  test.each([
    [undefined, {}, 401],
    ['secret', { authorization: 'Bearer wrong' }, 401],
    ['secret', headers, 200],
    [undefined, { authorization: 'Bearer any' }, 200],
  ])('with the token %s and %j: %i', async (token, given, status) => {
    serve({ panel: 'v2' }, token === undefined ? {} : { token });
    expect((await fetch(`${origin}/api/features`, { headers: { ...given } })).status).toBe(status);
  });

  test('a body that is no JSON is 400', async () => {
    serve({ panel: 'v2' });
    const response = await fetch(`${origin}/api/emergency/rollback`, { method: 'POST', headers, body: '{' });
    expect(response.status).toBe(400);
  });

  test('what another route of the host answers is left to it', async () => {
    serve({ panel: 'v2' });
    expectConsole(/without a matching request handler/);
    await expect(fetch(`${origin}/api/orders`)).rejects.toThrow(/Failed to fetch|Cannot bypass/);
  });
});

test('a whole snapshot is served as it is', async () => {
  serve({
    schema: 1,
    kind: 'rules',
    epoch: 7,
    revision: 9,
    publishedAt: '2027-01-01T00:00:00.000Z',
    emergency: null,
    kills: ['gone'],
    delivery: { pollMs: 15_000, heartbeatMs: 8_000, spreadMs: 0, ackRate: 1, maxStaleMs: 86_400_000 },
    features: {
      panel: { enabled: true, percentage: 12.5, requires: ['gone'] },
      gone: { enabled: true, percentage: 100 },
    },
  });
  const snapshot: unknown = await (await fetch(`${origin}/api/snapshot`)).json();
  expect(snapshot).toMatchObject({
    epoch: 7,
    revision: 9,
    kills: ['gone'],
    features: { panel: { percentage: 12.5, requires: ['gone'] }, gone: { rolledBack: true } },
  });
});

test.each([
  ['/flags', 'http://localhost/flags/snapshot'],
  ['http://flags.example/api/', 'http://flags.example/api/snapshot'],
])('is below the url %s', async (url, address) => {
  server.use(...switchbackHandlers({ panel: 'v2' }, { url }));
  expect((await fetch(address)).status).toBe(200);
});

test.each([
  [{ panel: 'v3' }, /panel must be "v1", "v2" or fields of a feature, found "v3"/],
  [{ '1': 'v2' }, /a feature must be a letter/],
  [null, /must be features or a snapshot, found null/],
  [{ schema: 1, features: {}, epoch: 'x' }, /snapshot\/epoch|snapshot must|snapshot\//],
])('refuses %j', (snapshot, message) => {
  expect(() => switchbackHandlers(snapshot as never)).toThrow(message);
});

test('refuses a url that is none', () => {
  expect(() => switchbackHandlers({}, { url: 'api' })).toThrow(/url must be a path or an http/);
});
