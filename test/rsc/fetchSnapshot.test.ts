import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchSnapshot, type FetchSnapshotOptions } from '../../src/rsc/index.js';
import { rulesSnapshot } from '../harness/snapshot.js';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
}

const causeOf = (faults: readonly [string, unknown][]): string =>
  faults.map(([, error]) => String(error instanceof Error && error.cause)).join();

async function ask(url: string | undefined, options: FetchSnapshotOptions = {}) {
  const faults: [string, unknown][] = [];
  const startedMs = performance.now();
  const snapshot = await fetchSnapshot(url, { onInternalFault: (...fault) => void faults.push(fault), ...options });
  return { snapshot, faults, tookMs: performance.now() - startedMs };
}

const snapshot = rulesSnapshot({ panel: { config: { text: 'ü'.repeat(5_000) } } });

test('gives the published snapshot, with the time it was decided at', async () => {
  const asked: unknown[] = [];
  const url = await serve((request, response) => {
    asked.push([request.url, request.headers.accept]);
    response.end(JSON.stringify(snapshot));
  });
  const answer = await ask(`${url}/`, { timeoutMs: 10_000, init: { headers: { accept: 'application/json' } } });
  expect(answer).toMatchObject({ snapshot: { ...snapshot, now: expect.any(Number) }, faults: [] });
  expect(Math.abs(Number(answer.snapshot?.now) - Date.now())).toBeLessThan(5_000);
  expect(asked).toEqual([['/api/snapshot', 'application/json']]);
});

test('gives kills although the rest is rubbish', async () => {
  const url = await serve((_, response) => void response.end('{"kills":["panel"]}'));
  expect((await ask(url, { timeoutMs: 10_000 })).snapshot).toMatchObject({ kills: ['panel'] });
});

describe('gives null, and says why,', () => {
  test.each<[string, RequestListener, string]>([
    ['for an error', (_, response) => void response.writeHead(503).end('{}'), 'the service answered 503'],
    ['for a page', (_, response) => void response.end('<!doctype html>'), 'JSON'],
    ['for JSON that is no snapshot', (_, response) => void response.end('{"a":1}'), '/schema must be 1'],
    ['for nothing', (_, response) => void response.end(), 'JSON'],
    ['when it hangs up', (request) => void request.socket.destroy(), 'fetch failed'],
    ['for too much', (_, response) => void response.end(`"${'x'.repeat(300_000)}"`), 'at most 262144 characters'],
    ['for an answer that never comes', () => {}, 'no answer in 60 ms'],
    ['for an answer that never ends', (_, response) => void response.write('{"schema":1'), 'no answer in 60 ms'],
  ])('%s', async (_, listener, message) => {
    const timeoutMs = message.startsWith('no answer') ? 60 : 10_000;
    const { snapshot: got, faults, tookMs } = await ask(await serve(listener), { timeoutMs });
    expect(got).toBeNull();
    expect(faults).toEqual([['snapshot', expect.objectContaining({ code: 'snapshot-failed' })]]);
    expect(causeOf(faults)).toContain(message);
    expect(tookMs).toBeLessThan(5_000);
  });

  test.each([undefined, '', '/api', 'nowhere://x'])('for the URL %j', async (url) => {
    const { snapshot: got, faults } = await ask(url);
    expect(got).toBeNull();
    expect(String(faults[0]?.[1])).toContain(url === undefined ? 'undefined' : JSON.stringify(url));
  });

  test('when a fetch that heeds no signal never answers', async () => {
    const { snapshot: got } = await ask('http://127.0.0.1:9/api', {
      timeoutMs: 20,
      fetch: () => new Promise(() => {}),
    });
    expect(got).toBeNull();
  });

  test('when the request it is for is gone', async () => {
    const url = await serve(() => {});
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(new Error('gone')), 20);
    const { snapshot: got, faults } = await ask(url, { timeoutMs: 10_000, init: { signal: leaving.signal } });
    expect(got).toBeNull();
    expect(causeOf(faults)).toContain('gone');
    expect((await ask(url, { timeoutMs: 10_000, init: { signal: leaving.signal } })).snapshot).toBeNull();
  });
});

test('warns on the console of a developer, and lives on with a hook that throws', async () => {
  const onInternalFault = () => {
    throw new Error('hook');
  };
  expect(await fetchSnapshot('', { onInternalFault })).toBeNull();
  const { expectConsole } = await import('../harness/expectedConsole.js');
  expectConsole(/\[switchback\] snapshot: .*no snapshot from ""/);
  expect(await fetchSnapshot('')).toBeNull();
  expect(console.warn).toHaveBeenCalledTimes(1);
});
