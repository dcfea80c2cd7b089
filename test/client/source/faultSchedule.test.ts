// What a network, a machine and a service do to a client, in any order: nothing of it throws, and in the end all is right.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawn } from '../../harness/drawn.js';
import { createOfrepCase } from './foreignHarness.js';
import { createHttpCase } from './httpHarness.js';
import { snapshotOf } from './recordingListener.js';

const numRuns = drawn(25, 200);

const never = () => new Promise<Response>(() => {});
const text = JSON.stringify(snapshotOf(900));

/** An answer whose body comes in drops and then no more, or breaks. */
const dripping = (end: 'silence' | 'break') =>
  new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text.slice(0, 40)));
        if (end === 'break') controller.error(new TypeError('reset in the middle'));
      },
    }),
  );

const answers = {
  reset: () => Promise.reject(new TypeError('reset')),
  hang: never,
  slowDrip: async () => dripping('silence'),
  truncation: async () => dripping('break'),
  'too many': async () => new Response(null, { status: 429, headers: { 'retry-after': '5' } }),
  'not now': async () => new Response('busy', { status: 503, headers: { 'retry-after': '3' } }),
  'not now for a minute': async () => new Response('busy', { status: 503, headers: { 'retry-after': '60' } }),
  garbage: async () => new Response('<html>log in</html>', { headers: { 'content-type': 'text/html' } }),
  'cut JSON': async () => new Response(text.slice(0, -9)),
  'JSON that is no snapshot': async () => new Response('[7]'),
  redirect: async () => Response.redirect('https://login.example/', 302),
} as const;
const streams = ['break', 'half-open', 'garbage', 'bye', 'as usual'] as const;
const wholes = ['sleep 8 h', 'a year ahead', 'a year back', 'wake', 'offline', 'throttled', 'nothing'] as const;

const step = fc.record({
  answer: fc.constantFrom(...(Object.keys(answers) as (keyof typeof answers)[])),
  stream: fc.constantFrom(...streams),
  whole: fc.constantFrom(...wholes),
  forMs: fc.integer({ min: 100, max: 40_000 }),
});
const schedule = fc.array(step, { minLength: 1, maxLength: 6 });
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
const yearMs = 365 * 86_400_000;
// Of every kind one, whatever is drawn.
const examples: [Step[]][] = (Object.keys(answers) as (keyof typeof answers)[]).flatMap((answer, at) =>
  wholes.map((whole) => [[{ answer, stream: streams[at % streams.length]!, whole, forMs: 20_000 }]]),
);

interface Machine {
  readonly clock: { advance(ms: number): Promise<void>; jump(ms: number): void };
  wake(): void;
  goOffline(): void;
}

async function happen(machine: Machine, whole: (typeof wholes)[number]): Promise<void> {
  const { clock } = machine;
  if (whole === 'a year ahead') clock.jump(yearMs);
  if (whole === 'a year back') clock.jump(-yearMs);
  if (whole === 'offline') machine.goOffline();
  if (whole === 'wake') machine.wake();
  // Timers stand still while a machine sleeps, its clock does not.
  if (whole === 'sleep 8 h') {
    clock.jump(8 * 3_600_000);
    machine.wake();
  }
  await clock.advance(0);
}

test('our service: 0 crashes, 0 wrong final values, under 2 requests a second', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, fc.boolean(), async (steps, hasStream) => {
      const http = createHttpCase({ hasStream });
      const { clock, events, service, heard } = http;
      const stop = http.start();
      const open = () => events.streams.filter(({ isClosed }) => !isClosed);
      let revision = 1;
      let greeted = new Set<unknown>();
      const greet = () => {
        for (const stream of open()) {
          if (greeted.has(stream)) continue;
          greeted.add(stream);
          stream.send('hello', { streamId: `s${greeted.size}`, now: 1_000 });
          stream.send('snapshot', service.current);
        }
      };
      await clock.advance(0);
      greet();
      for (const { answer, stream, whole, forMs } of steps) {
        service.answer = answers[answer];
        service.current = snapshotOf(++revision);
        for (const one of open()) {
          if (stream === 'break') one.fail();
          if (stream === 'garbage') one.send('snapshot', '{"epoch":');
          if (stream === 'bye') one.send('bye', { retryMs: 500 });
          if (stream === 'as usual') one.send('snapshot', service.current);
        }
        await happen(http, whole);
        const before = http.requests.length;
        await clock.advance(whole === 'throttled' ? 60_000 : forMs);
        const seconds = Math.max(whole === 'throttled' ? 60 : forMs / 1_000, 2);
        expect(http.requests.length - before).toBeLessThan(2 * seconds);
      }
      // All is well again, and an operator changes something.
      service.answer = () => undefined;
      service.current = snapshotOf(++revision);
      const wasRefusedForLong = steps.some(({ answer }) => answer === 'not now for a minute');
      const waitMs = wasRefusedForLong ? 130_000 : 72_000;
      for (let passedMs = 0; passedMs < waitMs; passedMs += 8_000) {
        greet();
        for (const one of open()) one.send('heartbeat', { epoch: 7, revision, now: 1_000 });
        await clock.advance(8_000);
      }
      expect(http.request.order()).toEqual({ epoch: 7, revision });
      expect(heard.statuses.at(-1)).toMatch(hasStream ? /^(live|degraded)$/ : /^polling$/);
      stop();
      greeted = new Set();
      expect(http.held()).toBe(0);
      expect(heard.faults.every(({ operation }) => ['snapshot', 'stream'].includes(operation))).toBe(true);
    }),
    { numRuns, examples: examples.map(([steps]) => [steps, true]) },
  );
}, 300_000);

test('another engine: 0 crashes, 0 wrong final values, under 2 requests a second', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (steps) => {
      const ofrep = createOfrepCase();
      const { clock, engine, requests, heard } = ofrep;
      const stop = ofrep.start();
      await clock.advance(0);
      for (const { answer, whole, forMs } of steps) {
        engine.answer = answers[answer];
        await happen(ofrep, whole);
        const before = requests.length;
        await clock.advance(forMs);
        expect(requests.length - before).toBeLessThan(2 * Math.max(forMs / 1_000, 2));
      }
      engine.answer = () => undefined;
      const refused = steps.some(({ answer }) => answer === 'not now for a minute');
      await clock.advance(refused ? 180_000 : 90_000);
      expect(heard.statuses.at(-1)).toBe('polling');
      stop();
      expect(ofrep.held()).toBe(0);
    }),
    { numRuns, examples },
  );
}, 300_000);

test.each([-1, 1])(
  'a service that asked for an hour is asked again after it, or after the clock was set by %i years',
  async (years) => {
    const http = createHttpCase({ hasStream: false });
    const ofrep = createOfrepCase();
    const stops = [http.start(), ofrep.start()];
    await Promise.all([http.clock.advance(0), ofrep.clock.advance(0)]);
    const refuse = async () => new Response(null, { status: 429, headers: { 'retry-after': '3600' } });
    http.service.answer = ofrep.engine.answer = refuse;
    await Promise.all([http.clock.advance(20_000), ofrep.clock.advance(20_000)]);
    expect([http.heard.statuses.at(-1), ofrep.heard.statuses.at(-1)]).toEqual(['offline', 'offline']);
    http.service.answer = ofrep.engine.answer = () => undefined;
    for (const { clock } of [http, ofrep]) clock.jump(years * yearMs);
    await Promise.all([http.clock.advance(4_400_000), ofrep.clock.advance(4_400_000)]);
    expect([http.heard.statuses.at(-1), ofrep.heard.statuses.at(-1)]).toEqual(['polling', 'polling']);
    for (const stop of stops) stop();
  },
);
