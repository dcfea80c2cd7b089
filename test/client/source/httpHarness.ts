import { httpSource, type HttpSourceOptions } from '../../../src/client/source/httpSource.js';
import * as liveStream from '../../../src/client/source/liveStream.js';
import { createFakeClock } from '../../harness/fakeClock.js';
import { createFakeEventSource } from '../../harness/fakeEventSource.js';
import { recordingListener, snapshotOf } from './recordingListener.js';

export interface SentRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly method: string;
  readonly body: string;
  readonly signal: AbortSignal | null;
}

/** A service that answers with JSON, an ETag and 304, until a test says otherwise. */
export function createHttpCase(
  options: { hasStream?: boolean; random?: () => number; loadStream?: HttpSourceOptions['loadStream'] } = {},
) {
  const clock = createFakeClock();
  const events = createFakeEventSource();
  const requests: SentRequest[] = [];
  const wakes = new Set<() => void>();
  const offlines = new Set<() => void>();
  const service = {
    current: snapshotOf(1) as unknown,
    /** Answers in place of the service; undefined: as usual. */
    answer: (_request: SentRequest): Response | Promise<Response> | undefined => undefined,
  };
  const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const request = {
      url: String(input),
      headers: new Headers(init.headers),
      method: init.method ?? 'GET',
      body: String(init.body ?? ''),
      signal: init.signal ?? null,
    };
    requests.push(request);
    const answered = service.answer(request);
    if (answered !== undefined) {
      return Promise.race([
        answered,
        new Promise<never>((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason))),
      ]);
    }
    if (request.method === 'POST') return new Response(null, { status: 204 });
    const text = JSON.stringify(service.current);
    const etag = `W/"${text.length}-${text.slice(0, 80)}"`.replaceAll('"', "'");
    if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304 });
    return new Response(text, { headers: { etag } });
  };
  const source = httpSource({
    url: '/api/',
    fetch,
    EventSource: options.hasStream === false ? null : events.FakeEventSource,
    clock,
    loadStream: options.loadStream ?? (async () => liveStream),
    random: options.random ?? (() => 0.5),
    onWake: (run, offline) => {
      wakes.add(run);
      offlines.add(offline);
      return () => {
        wakes.delete(run);
        offlines.delete(offline);
      };
    },
  });
  const recording = recordingListener();
  return {
    ...recording,
    clock,
    events,
    requests,
    service,
    source,
    start: () => source.start(recording.listener, recording.request),
    wake: () => wakes.forEach((run) => run()),
    /** The browser says that it is offline. */
    goOffline: () => offlines.forEach((offline) => offline()),
    held: () => clock.waiting() + wakes.size + events.streams.filter((stream) => !stream.isClosed).length,
    gets: () => requests.filter(({ method }) => method === 'GET').map(({ url }) => url),
  };
}

/** Starts, and lets the stream say hello. */
export async function startLive(options: Parameters<typeof createHttpCase>[0] = {}) {
  const http = createHttpCase(options);
  const stop = http.start();
  await http.clock.advance(0);
  http.events.stream().send('hello', { streamId: 's1', now: 123 });
  await http.clock.advance(0);
  return { ...http, stop };
}
