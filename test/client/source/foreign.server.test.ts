import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { Clock } from '../../../src/client/clock.js';
import { ofrepSource } from '../../../src/client/source/ofrepSource.js';
import type { Source } from '../../../src/client/source/source.js';
import { unleashSource } from '../../../src/client/source/unleashSource.js';
import { NodeEventSource } from '../../harness/nodeEventSource.js';
import { quickClock } from './quickClock.js';
import { recordingListener } from './recordingListener.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const quick = quickClock(10);
const veryQuick = quickClock(30);

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A server over real HTTP that answers as it is told. */
async function serve(answer: Answer, port = 0) {
  const engine = { answer };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => engine.answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  ends.push(close);
  return { engine, close, port: (server.address() as AddressInfo).port };
}

const json = (response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void =>
  void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

interface Engine {
  readonly answerOf: (isOn: () => boolean) => Answer;
  readonly sourceOf: (port: number, clock: Clock) => Source;
}

const ofrepOf = (port: number, clock: Clock): Source =>
  ofrepSource({ url: `http://127.0.0.1:${port}`, EventSource: NodeEventSource, clock, onWake: () => () => {} });

/** Each answers as the engine it is named after does. */
const engines: Readonly<Record<string, Engine>> = {
  flagd: {
    sourceOf: ofrepOf,
    answerOf: (isOn) => (request, response, body) => {
      if (request.method !== 'POST' || !('targetingKey' in JSON.parse(body).context))
        return json(response, { errorCode: 'INVALID_CONTEXT', errorDetails: 'no context' });
      const etag = `"flagd-${isOn()}"`;
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
      const variant = isOn() ? 'on' : 'off';
      const flags = [
        { value: isOn(), key: 'memoryPanel', reason: 'STATIC', variant, metadata: {} },
        { value: { color: 'red' }, key: 'theme', reason: 'TARGETING_MATCH', variant: 'red', metadata: { scope: 'x' } },
        { value: 3.5, key: 'ratio', reason: 'STATIC', variant: 'half', metadata: {} },
      ];
      json(response, { flags, metadata: { flagSetId: 'example' } }, { etag });
    },
  },
  'GO Feature Flag': {
    sourceOf: ofrepOf,
    answerOf: (isOn) => (request, response) => {
      if (request.url === '/ofrep/v1/configuration') return void response.writeHead(404).end();
      const flags = [
        {
          key: 'memoryPanel',
          value: isOn(),
          reason: 'TARGETING_MATCH',
          variant: isOn() ? 'enabled' : 'disabled',
          metadata: {},
        },
        { key: 'broken', errorCode: 'GENERAL', errorDetails: 'no rule' },
      ];
      json(response, { flags }, { etag: `W/"${isOn()}"` });
    },
  },
  Unleash: {
    sourceOf: (port, clock) =>
      unleashSource({
        url: `http://127.0.0.1:${port}/api/frontend`,
        clientKey: 'default:development.key',
        appName: 'shop',
        flagKeys: { memoryPanel: 'memoryPanel' },
        clock,
        onWake: () => () => {},
      }),
    answerOf: (isOn) => (request, response) => {
      if (request.headers.authorization !== 'default:development.key') return void response.writeHead(401).end();
      const etag = `"40:${isOn()}"`;
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
      const variant = { name: 'disabled', enabled: false, feature_enabled: isOn() };
      const toggles = isOn() ? [{ name: 'memoryPanel', enabled: true, impressionData: false, variant }] : [];
      json(response, { toggles }, { etag });
    },
  },
};

function run(source: Source) {
  const { heard, listener, request } = recordingListener();
  const stop = source.start(listener, { ...request, context: { targetingKey: 'user-1' } });
  ends.push(stop);
  const version = () => Object(heard.snapshots.at(-1)).features?.memoryPanel?.version as string | undefined;
  return { heard, stop, version };
}

const wait = { timeout: 20_000, interval: 20 };

test.each(Object.entries(engines))('follows an engine like %s', async (_, { answerOf, sourceOf }) => {
  let isOn = true;
  const { port } = await serve(answerOf(() => isOn));
  const { heard, version } = run(sourceOf(port, quick));
  await expect.poll(version, wait).toBe('v2');
  isOn = false;
  await expect.poll(version, wait).toBe('v1');
  expect(heard.faults).toEqual([]);
  expect(heard.statuses).toEqual(['connecting', 'polling']);
});

const troubles: Readonly<Record<string, Answer>> = {
  'a hang': () => {},
  'a reset': (request) => void request.socket.destroy(),
  'a reset in the middle of the body': (_, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"flags":[');
    setTimeout(() => response.destroy(), 20);
  },
  garbage: (_, response) => void response.writeHead(200).end('\u0000{"flags":'),
  'a login page': (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  500: (_, response) => void response.writeHead(500).end(),
  401: (_, response) => void response.writeHead(401).end(),
  429: (_, response) => void response.writeHead(429, { 'retry-after': '1' }).end(),
};

test.each(Object.keys(troubles).flatMap((trouble) => Object.keys(engines).map((name) => [name, trouble] as const)))(
  'starts against %s in trouble (%s), comes right by itself, and keeps what it has when the trouble is back',
  async (name, trouble) => {
    const { answerOf, sourceOf } = engines[name]!;
    const { engine, port } = await serve(troubles[trouble]!);
    const { heard, version } = run(sourceOf(port, veryQuick));
    await expect.poll(() => heard.statuses.at(-1), wait).toBe('offline');
    expect(heard.snapshots).toEqual([]);
    engine.answer = answerOf(() => true);
    await expect.poll(version, wait).toBe('v2');
    engine.answer = troubles[trouble]!;
    await expect.poll(() => heard.statuses.at(-1), wait).toBe('offline');
    expect(version()).toBe('v2');
  },
);

test('starts while nobody listens and is right soon after the engine comes', async () => {
  const gone = await serve(() => {});
  await gone.close();
  const { heard, version } = run(ofrepOf(gone.port, quick));
  await vi.waitFor(() => expect(heard.statuses.at(-1)).toBe('offline'), wait);
  await serve(
    engines['flagd']!.answerOf(() => true),
    gone.port,
  );
  await expect.poll(version, wait).toBe('v2');
});
