import * as v from 'valibot';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createOfrepStreams } from '../../../../src/service/http/ofrepStreams.js';
import { publish } from '../../../../src/service/http/publish.js';
import { createStreamSlots } from '../../../../src/service/http/streamSlots.js';
import { createFakeClock } from '../../../harness/fakeClock.js';
import { createEventParser } from '../../../harness/nodeEventSource.js';
import { createMemoryStore } from '../../../harness/memoryStore.js';
import { startRunning } from '../running.js';
import { refetchEvent } from './protocol.js';

const seed = { memoryPanel: { enabled: true, percentage: 100 }, sessionsList: { enabled: true, percentage: 5 } };

/** A stream over a real socket, with what it said. */
async function listenTo(url: string, headers: Record<string, string> = {}) {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(`${url}/ofrep/v1/events`, { headers, signal: abort.signal });
  const heard = { text: '', events: [] as { type: string; id: string; data: unknown }[], ended: false };
  const parse = createEventParser((type, data, id) => heard.events.push({ type, id, data: JSON.parse(data) }));
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      const piece = decoder.decode(bytes, { stream: true });
      heard.text += piece;
      parse(piece);
    }
  };
  void read()
    .catch(() => {})
    .finally(() => (heard.ended = true));
  return { response, heard, close: () => abort.abort() };
}

const soon = { timeout: 5_000, interval: 10 };

test('sends word of a change, in the form of the protocol, with an id', async () => {
  const { url, send } = await startRunning(createMemoryStore(seed));
  const { response, heard } = await listenTo(url);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  expect(response.headers.get('cache-control')).toContain('no-transform');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  await expect.poll(() => heard.events.length, soon).toBe(1);
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await expect.poll(() => heard.events.length, soon).toBe(2);
  for (const { type, data } of heard.events) {
    expect(type).toBe('message');
    expect(v.is(refetchEvent, data)).toBe(true);
  }
  const [first, second] = heard.events;
  expect(second!.id).toBe(first!.id.replace(/1$/, '2'));
  expect(second!.data).toEqual({ type: 'refetchEvaluation', etag: second!.id });
  expect(heard.text).toMatch(/^retry: \d{4}\n/);
});

test('sends word of a rollback by the environment before anything was read, and of the rules when they are there', async () => {
  const store = createMemoryStore(seed);
  store.trouble = 'down';
  const startKills = { emergency: false, features: ['memoryPanel'] };
  const { url } = await startRunning(store, { startKills });
  const { heard } = await listenTo(url);
  await expect.poll(() => heard.events, soon).toMatchObject([{ id: 'kills', data: { etag: 'kills' } }]);
  store.trouble = 'none';
  await expect.poll(() => heard.events.length, { timeout: 15_000 }).toBeGreaterThan(1);
  expect(heard.events[1]?.id).toMatch(/^\d+-\d+/);
});

test('replays what a client missed, and nothing to who has it', async () => {
  const { url, send } = await startRunning(createMemoryStore(seed), { delivery: { heartbeatMs: 100 } });
  const first = await listenTo(url);
  await expect.poll(() => first.heard.events.length, soon).toBe(1);
  const { id } = first.heard.events[0]!;
  first.close();
  const same = await listenTo(url, { 'last-event-id': id });
  await expect.poll(() => same.heard.text, soon).toContain(': heartbeat');
  expect(same.heard.events).toEqual([]);
  same.close();
  await send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  for (const missed of [id, 'garbage', `${id}0`]) {
    const { heard } = await listenTo(url, { 'last-event-id': missed });
    await expect.poll(() => heard.events.at(-1)?.id, soon).toBe(id.replace(/1$/, '2'));
  }
});

test('beats by comments, which no client takes for an event', async () => {
  const { url } = await startRunning(createMemoryStore(seed), { delivery: { heartbeatMs: 100 } });
  const { heard } = await listenTo(url);
  await expect.poll(() => heard.text.split(': heartbeat\n\n').length, soon).toBeGreaterThan(3);
  expect(heard.events.length).toBe(1);
});

test('sends word when a window opens, though no rule changed', async () => {
  const from = new Date(Date.now() + 400).toISOString();
  const { url } = await startRunning(createMemoryStore({ ...seed, later: { enabled: true, percentage: 100, from } }), {
    delivery: { heartbeatMs: 100 },
  });
  const { heard } = await listenTo(url);
  await expect.poll(() => heard.events.length, soon).toBe(2);
  expect(heard.events[1]!.id).not.toBe(heard.events[0]!.id);
});

test('counts with our own streams where there are too many', async () => {
  const { url, get } = await startRunning(createMemoryStore(seed), { maxStreamsPerAddress: 2 });
  await listenTo(url);
  const second = await listenTo(url);
  for (const path of ['/ofrep/v1/events', '/api/events']) {
    const refused = await get(path);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(5);
  }
  second.close();
  await vi.waitFor(async () => expect((await listenTo(url)).response.status).toBe(200), soon);
});

test('ends its streams when the service stops', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const { heard } = await listenTo(running.url);
  await expect.poll(() => heard.events.length, soon).toBe(1);
  await running.close();
  await expect.poll(() => heard.ended, soon).toBe(true);
});

test('drops a reader that stops reading, and gives its place back', async () => {
  const store = createMemoryStore(seed);
  const publication = publish(await store.readState());
  const slots = createStreamSlots({ maxStreams: 2, maxStreamsPerAddress: 2, random: () => 0 });
  const streams = createOfrepStreams({
    clock: createFakeClock(),
    random: () => 0,
    heartbeatMs: 8_000,
    slots,
    maxBufferedBytes: 4_096,
  });
  let dropped = 0;
  const disconnect = () => void (dropped += 1);
  streams.open({ address: 'slow', lastEventId: null, disconnect }, publication);
  const reader = streams.open({ address: 'quick', lastEventId: null, disconnect }, publication).body!.getReader();
  expect(() => slots.take('third')).toThrow('2 streams are open');
  for (let at = 0; at < 100; at++) {
    streams.publish(publication);
    await reader.read();
  }
  expect(dropped).toBe(1);
  slots.take('third');
  streams.close();
});

test('HEAD opens no stream', async () => {
  const { get } = await startRunning(createMemoryStore(seed), { maxStreamsPerAddress: 1 });
  for (let at = 0; at < 3; at++) expect((await get('/ofrep/v1/events', { method: 'HEAD' })).status).toBe(200);
});
