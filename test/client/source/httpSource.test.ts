import { describe, expect, test } from 'vitest';
import { httpSource } from '../../../src/client/source/httpSource.js';
import { createHttpCase, startLive } from './httpHarness.js';
import { snapshotOf } from './recordingListener.js';
import { describeSource } from './sourceContract.js';

describeSource('http', () => {
  const { source, clock, held } = createHttpCase();
  return { source, settle: () => clock.advance(100), held };
});

test.each([[''], ['  '], [undefined], [7]])('refuses the url %j', (url) => {
  expect(() => httpSource({ url: url as string })).toThrow(/url must be/);
});

test('asks by GET at once and by stream as soon as its code is there', async () => {
  const { clock, start, gets, events } = createHttpCase();
  const stop = start();
  expect(gets()).toEqual(['/api/snapshot']);
  await clock.advance(0);
  expect(events.stream().url).toBe('/api/events');
  stop();
});

test('is connecting, then live with the first hello', async () => {
  const { heard, stop } = await startLive();
  expect(heard.statuses).toEqual(['connecting', 'live']);
  expect(heard.contacts).toContain(123);
  stop();
});

test('does not poll while the stream lives', async () => {
  const { clock, events, gets, stop } = await startLive();
  for (let beat = 0; beat < 10; beat++) {
    await clock.advance(8_000);
    events.stream().send('heartbeat', { epoch: 7, revision: 1, now: 1 });
  }
  expect(gets()).toEqual(['/api/snapshot']);
  expect(events.streams).toHaveLength(1);
  stop();
});

test('takes snapshots from the stream', async () => {
  const { events, heard, stop } = await startLive();
  events.stream().send('snapshot', snapshotOf(2));
  expect(heard.snapshots.at(-1)).toEqual(snapshotOf(2));
  stop();
});

test('gives up a stream that is silent for 18 s, asks at once and polls', async () => {
  const { clock, events, gets, heard, stop } = await startLive({ random: () => 0.999 });
  await clock.advance(17_999);
  expect(events.stream().isClosed).toBe(false);
  await clock.advance(1);
  expect(events.streams[0]?.isClosed).toBe(true);
  await clock.advance(2_000);
  expect(gets()).toHaveLength(2);
  expect(events.streams).toHaveLength(2);
  events.stream().fail();
  await clock.advance(2_000);
  expect(heard.statuses.at(-1)).toBe('polling');
  stop();
});

test('polls every 15 s, 20 % more or less, while there is no stream', async () => {
  const { clock, gets, start } = createHttpCase({ hasStream: false, random: () => 0 });
  const stop = start();
  await clock.advance(11_999);
  expect(gets()).toHaveLength(1);
  await clock.advance(1);
  expect(gets()).toHaveLength(2);
  stop();
});

test.each([
  [{ pollMs: 5_000 }, 5_000],
  [{ pollMs: 1 }, 15_000],
  [{ pollMs: 'soon' }, 15_000],
  [null, 15_000],
])('polls as the snapshot says: %j', async (delivery, pollMs) => {
  const { clock, gets, start, service } = createHttpCase({ hasStream: false });
  service.current = snapshotOf(1, { delivery });
  const stop = start();
  await clock.advance(pollMs - 1);
  expect(gets()).toHaveLength(1);
  await clock.advance(1);
  expect(gets()).toHaveLength(2);
  stop();
});

test('counts 304 as contact and delivers nothing again', async () => {
  const { clock, heard, requests, start } = createHttpCase({ hasStream: false });
  const stop = start();
  await clock.advance(15_000);
  expect(requests[1]?.headers.get('if-none-match')).not.toBeNull();
  expect(heard.snapshots).toHaveLength(1);
  expect(heard.contacts).toHaveLength(2);
  expect(heard.statuses).toEqual(['connecting', 'polling']);
  stop();
});

test('asks again in full, without contact, when the client refused the snapshot', async () => {
  const { clock, heard, requests, start, service } = createHttpCase({ hasStream: false });
  service.current = { schema: 99, epoch: 7, revision: 5 };
  const stop = start();
  await clock.advance(15_000);
  expect(requests[1]?.headers.get('if-none-match')).toBeNull();
  expect(heard.contacts).toEqual([]);
  stop();
});

test('aborts a request after 3 s and is offline', async () => {
  const { clock, heard, service, start } = createHttpCase({ hasStream: false });
  service.answer = () => new Promise(() => {});
  const stop = start();
  await clock.advance(2_999);
  expect(heard.statuses).toEqual(['connecting']);
  await clock.advance(1);
  expect(heard.statuses).toEqual(['connecting', 'offline']);
  expect(heard.errors.at(-1)?.code).toBe('snapshot-failed');
  stop();
});

test('asks once more within 2 s of a first lost answer, and then polls as before', async () => {
  const { clock, gets, service, start } = createHttpCase({ hasStream: false, random: () => 0.999 });
  const stop = start();
  await clock.advance(0);
  service.answer = () => Promise.reject(new TypeError('reset'));
  await clock.advance(18_000);
  expect(gets()).toHaveLength(2);
  await clock.advance(2_000);
  expect(gets()).toHaveLength(3);
  await clock.advance(15_000);
  expect(gets()).toHaveLength(3);
  await clock.advance(3_000);
  expect(gets()).toHaveLength(4);
  stop();
});

test('recovers by itself within 35 s when the service was down at the start', async () => {
  for (const drawn of [0, 0.5, 0.999]) {
    const { clock, events, heard, service, start } = createHttpCase({ random: () => drawn });
    service.answer = () => Promise.reject(new TypeError('down'));
    const stop = start();
    await clock.advance(0);
    for (let second = 0; second < 300; second++) {
      if (!events.stream().isClosed) events.stream().fail();
      await clock.advance(1_000);
    }
    expect(heard.statuses.at(-1)).toBe('offline');
    service.answer = () => undefined;
    await clock.advance(35_000);
    expect(heard.snapshots).toHaveLength(1);
    stop();
  }
});

test('reconnects with growing spread up to 30 s, and from 1 s again after 60 s of health', async () => {
  const { clock, events, stop } = await startLive({ random: () => 0.999 });
  const delays: number[] = [];
  const measure = async () => {
    const before = events.streams.length;
    events.stream().fail();
    for (let ms = 0; events.streams.length === before; ms += 500) {
      await clock.advance(500);
      delays.push(ms);
    }
    return delays.at(-1)! + 500;
  };
  const measured = [];
  for (let attempt = 0; attempt < 5; attempt++) measured.push(await measure());
  expect(measured).toEqual([1_000, 3_000, 9_000, 27_000, 30_000]);
  events.stream().send('hello', { streamId: 's2', now: 1 });
  for (let beat = 0; beat < 8; beat++) {
    await clock.advance(8_000);
    events.stream().send('heartbeat', { epoch: 7, revision: 1, now: 1 });
  }
  expect(await measure()).toBe(1_000);
  stop();
});

test('applies kills at once and asks for the immutable snapshot within the spread', async () => {
  const { clock, events, gets, heard, service, stop } = await startLive();
  service.current = snapshotOf(2);
  const revision = { epoch: 7, revision: 2, kills: ['memoryPanel', '__proto__', 5], emergency: false, spreadMs: 5_000 };
  events.stream().send('revision', revision);
  expect(heard.kills).toEqual([{ order: { epoch: 7, revision: 2 }, kills: ['memoryPanel'], emergency: false }]);
  await clock.advance(2_499);
  expect(gets()).toHaveLength(1);
  await clock.advance(1);
  expect(gets().at(-1)).toBe('/api/snapshot/7-2');
  expect(heard.snapshots).toHaveLength(2);
  stop();
});

test('of two changes within one spread the later one is asked for', async () => {
  const { clock, events, gets, heard, service, stop } = await startLive();
  const revision = { epoch: 7, revision: 2, kills: [], emergency: false, spreadMs: 5_000 };
  events.stream().send('revision', revision);
  await clock.advance(1_000);
  service.current = snapshotOf(3);
  events.stream().send('revision', { ...revision, revision: 3 });
  await clock.advance(1_500);
  expect(gets().slice(1)).toEqual(['/api/snapshot/7-3']);
  expect(heard.snapshots.at(-1)).toEqual(snapshotOf(3));
  stop();
});

test('asks for the latest where the immutable snapshot is gone', async () => {
  const { clock, events, gets, heard, service, stop } = await startLive();
  service.current = snapshotOf(3);
  service.answer = ({ url }) => (url.endsWith('7-2') ? new Response('', { status: 404 }) : undefined);
  events.stream().send('revision', { epoch: 7, revision: 2, kills: [], emergency: false, spreadMs: 0 });
  await clock.advance(10);
  expect(gets().slice(1)).toEqual(['/api/snapshot/7-2', '/api/snapshot']);
  expect(heard.snapshots.at(-1)).toEqual(snapshotOf(3));
  stop();
});

test('asks again when a heartbeat is ahead, and takes it as contact otherwise', async () => {
  const { clock, events, gets, heard, service, stop } = await startLive();
  events.stream().send('heartbeat', { epoch: 7, revision: 1, now: 456 });
  expect(heard.contacts.at(-1)).toBe(456);
  service.current = snapshotOf(2);
  events.stream().send('heartbeat', { epoch: 7, revision: 2, now: 457 });
  expect(heard.contacts.at(-1)).toBe(456);
  await clock.advance(2_000);
  expect(gets()).toHaveLength(2);
  expect(heard.snapshots.at(-1)).toEqual(snapshotOf(2));
  stop();
});

test('comes back when the service said after a bye', async () => {
  const { clock, events, heard, stop } = await startLive();
  events.stream().send('bye', { retryMs: 700 });
  expect(events.stream().isClosed).toBe(true);
  await clock.advance(699);
  expect(events.streams).toHaveLength(1);
  await clock.advance(1);
  expect(events.streams).toHaveLength(2);
  expect(heard.faults).toEqual([]);
  stop();
});

test('asks first and reconnects at once when the page wakes', async () => {
  const { clock, events, gets, service, wake, stop } = await startLive({ random: () => 0.999 });
  service.answer = () => Promise.reject(new TypeError('down'));
  for (let attempt = 0; attempt < 5; attempt++) {
    events.stream().fail();
    await clock.advance(30_000);
  }
  events.stream().fail();
  await clock.advance(3_000);
  const before = { gets: gets().length, streams: events.streams.length };
  service.answer = () => undefined;
  wake();
  expect(gets()).toHaveLength(before.gets + 1);
  expect(events.streams).toHaveLength(before.streams);
  await clock.advance(0);
  expect(events.streams).toHaveLength(before.streams + 1);
  stop();
});

test('gives up a stream that was silent while the machine slept', async () => {
  const { clock, events, gets, wake, stop } = await startLive();
  clock.jump(8 * 3_600_000);
  wake();
  expect(events.streams[0]?.isClosed).toBe(true);
  expect(gets()).toHaveLength(2);
  await clock.advance(0);
  expect(events.streams).toHaveLength(2);
  stop();
});

test.each([
  ['120', 120_000],
  ['99999999', 3_600_000],
])('honours Retry-After %s', async (retryAfter, waitMs) => {
  const { clock, gets, service, start } = createHttpCase({ hasStream: false });
  service.answer = () => new Response('', { status: 503, headers: { 'retry-after': retryAfter } });
  const stop = start();
  await clock.advance(waitMs - 1_000);
  expect(gets()).toHaveLength(1);
  await clock.advance(16_000);
  expect(gets()).toHaveLength(2);
  stop();
});

test('confirms an order once per stream', async () => {
  const { clock, events, requests, source, stop } = await startLive();
  const posts = () =>
    requests.filter(({ method }) => method === 'POST').map(({ url, body }) => [url, JSON.parse(body)]);
  source.confirm?.({ epoch: 7, revision: 3 });
  source.confirm?.({ epoch: 7, revision: 3 });
  source.confirm?.({ epoch: 7, revision: 2 });
  await clock.advance(0);
  expect(posts()).toEqual([['/api/confirm', { streamId: 's1', epoch: 7, revision: 3 }]]);
  events.stream().fail();
  source.confirm?.({ epoch: 7, revision: 4 });
  await clock.advance(1_000);
  expect(posts()).toHaveLength(1);
  events.stream().send('hello', { streamId: 's2', now: 1 });
  await clock.advance(0);
  expect(posts().at(-1)).toEqual(['/api/confirm', { streamId: 's2', epoch: 7, revision: 4 }]);
  stop();
});

/** A live page whose confirmations are answered as the test says; `sent` says when, in ms, and for which stream. */
async function startConfirming(answer: (posts: number) => Response | undefined) {
  const http = await startLive();
  const sent: [atMs: number, streamId: string, revision: number][] = [];
  const startedMs = http.clock.now();
  http.service.answer = ({ method, body }) => {
    if (method !== 'POST') return undefined;
    const { streamId, revision } = JSON.parse(body);
    sent.push([http.clock.now() - startedMs, streamId, revision]);
    return answer(sent.length);
  };
  const heartbeat = () => http.events.stream().send('heartbeat', { epoch: 7, revision: 1, now: 1 });
  /** Lets time pass with the stream alive. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 8_000) {
      heartbeat();
      await http.clock.advance(Math.min(left, 8_000));
    }
  };
  const confirm = (revision: number) => http.source.confirm?.({ epoch: 7, revision });
  const faults = () => http.heard.faults.filter(({ operation }) => operation === 'confirm').length;
  return { ...http, sent, pass, confirm, faults };
}

const refused = (status: number, retryAfter?: string) =>
  new Response('', { status, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } });

test.each([429, 503])(
  'sends a confirmation again that was answered %i, after what was asked for and a share of chance',
  async (status) => {
    const { clock, pass, confirm, sent, faults, stop } = await startConfirming((posts) =>
      posts < 3 ? refused(status, '5') : undefined,
    );
    confirm(3);
    await clock.advance(0);
    await pass(60_000);
    // Retry-After, and half of 2 s and of 4 s.
    expect(sent).toEqual([
      [0, 's1', 3],
      [6_000, 's1', 3],
      [13_000, 's1', 3],
    ]);
    expect(faults()).toBe(1);
    stop();
  },
);

test('gives a confirmation up after eight tries, and at once where the answer is that it is wrong', async () => {
  const busy = await startConfirming(() => refused(503));
  busy.confirm(3);
  await busy.clock.advance(0);
  await busy.pass(1_200_000);
  expect(busy.sent).toHaveLength(8);
  expect(busy.faults()).toBe(1);
  busy.stop();
  const wrong = await startConfirming(() => refused(422));
  wrong.confirm(3);
  await wrong.clock.advance(0);
  await wrong.pass(60_000);
  expect(wrong.sent).toHaveLength(1);
  expect(wrong.faults()).toBe(1);
  wrong.stop();
});

test('sends a refused confirmation no more when a later one stands for it', async () => {
  const { clock, pass, confirm, sent, stop } = await startConfirming((posts) =>
    posts === 1 ? refused(503, '10') : undefined,
  );
  confirm(3);
  await clock.advance(1_000);
  confirm(4);
  await clock.advance(0);
  await pass(60_000);
  expect(sent).toEqual([
    [0, 's1', 3],
    [1_000, 's1', 4],
  ]);
  stop();
});

test('confirms on the next stream what the last one had no time for', async () => {
  const { clock, events, confirm, sent, stop } = await startConfirming((posts) =>
    posts === 1 ? refused(503, '10') : undefined,
  );
  confirm(3);
  await clock.advance(2_000);
  events.stream().fail();
  await clock.advance(5_000);
  events.stream().send('hello', { streamId: 's2', now: 1 });
  await clock.advance(20_000);
  expect(sent.map(([, ...what]) => what)).toEqual([
    ['s1', 3],
    ['s2', 3],
  ]);
  stop();
});

test('confirms on the next stream what was under way when the last one broke', async () => {
  const answers: ((answer: Response) => void)[] = [];
  const { clock, events, service, source, requests, stop } = await startLive();
  service.answer = ({ method }) =>
    method === 'POST' ? new Promise<Response>((resolve) => answers.push(resolve)) : undefined;
  const streams = () => requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body).streamId);
  source.confirm?.({ epoch: 7, revision: 3 });
  await clock.advance(0);
  events.stream().fail();
  await clock.advance(1_000);
  events.stream().send('hello', { streamId: 's2', now: 1 });
  await clock.advance(0);
  expect(streams()).toEqual(['s1']);
  answers[0]?.(refused(503));
  await clock.advance(0);
  expect(streams()).toEqual(['s1', 's2']);
  stop();
});

test('sends no refused confirmation once it is stopped', async () => {
  const { clock, confirm, sent, held, stop } = await startConfirming(() => refused(503));
  confirm(3);
  await clock.advance(0);
  stop();
  expect(held()).toBe(0);
  await clock.advance(120_000);
  expect(sent).toHaveLength(1);
});

test('polls where the stream is refused by the page', async () => {
  class Refusing {
    constructor() {
      throw new Error('refused by the Content Security Policy');
    }
    addEventListener(): void {}
    close(): void {}
  }
  const http = createHttpCase();
  const source = httpSource({
    url: '/api',
    EventSource: Refusing,
    clock: http.clock,
    random: () => 0.5,
    fetch: async () => new Response(JSON.stringify(snapshotOf(1))),
  });
  const stop = source.start(http.listener, http.request);
  await http.clock.advance(60_000);
  expect(http.heard.snapshots.length).toBeGreaterThan(3);
  expect(http.heard.statuses).toEqual(['connecting', 'polling']);
  stop();
  expect(http.clock.waiting()).toBe(0);
});

test('ignores a closed stream that still speaks', async () => {
  const { clock, events, heard, stop } = await startLive();
  const [old] = events.streams;
  old?.fail();
  await clock.advance(5_000);
  old?.send('snapshot', snapshotOf(9));
  old?.fail();
  expect(heard.snapshots).toHaveLength(1);
  expect(heard.faults).toHaveLength(1);
  stop();
});

test('aborts its requests when it is stopped', async () => {
  const { clock, heard, requests, service, start, source, events } = createHttpCase();
  service.answer = () => new Promise(() => {});
  const stop = start();
  await clock.advance(0);
  events.stream().send('hello', { streamId: 's1', now: 1 });
  source.confirm?.({ epoch: 7, revision: 1 });
  stop();
  expect(requests.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  await clock.advance(5_000);
  expect(heard.faults).toEqual([]);
  expect(clock.waiting()).toBe(0);
});

test('asks again when an event made no sense: it may have been a change', async () => {
  const { clock, events, gets, heard, service, stop } = await startLive();
  service.current = snapshotOf(2);
  events.stream().send('snapshot', '{"schema":1,');
  expect(heard.faults.map(({ operation }) => operation)).toEqual(['stream']);
  await clock.advance(2_000);
  expect(gets()).toHaveLength(2);
  expect(heard.snapshots.at(-1)).toEqual(snapshotOf(2));
  stop();
});

test('asks once more when a change came while an answer was under way', async () => {
  const { clock, events, gets, heard, service, start } = createHttpCase();
  let answer = (_response: Response): void => {};
  service.answer = ({ url }) =>
    url.endsWith('/snapshot') ? new Promise<Response>((resolve) => (answer = resolve)) : undefined;
  const stop = start();
  await clock.advance(0);
  service.current = snapshotOf(2);
  events.stream().send('revision', { epoch: 7, revision: 2, kills: [], emergency: false, spreadMs: 0 });
  await clock.advance(100);
  expect(gets()).toEqual(['/api/snapshot']);
  answer(new Response(JSON.stringify(snapshotOf(1))));
  await clock.advance(100);
  expect(gets()).toEqual(['/api/snapshot', '/api/snapshot/7-2']);
  expect(heard.snapshots).toEqual([snapshotOf(1), snapshotOf(2)]);
  stop();
});

describe('where the code of the stream is blocked', () => {
  const createBlockedCase = () => {
    const chunk = { loads: 0 };
    const http = createHttpCase({
      loadStream: async () => {
        chunk.loads++;
        throw new TypeError('404');
      },
    });
    return { ...http, chunk };
  };

  test('a rollback still arrives, by polling', async () => {
    const { clock, heard, service, start } = createBlockedCase();
    const stop = start();
    await clock.advance(0);
    service.current = snapshotOf(2, { kills: ['memoryPanel'] });
    await clock.advance(18_000);
    expect(heard.snapshots).toEqual([snapshotOf(1), snapshotOf(2, { kills: ['memoryPanel'] })]);
    expect(heard.statuses).toEqual(['connecting', 'polling']);
    stop();
  });

  test('it is tried four times, told of once, and polling goes on', async () => {
    const { clock, chunk, heard, gets, start } = createBlockedCase();
    const stop = start();
    await clock.advance(120_000);
    expect([chunk.loads, heard.faults.length]).toEqual([4, 1]);
    expect(gets().length).toBeGreaterThan(6);
    stop();
    expect(clock.waiting()).toBe(0);
  });

  test('the page that wakes asks at once', async () => {
    const { clock, gets, wake, start } = createBlockedCase();
    const stop = start();
    await clock.advance(0);
    wake();
    expect(gets()).toHaveLength(2);
    stop();
  });
});

test('confirms what came before the code of the stream did', async () => {
  const { clock, events, requests, source, start } = createHttpCase();
  const stop = start();
  source.confirm?.({ epoch: 7, revision: 3 });
  await clock.advance(0);
  events.stream().send('hello', { streamId: 's1', now: 1 });
  await clock.advance(0);
  expect(requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  stop();
});

test('opens no stream when its code arrives after the stop', async () => {
  const { clock, events, start, held } = createHttpCase();
  start()();
  await clock.advance(0);
  expect([events.streams.length, held()]).toEqual([0, 0]);
});
