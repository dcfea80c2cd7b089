import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { openStream, startRunning } from './running.js';

const seed = { memoryPanel: { enabled: true, percentage: 50 }, sessionsList: { enabled: true, percentage: 5 } };

test('greets, sends the snapshot, then every change', async () => {
  const { url, send } = await startRunning(createMemoryStore(seed));
  const stream = await openStream(url);
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  expect(stream.headers.get('access-control-allow-origin')).toBe('*');
  const hello = await stream.next();
  expect(hello).toMatchObject({
    event: 'hello',
    data: { streamId: expect.stringMatching(/^[0-9a-f]{32}$/), now: expect.any(Number) },
  });
  expect(await stream.next()).toMatchObject({ event: 'snapshot', id: hello.id, data: { revision: 1, kills: [] } });
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  expect(await stream.next()).toMatchObject({
    event: 'snapshot',
    id: hello.id.replace(/1$/, '2'),
    data: { revision: 2, kills: ['memoryPanel'] },
  });
});

test('delivers a change that was made in the database itself', async () => {
  const store = createMemoryStore(seed);
  const { url } = await startRunning(store);
  const stream = await openStream(url);
  await stream.next('snapshot');
  await store.changeOutside('sessionsList', { enabled: false });
  expect(await stream.next('snapshot')).toMatchObject({ data: { kills: ['sessionsList'] } });
});

test('sends no snapshot to who has it, and one to any other Last-Event-ID', async () => {
  const { url, send } = await startRunning(createMemoryStore(seed), { delivery: { heartbeatMs: 100 } });
  const { id } = await (await openStream(url)).next();
  const same = await openStream(url, { 'last-event-id': id });
  await same.next('hello');
  expect((await same.next()).event).toBe('heartbeat');
  for (const other of ['garbage', '9999999999999-99', `${id}0`, '-1']) {
    const stream = await openStream(url, { 'last-event-id': other });
    await stream.next('hello');
    expect((await stream.next()).event).toBe('snapshot');
  }
  await send('POST', '/api/emergency/rollback');
  expect(await same.next('snapshot')).toMatchObject({ data: { emergency: { since: expect.any(String) } } });
});

test('sends heartbeats with the newest revision and the time', async () => {
  const { url } = await startRunning(createMemoryStore(seed), { delivery: { heartbeatMs: 100 } });
  const stream = await openStream(url);
  const { data } = await stream.next('heartbeat');
  expect(data).toMatchObject({ revision: 1, epoch: expect.any(Number) });
  expect(Math.abs(Number(data['now']) - Date.now())).toBeLessThan(5_000);
});

test('announces a large change by its kills and the immutable URL serves it', async () => {
  const store = createMemoryStore({ ...seed, big: { enabled: true, config: { text: 'x'.repeat(20_000) } } });
  const { url, get, send } = await startRunning(store);
  const stream = await openStream(url);
  await stream.next('revision');
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  const change = await stream.next('revision');
  expect(change.data).toMatchObject({
    revision: 2,
    kills: ['memoryPanel'],
    emergency: false,
    spreadMs: expect.any(Number),
  });
  expect(await (await get(`/api/snapshot/${change.id}`)).json()).toMatchObject({ revision: 2, features: { big: {} } });
});

test('says bye and ends every stream when it stops', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const streams = await Promise.all([openStream(running.url), openStream(running.url)]);
  for (const stream of streams) await stream.next('snapshot');
  const elapsedMs = startStopwatch();
  await running.close();
  for (const stream of streams) {
    const { data } = await stream.next('bye');
    expect(data['retryMs']).toBeGreaterThanOrEqual(0);
    expect(data['retryMs']).toBeLessThanOrEqual(5_000);
    await stream.ended;
  }
  expect(elapsedMs()).toBeLessThan(2_000);
});

test('refuses more streams than it holds, with Retry-After', async () => {
  const { url, get } = await startRunning(createMemoryStore(seed), { maxStreams: 2 });
  const first = await openStream(url);
  await openStream(url);
  const refused = await get('/api/events');
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  first.close();
  await expect.poll(async () => (await get('/api/health')).json()).toMatchObject({ streams: 1 });
});

test('opens no stream for HEAD', async () => {
  const { get } = await startRunning(createMemoryStore(seed));
  expect((await get('/api/events', { method: 'HEAD' })).status).toBe(200);
  expect(await (await get('/api/health')).json()).toMatchObject({ streams: 0 });
});

test('drops a reader that does not read, and nobody else', async () => {
  const store = createMemoryStore({ ...seed, big: { enabled: true, config: { text: 'x'.repeat(14_000) } } });
  const { url, port, get } = await startRunning(store);
  const slow = connect(port, '127.0.0.1', () => slow.write('GET /api/events HTTP/1.1\r\nhost: x\r\n\r\n'));
  onTestFinished(() => void slow.destroy());
  slow.on('error', () => {});
  slow.pause();
  const good = await openStream(url);
  await expect.poll(async () => (await get('/api/health')).json()).toMatchObject({ streams: 2 });
  const drain = (async () => {
    for (;;) await good.next('snapshot');
  })();
  drain.catch(() => {});
  // The kernel takes some megabytes before a reader counts as slow.
  for (let at = 0; at < 1_500; at++) {
    await store.changeOutside('sessionsList', { percentage: (at % 100) + 0.5 });
    await new Promise((resolve) => setTimeout(resolve, 6));
    if (at % 50 === 0 && ((await (await get('/api/health')).json()) as { streams: number }).streams === 1) break;
  }
  expect(await (await get('/api/health')).json()).toMatchObject({ streams: 1 });
});

test('follows a rollback until every stream shows it', async () => {
  const { url, get, send } = await startRunning(createMemoryStore(seed));
  const status = async () => (await get('/api/health/rollback-status')).json() as Promise<Record<string, unknown>>;
  expect(await status()).toMatchObject({
    rollbackComplete: false,
    target: null,
    blockers: ['no rollback is in force'],
  });
  const streams = await Promise.all([openStream(url), openStream(url)]);
  const hellos = await Promise.all(streams.map((stream) => stream.next('hello')));
  const change = (await (await send('POST', '/api/features/disable', { feature: 'memoryPanel' })).json()) as {
    epoch: number;
    revision: number;
  };
  expect(await status()).toMatchObject({
    rollbackComplete: false,
    target: { revision: change.revision },
    replicas: { total: 1, applied: 1 },
    streams: { connected: 2, sent: 2, sampled: 2, confirmed: 0 },
    status: { memoryPanel: 'v1', sessionsList: 'v2' },
    blockers: ['2 of 2 streams have not confirmed', expect.stringContaining('v2 must not be seen')],
  });
  const confirm = (streamId: unknown, revision: number) =>
    get('/api/confirm', {
      method: 'POST',
      body: JSON.stringify({ streamId, epoch: change.epoch, revision }),
      headers: { 'content-type': 'text/plain' },
    });
  await confirm(hellos[0]!.data['streamId'], change.revision);
  expect(await status()).toMatchObject({ rollbackComplete: false, streams: { confirmed: 1 } });
  expect(await (await confirm('0'.repeat(32), 99)).json()).toEqual({ confirmed: false });
  await confirm(hellos[1]!.data['streamId'], change.revision);
  expect(await status()).toMatchObject({
    rollbackComplete: true,
    streams: { confirmed: 2 },
    blockers: [],
    v2: { exposuresAfter: 0, lastSeenAt: null },
  });
});

test('does not take a confirmation for what a stream was not sent', async () => {
  const { url, get, send } = await startRunning(createMemoryStore(seed));
  const stream = await openStream(url);
  const { data } = await stream.next('hello');
  await get('/api/confirm', {
    method: 'POST',
    body: JSON.stringify({ streamId: data['streamId'], epoch: 9e12, revision: 1_000 }),
  });
  await send('POST', '/api/emergency/rollback');
  expect(await (await get('/api/health/rollback-status')).json()).toMatchObject({
    rollbackComplete: false,
    streams: { sampled: 1, confirmed: 0 },
  });
});
