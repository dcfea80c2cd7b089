import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { digestOf } from '../../../src/evaluate/bucket.js';
import { emptyHistogram, record } from '../../../src/observe/histogram.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { runSql, startTestPostgres, type TestPostgres } from '../../harness/postgres.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { openStream, operatorToken, startRunning, type Running } from './running.js';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.close());

/** A service on a database of its own, or one more replica on an existing one. */
async function start(existing?: string): Promise<Running & { readonly database: string }> {
  const database = existing ?? (await postgres.createDatabase());
  const store = await createPostgresStore({ connectionString: database });
  onTestFinished(() => store.close());
  return { ...(await startRunning(store)), database };
}

const json = async (response: Response | Promise<Response>) =>
  (await (await response).json()) as Record<string, unknown>;
const panel = { feature: 'memoryPanel', enabled: true, percentage: 100 };

test('goes round the whole loop: create, ramp, measure, roll back, undo, and tells who did what', async () => {
  const { send, get, url } = await start();
  expect((await send('POST', '/api/features', { ...panel, percentage: 12.5, owner: 'web' })).status).toBe(201);
  expect(await json(send('POST', '/api/features', panel))).toMatchObject({ status: 409 });
  const { etag } = Object.fromEntries((await send('GET', '/api/features/memoryPanel')).headers) as { etag: string };
  const ramp = { rolloutPercentage: 100, reason: 'no errors', enabledUsers: [{ id: 'user-9', label: 'QA' }] };
  const ramped = await send('PATCH', '/api/features/memoryPanel', ramp, { headers: { 'if-match': etag } });
  expect(await json(ramped)).toMatchObject({ percentage: 100, rolloutPercentage: 100, allow: [{ label: 'QA' }] });
  const stale = await send('PATCH', '/api/features/memoryPanel', { percentage: 1 }, { headers: { 'if-match': etag } });
  expect(await json(stale)).toMatchObject({ status: 412, current: { percentage: 100 } });

  const { epoch, revision } = (await json(get('/api/snapshot'))) as { epoch: number; revision: number };
  const counts = {
    attempts: 2,
    exposures: 2,
    settled: 1,
    failed: { load: 0, render: 1, effect: 0, hydration: 0, event: 0, reported: 0 },
    aborted: 0,
    suppressedByBreaker: 0,
    overridden: 0,
  };
  const bucket = {
    feature: 'memoryPanel',
    version: 'v2',
    arm: 'v2',
    reason: 'SPLIT',
    epoch,
    revision,
    stage: null,
    startMs: Date.now() - 5_000,
    durationMs: 10_000,
    counts,
    units: { exposed: 1, error: 1, slow: 0, silent: 0 },
    histograms: { commitMs: [4, 8].reduce(record, emptyHistogram) },
  };
  const batch = {
    schema: 1,
    senderId: 'b'.repeat(32),
    seq: 1,
    subjects: { memoryPanel: digestOf('memoryPanel', 'user-1').subject },
    buckets: [bucket],
  };
  const post = () =>
    get('/api/metrics', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(batch) });
  expect(await json(post())).toMatchObject({ status: 'accepted', acceptedBuckets: 1 });
  expect(await json(post())).toMatchObject({ status: 'duplicate' });
  expect(await json(send('GET', '/api/features/memoryPanel/metrics'))).toMatchObject({
    versions: {
      v1: { errorRate: null },
      v2: { errorRate: 0.5, users: { exposed: 1, error: 1 }, timings: { commitMs: { count: 2, meanMs: 6 } } },
    },
  });

  const stream = await openStream(url);
  const hello = await stream.next('hello');
  const rolledBack = await json(
    send('POST', '/api/features/disable', { feature: 'memoryPanel', reason: 'errors' }, { token: operatorToken }),
  );
  expect(rolledBack).toMatchObject({
    feature: 'memoryPanel',
    enabled: false,
    revision: revision + 1,
    rollbackId: expect.any(Number),
    auditId: expect.any(Number),
  });
  expect(await stream.next('snapshot')).toMatchObject({ data: { revision } });
  expect(await stream.next('snapshot')).toMatchObject({
    data: { kills: ['memoryPanel'], features: { memoryPanel: { rolledBack: true } } },
  });
  expect(await json(get('/api/health/rollback-status'))).toMatchObject({
    rollbackComplete: false,
    target: { revision: rolledBack['revision'] },
    v2: { exposuresAfter: 0 },
  });
  await get('/api/confirm', {
    method: 'POST',
    body: JSON.stringify({ streamId: hello.data['streamId'], epoch, revision: rolledBack['revision'] }),
  });
  expect(await json(get('/api/health/rollback-status'))).toMatchObject({
    rollbackComplete: true,
    streams: { confirmed: 1 },
  });

  const undone = await send('POST', `/api/rollbacks/${String(rolledBack['rollbackId'])}/undo`, { reason: 'fixed' });
  expect(await json(undone)).toMatchObject({ feature: 'memoryPanel', enabled: true });
  expect(await json(get('/api/health/rollback-status'))).toMatchObject({ rollbackComplete: false, target: null });
  expect(await json(get('/health/features'))).toMatchObject({
    features: { memoryPanel: { version: 'v2', percentage: 100 } },
  });
  const { entries } = (await json(send('GET', '/api/audit'))) as { entries: object[] };
  expect(entries).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        actor: 'otto',
        reason: 'errors',
        source: 'api',
        requestId: expect.stringMatching(/^req-/),
      }),
    ]),
  );
  expect(await json(send('GET', '/api/rollbacks'))).toMatchObject({
    rollbacks: [{ feature: 'memoryPanel', reason: 'errors', endedReason: 'fixed' }],
  });
  expect(JSON.stringify(await json(send('GET', '/api/features')))).not.toContain('user-9');
}, 30_000);

test('brings a plain SQL UPDATE and a change by another replica to every stream within a second', async () => {
  const one = await start();
  const two = await start(one.database);
  await one.send('POST', '/api/features', panel);
  await one.send('POST', '/api/features', { feature: 'sessionsList', enabled: true, percentage: 50 });
  await expect.poll(() => json(two.get('/api/snapshot'))).toMatchObject({ revision: 2 });
  const streams = await Promise.all([openStream(one.url), openStream(two.url)]);
  for (const stream of streams) await stream.next('snapshot');
  let elapsedMs = startStopwatch();
  await runSql(one.database, `UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'`);
  for (const stream of streams)
    expect(await stream.next('snapshot')).toMatchObject({ data: { kills: ['memoryPanel'] } });
  expect(elapsedMs()).toBeLessThan(1_000);
  elapsedMs = startStopwatch();
  await two.send('POST', '/api/emergency/rollback');
  for (const stream of streams)
    expect(await stream.next('snapshot')).toMatchObject({ data: { emergency: { since: expect.any(String) } } });
  expect(elapsedMs()).toBeLessThan(1_000);
  expect(await json(one.send('GET', '/api/rollbacks'))).toMatchObject({
    rollbacks: [{ feature: null }, { feature: 'memoryPanel', source: 'sql' }],
  });
}, 30_000);

test('leaves off what is not listed when an emergency is undone', async () => {
  const { send, get } = await start();
  await send('POST', '/api/features', panel);
  await send('POST', '/api/features', { feature: 'sessionsList', enabled: true, percentage: 50 });
  const { rollbackId } = (await json(send('POST', '/api/emergency/rollback'))) as { rollbackId: number };
  expect(await json(get('/health/features'))).toMatchObject({
    emergency: true,
    features: { memoryPanel: { version: 'v1' } },
  });
  const undone = await send('POST', `/api/rollbacks/${rollbackId}/undo`, {
    reason: 'one by one',
    features: ['memoryPanel'],
  });
  expect(undone.status).toBe(200);
  expect(await json(get('/health/features'))).toMatchObject({
    emergency: false,
    features: { memoryPanel: { version: 'v2' }, sessionsList: { version: 'v1' } },
  });
});

test('refuses cycles, unknown prerequisites and hostile names, and stays right', async () => {
  const { send, get } = await start();
  for (const feature of ['constructor', 'toString', 'memoryPanel'])
    expect((await send('POST', '/api/features', { ...panel, feature })).status).toBe(201);
  const change = (feature: string, body: unknown) =>
    send('PATCH', `/api/features/${feature}`, body, { headers: { 'if-match': '*' } });
  expect((await change('constructor', { requires: ['toString'] })).status).toBe(200);
  expect(await json(change('toString', { requires: ['constructor'] }))).toMatchObject({ status: 409 });
  expect(await json(change('toString', { requires: ['unknown'] }))).toMatchObject({
    status: 422,
    errors: [{ pointer: '/requires' }],
  });
  expect((await change('memoryPanel', '{"config":{"__proto__":{"x":1},"nul":"\\u0000"}}')).status).toBe(422);
  expect(
    (await change('memoryPanel', '{"config":{"__proto__":{"x":1}},"description":"\'; DROP TABLE feature_flags; --"}'))
      .status,
  ).toBe(200);
  expect(await (await get('/api/snapshot')).text()).toContain('"__proto__":{"x":1}');
  await send('POST', '/api/features/disable', { feature: 'constructor' });
  expect(await json(get('/api/snapshot'))).toMatchObject({ kills: ['constructor'] });
});

test('serves reads from memory, refuses changes within 3 s and says so when PostgreSQL is gone', async () => {
  const own = await startTestPostgres();
  const store = await createPostgresStore({ connectionString: own.connectionString });
  onTestFinished(() => store.close());
  const { send, get, url } = await startRunning(store);
  await send('POST', '/api/features', panel);
  const stream = await openStream(url);
  await stream.next('snapshot');
  await own.close();
  const elapsedMs = startStopwatch();
  expect(await json(send('POST', '/api/features/disable', { feature: 'memoryPanel' }))).toMatchObject({ status: 503 });
  expect(elapsedMs()).toBeLessThan(3_000);
  expect(await json(get('/api/snapshot'))).toMatchObject({ revision: 1, kills: [] });
  expect((await send('GET', '/api/features')).status).toBe(200);
  await expect
    .poll(() => json(get('/api/health')), { timeout: 5_000 })
    .toMatchObject({ status: 'degraded', writable: false });
});
