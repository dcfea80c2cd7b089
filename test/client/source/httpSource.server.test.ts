import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { httpSource } from '../../../src/client/source/httpSource.js';
import { NodeEventSource } from '../../harness/nodeEventSource.js';
import { quickClock } from './quickClock.js';
import { recordingListener, snapshotOf } from './recordingListener.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A service over real HTTP; `port` 0: any free one. */
async function serve(port = 0) {
  const streams = new Set<ServerResponse>();
  const state = { revision: 1, connections: 0, confirmations: [] as unknown[] };
  const send = (stream: ServerResponse, event: string, data: object) =>
    stream.write(`id: 7-${state.revision}\r\nevent: ${event}\r\ndata: ${JSON.stringify(data)}\r\n\r\n`);
  const server: Server = createServer((request, response) => {
    if (request.url === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      streams.add(response);
      response.on('close', () => streams.delete(response));
      send(response, 'hello', { streamId: `stream-${++state.connections}`, now: Date.now() });
      send(response, 'snapshot', snapshotOf(state.revision));
      return;
    }
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (piece) => (body += piece));
      request.on('end', () => {
        state.confirmations.push(JSON.parse(body));
        response.writeHead(204).end();
      });
      return;
    }
    const etag = `W/"7-${state.revision}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(JSON.stringify(snapshotOf(state.revision)));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  ends.push(close);
  return {
    state,
    close,
    port: (server.address() as AddressInfo).port,
    publish(revision: number) {
      state.revision = revision;
      for (const stream of streams) send(stream, 'snapshot', snapshotOf(revision));
    },
    send(event: string, data: object) {
      for (const stream of streams) send(stream, event, data);
    },
  };
}

function listen(port: number) {
  const recording = recordingListener();
  const source = httpSource({
    url: `http://127.0.0.1:${port}/api`,
    EventSource: NodeEventSource,
    clock: quickClock(10),
  });
  const stop = source.start(recording.listener, recording.request);
  ends.push(stop);
  return { ...recording, source, stop };
}

test('hears a change over a real stream, and confirms it', async () => {
  const service = await serve();
  const { heard, source } = listen(service.port);
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('live'));
  service.publish(2);
  await vi.waitFor(() => expect(heard.snapshots.at(-1)).toEqual(snapshotOf(2)));
  source.confirm?.({ epoch: 7, revision: 2 });
  await vi.waitFor(() =>
    expect(service.state.confirmations).toEqual([{ streamId: 'stream-1', epoch: 7, revision: 2 }]),
  );
  expect(heard.faults).toEqual([]);
});

test('comes back by itself after the service was gone, and has what it missed', async () => {
  const first = await serve();
  const { heard } = listen(first.port);
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('live'));
  await first.close();
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('offline'), 5_000);
  const second = await serve(first.port);
  second.state.revision = 5;
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('live'), 30_000);
  expect(heard.snapshots.at(-1)).toEqual(snapshotOf(5));
});

test('starts while the service is away and is right soon after it comes', async () => {
  const gone = await serve();
  await gone.close();
  const { heard } = listen(gone.port);
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('offline'));
  const service = await serve(gone.port);
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('live'), 30_000);
  expect(heard.snapshots.at(-1)).toEqual(snapshotOf(service.state.revision));
});

test('leaves with a bye and is back on the next stream', async () => {
  const service = await serve();
  const { heard } = listen(service.port);
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('live'));
  service.send('bye', { retryMs: 100 });
  await vi.waitFor(() => expect(service.state.connections).toBe(2));
  expect(heard.faults).toEqual([]);
});

test('is silent after stop', async () => {
  const service = await serve();
  const { heard, stop, count } = listen(service.port);
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('live'));
  stop();
  const before = count();
  service.publish(9);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(count()).toBe(before);
});
