import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bundleForNode } from '../../harness/nodeBundle.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { exchange } from './running.js';

let program: Awaited<ReturnType<typeof bundleForNode>>;
beforeAll(async () => {
  program = await bundleForNode(new URL('./servingProcess.ts', import.meta.url));
});
afterAll(() => program.remove());

/** The service in a Node of its own, so that what is measured is the service alone. */
async function startServing() {
  // A young generation that does not grow by itself: what is measured is what is held.
  const child = spawn(process.execPath, ['--max-semi-space-size=4', program.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  const read = (path = '/api/snapshot') => fetch(`http://127.0.0.1:${port}${path}`);
  // What the first requests take is no growth, nor what the first refusal of a body takes.
  for (let at = 0; at < 200; at += 1) await (await read()).arrayBuffer();
  for (const path of ['/api/metrics', '/api/features/disable'])
    await exchange(port, (socket) => {
      socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${asAdmin}${chunked}`);
      pour(socket, 4);
    });
  return {
    port,
    read,
    async peakMb(): Promise<number> {
      child.stdin.write('\n');
      return Number((await lines.next()).value);
    },
  };
}

const chunk = Buffer.from(`4000\r\n${'x'.repeat(16_384)}\r\n`);

const asAdmin = 'authorization: Bearer admin-token-0123456789\r\n';
const chunked = 'content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';

/** Sends a chunked body of up to so many MB for as long as somebody takes it. */
function pour(socket: Socket, megabytes = 100): () => number {
  let sent = 0;
  const push = (): void => {
    while (!socket.destroyed && socket.writable && sent < megabytes * 1_048_576) {
      sent += 16_384;
      if (!socket.write(chunk)) return void socket.once('drain', push);
    }
    socket.end('0\r\n\r\n');
  };
  push();
  return () => sent;
}

test.each([
  ['/api/metrics', '', 413],
  ['/api/confirm', '', 413],
  ['/api/features/disable', asAdmin, 413],
  ['/api/features/disable', '', 401],
  ['/api/nothing', '', 404],
])('100 MB in chunks for %s (%j) are refused, and cost less than 20 MB', async (path, authorization, status) => {
  const { port, peakMb, read } = await startServing();
  const before = await peakMb();
  const answer = await exchange(port, (socket) => {
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${authorization}${chunked}`);
    pour(socket);
  });
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain('application/problem+json');
  expect((await peakMb()) - before).toBeLessThan(20);
  expect((await read()).status).toBe(200);
});

test('a Content-Length that promises more is given up on, one that promises less ends the connection', async () => {
  const { port, read } = await startServing();
  const head = 'POST /api/metrics HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  const more = new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}content-length: 100\r\n\r\n{}`));
    onTestFinished(() => void socket.destroy());
    socket.on('data', (data) => (text += String(data)));
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
  const less = await exchange(port, (socket) =>
    socket.write(`${head}content-length: 2\r\n\r\n{"a":1}${'x'.repeat(5_000)}`),
  );
  expect(less).toMatch(/^HTTP\/1.1 4\d\d /);
  expect(less).not.toContain('HTTP/1.1 200');
  const huge = await exchange(port, (socket) => socket.write(`${head}content-length: 104857600\r\n\r\n`));
  expect(huge).toMatch(/^HTTP\/1.1 413 /);
  const both = await exchange(port, (socket) =>
    socket.write(`${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
  );
  expect(both).toMatch(/^HTTP\/1.1 400 /);
  expect(await more).toMatch(/^(HTTP\/1.1 4\d\d |$)/);
  expect((await read()).status).toBe(200);
});

test('what is no HTTP, or too large for a header, is answered by a problem document', async () => {
  const { port } = await startServing();
  const rubbish = await exchange(port, (socket) => socket.write('\x16\x03\x01 hello\r\n\r\n'));
  expect(rubbish).toMatch(/^HTTP\/1.1 400 /);
  const large = await exchange(port, (socket) =>
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\nlast-event-id: ${'x'.repeat(40_000)}\r\n\r\n`),
  );
  expect(large).toMatch(/^HTTP\/1.1 431 /);
  for (const answer of [rubbish, large]) {
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('x-content-type-options: nosniff');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ type: '/problems/invalid-request' });
  }
});

test('thousands of requests on one connection, without reading an answer, end it and cost little', async () => {
  const { port, peakMb, read } = await startServing();
  const before = await peakMb();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      exchange(port, (socket) => {
        socket.write('GET /api/snapshot HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2_000));
        socket.pause();
        setTimeout(() => socket.resume(), 1_000);
      }),
    ),
  );
  for (const answer of answers) expect(answer.split('HTTP/1.1 200').length).toBeLessThan(100);
  expect((await peakMb()) - before).toBeLessThan(80);
  expect((await read()).status).toBe(200);
});

test('a few requests on one connection are answered in order', async () => {
  const { port } = await startServing();
  const paths = ['/api/health', '/api/nothing', '/api/health/rollback-status'];
  const statuses = (text: string) => text.match(/HTTP\/1.1 \d+/g) ?? [];
  const answer = await exchange(
    port,
    (socket) => socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`).join('')),
    (text) => statuses(text).length === paths.length,
  );
  expect(statuses(answer)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
});

test('a connection over which nothing moves is closed', async () => {
  const { port } = await startServing();
  let text = '';
  await new Promise<void>((resolve) => {
    // Its heartbeats come more rarely than this service waits.
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /api/events HTTP/1.1\r\nhost: x\r\n\r\n'));
    onTestFinished(() => void socket.destroy());
    socket.on('data', (data) => (text += String(data)));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
  expect(text).toContain('event: hello');
  expect(text).not.toContain('event: heartbeat');
});

test('2,000 connections that never finish a request are closed, and keep nobody from being answered', async () => {
  const { port, peakMb, read } = await startServing();
  const before = await peakMb();
  let open = 0;
  const sockets: Socket[] = [];
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  const stall = (at: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        open += 1;
        // Nothing at all, half a request, half a body.
        if (at % 3 === 1) socket.write('GET /api/snapshot HTTP/1.1\r\nhost: x\r\n');
        if (at % 3 === 2) socket.write('POST /api/metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{');
        resolve();
      });
      socket.on('error', () => {});
      socket.on('close', () => (open -= 1));
      socket.resume();
      sockets.push(socket);
    });
  // More at once than the kernel queues would hang there, unknown to the service.
  for (let at = 0; at < 2_000; at += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, more) => stall(at + more)));
    await read();
  }
  expect(sockets).toHaveLength(2_000);
  const elapsedMs = startStopwatch();
  expect((await read()).status).toBe(200);
  expect(elapsedMs()).toBeLessThan(2_000);
  await expect.poll(() => open, { timeout: 30_000, interval: 100 }).toBe(0);
  expect((await peakMb()) - before).toBeLessThan(100);
  expect((await read()).status).toBe(200);
}, 60_000);
