import type { Source } from '../../../src/client/source/source.js';
import { ofrepSource, type OfrepSourceOptions } from '../../../src/client/source/ofrepSource.js';
import type { OnWake } from '../../../src/client/source/onWake.js';
import { unleashSource, type UnleashSourceOptions } from '../../../src/client/source/unleashSource.js';
import { createFakeClock } from '../../harness/fakeClock.js';
import { createFakeEventSource } from '../../harness/fakeEventSource.js';
import { recordingListener } from './recordingListener.js';

interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
}

/** An engine that answers with JSON and an ETag, until a test says otherwise. */
function createEngine(current: unknown) {
  const clock = createFakeClock();
  const events = createFakeEventSource();
  const requests: SentRequest[] = [];
  const wakes = new Set<() => void>();
  const hides = new Set<() => void>();
  let offline = () => {};
  const engine = {
    current,
    /** Answers in place of the engine; undefined: as usual. */
    answer: (_request: SentRequest): Response | Promise<Response> | undefined => undefined,
  };
  const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const { method = 'GET', headers, body, signal } = init;
    const request = { url: String(input), method, headers: new Headers(headers), body: String(body ?? '') };
    requests.push(request);
    const answered = engine.answer(request);
    if (answered !== undefined)
      return Promise.race([
        answered,
        new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      ]);
    const text = JSON.stringify(engine.current);
    const etag = `"${Array.from(text).reduce((hash, character) => (hash * 31 + character.charCodeAt(0)) % 1e9, 7)}"`;
    if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: { etag } });
    return new Response(text, { headers: { etag } });
  };
  const registered = (set: Set<() => void>) => (run: () => void) => {
    set.add(run);
    return () => void set.delete(run);
  };
  const onWake: OnWake = (run, toldOffline) => {
    offline = toldOffline;
    return registered(wakes)(run);
  };
  const given = { fetch, clock, random: () => 0.5, onWake, onHide: registered(hides) };
  const recording = recordingListener();
  return {
    ...recording,
    clock,
    events,
    requests,
    engine,
    given,
    wake: () => wakes.forEach((run) => run()),
    hide: () => hides.forEach((run) => run()),
    /** The browser says that it is offline. */
    goOffline: () => offline(),
    held: () => clock.waiting() + wakes.size + hides.size + events.streams.filter((stream) => !stream.isClosed).length,
    /** What the client was told last of each feature. */
    versions: () => {
      const { features } = Object(recording.heard.snapshots.at(-1)) as {
        features?: Record<string, { version: string }>;
      };
      return Object.fromEntries(Object.entries(features ?? {}).map(([key, { version }]) => [key, version]));
    },
  };
}

const startIn = (source: Source, { listener, request }: ReturnType<typeof recordingListener>, context: object) =>
  source.start(listener, { ...request, context: context as { targetingKey: string } });

export const ofrepStream = { type: 'sse', endpoint: { requestUri: '/ofrep/v1/events' } };

export function createOfrepCase(options: Partial<OfrepSourceOptions> = {}) {
  const made = createEngine({
    flags: [
      { key: 'memoryPanel', value: true, variant: 'on', reason: 'TARGETING_MATCH' },
      { key: 'sessionsList', value: false, variant: 'off', reason: 'STATIC' },
    ],
    eventStreams: [ofrepStream],
  });
  const source = ofrepSource({
    url: 'https://engine.example/',
    EventSource: made.events.FakeEventSource,
    ...made.given,
    ...options,
  });
  return { ...made, source, start: (context: object = { targetingKey: 'user-1' }) => startIn(source, made, context) };
}

export function createUnleashCase(options: Partial<UnleashSourceOptions> = {}) {
  const made = createEngine({
    toggles: [
      { name: 'memoryPanel', enabled: true, variant: { name: 'disabled', enabled: false }, impressionData: false },
    ],
  });
  const { onHide: _, ...given } = made.given;
  const source = unleashSource({
    url: 'https://unleash.example/api/frontend',
    clientKey: 'default:production.key',
    appName: 'shop',
    ...given,
    ...options,
  });
  return { ...made, source, start: (context: object = { targetingKey: 'user-1' }) => startIn(source, made, context) };
}
