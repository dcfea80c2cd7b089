import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBreakerStore } from '../../src/client/breakerStore.js';
import { openStorage } from '../../src/client/storage.js';
import { closedBreaker, defaultBreakerPolicy as policy, type BreakerState } from '../../src/guard/breaker.js';
import { FakeStorage } from './fakeStorage.js';

const nowMs = 1_795_244_451_480;
const hourMs = 3_600_000;
const lifetimeMs = policy.windowMs + policy.maxCoolDownMs;

function create(build = 'b1') {
  const area = new FakeStorage();
  return { area, store: createBreakerStore(openStorage(area), build, policy) };
}

const { store } = create();
const open: BreakerState = { state: 'open', sinceMs: nowMs, untilMs: nowMs + 60_000, openings: 2 };
const halfOpen: BreakerState = { state: 'halfOpen', openings: 3 };
const shaky: BreakerState = { state: 'closed', incidentsMs: [nowMs - 5_000, nowMs] };
const record = (fields: object) => JSON.stringify({ schema: 1, build: 'b1', expiresMs: nowMs + lifetimeMs, ...fields });

test.each([open, halfOpen, shaky])('gives back a breaker that is $state', (breaker) => {
  expect(store.read(store.textFor(breaker, nowMs), nowMs, false)).toEqual(breaker);
});

test('writes one record for each feature, and none for a closed breaker without incidents', () => {
  const { area, store: written } = create();
  written.write('panel', written.textFor(open, nowMs));
  written.write('__proto__', written.textFor(halfOpen, nowMs));
  expect([...area.items.keys()]).toEqual(['switchback:breaker:panel', 'switchback:breaker:__proto__']);
  expect(written.read(written.textOf('__proto__'), nowMs, false)).toEqual(halfOpen);
  expect(JSON.parse(written.textOf('panel') ?? '')).toEqual({
    schema: 1,
    build: 'b1',
    expiresMs: nowMs + lifetimeMs,
    breaker: open,
  });
  written.write('panel', written.textFor(closedBreaker, nowMs));
  expect(written.textOf('panel')).toBeNull();
});

test('time goes on while nobody looks', () => {
  const text = store.textFor(open, nowMs);
  expect(store.read(text, nowMs + 59_999, false)).toEqual(open);
  expect(store.read(text, nowMs + 60_000, false)).toEqual({ state: 'halfOpen', openings: 2 });
  expect(store.read(text, nowMs + lifetimeMs, false), 'expired').toBeUndefined();
  const incidents = store.textFor(shaky, nowMs);
  expect(store.read(incidents, nowMs + policy.windowMs - 1, false)).toMatchObject({ incidentsMs: [nowMs] });
  expect(store.read(incidents, nowMs + policy.windowMs, false)).toEqual(closedBreaker);
});

describe('a clock that was set', () => {
  test('back by less than the lifetime moves the record to now', () => {
    const text = store.textFor(open, nowMs);
    const then = nowMs - 600_000;
    expect(store.read(text, then, false)).toEqual({ ...open, sinceMs: then, untilMs: then + 60_000 });
  });

  test('back by more drops it', () => {
    expect(store.read(store.textFor(open, nowMs), nowMs - lifetimeMs, false)).toBeUndefined();
  });

  test.each([hourMs, -hourMs])('makes no difference of %i ms to what another tab wrote just now', (apartMs) => {
    const there = nowMs + apartMs;
    const breaker: BreakerState = { state: 'open', sinceMs: there, untilMs: there + 60_000, openings: 2 };
    expect(store.read(store.textFor(breaker, there), nowMs, true)).toEqual(open);
    const incidents: BreakerState = { state: 'closed', incidentsMs: [there - 5_000, there] };
    expect(store.read(store.textFor(incidents, there), nowMs, true)).toEqual(shaky);
  });
});

test.each([
  ['nothing', null],
  ['no JSON', '{"schema":1'],
  ['null', 'null'],
  ['a number', '7'],
  ['another schema', record({ schema: 2, breaker: open })],
  ['another build', record({ build: 'b2', breaker: open })],
  ['no build', record({ build: undefined, breaker: open })],
  ['an expiry that is text', record({ expiresMs: 'soon', breaker: open })],
  ['no breaker', record({})],
  ['an unknown state', record({ breaker: { state: 'ajar', openings: 1 } })],
  ['incidents that are no list', record({ breaker: { state: 'closed', incidentsMs: {} } })],
  ['an incident that is null', record({ breaker: { state: 'closed', incidentsMs: [null] } })],
  ['no opening', record({ breaker: { state: 'halfOpen', openings: 0 } })],
  ['half an opening', record({ breaker: { state: 'halfOpen', openings: 1.5 } })],
  ['an end that is null', record({ breaker: { ...open, untilMs: null } })],
  ['no start', record({ breaker: { ...open, sinceMs: undefined } })],
  ['too long a text', record({ breaker: open, padding: 'x'.repeat(2_000) })],
  [
    'a state that only __proto__ names',
    record({}).replace('}', ',"__proto__":{"breaker":{"state":"halfOpen","openings":1}}}'),
  ],
])('%s is no record', (_, text) => {
  expect(store.read(text, nowMs, false)).toBeUndefined();
  expect(store.read(text, nowMs, true)).toBeUndefined();
});

test('whatever the storage holds, what is read is a breaker of here and now', () => {
  const time = fc.oneof(fc.double(), fc.integer({ min: nowMs - hourMs, max: nowMs + hourMs }), fc.jsonValue());
  const breaker = fc.record(
    {
      state: fc.constantFrom('open', 'halfOpen', 'closed'),
      sinceMs: time,
      untilMs: time,
      incidentsMs: fc.array(time, { maxLength: 5 }),
      openings: fc.oneof(fc.integer({ min: 1, max: 9 }), time),
    },
    { requiredKeys: ['state'] },
  );
  const likely = fc.record({ schema: fc.constant(1), build: fc.constant('b1'), expiresMs: time, breaker });
  const text = fc.oneof({ weight: 8, arbitrary: likely.map((value) => JSON.stringify(value)) }, fc.json(), fc.string());
  let readable = 0;
  fc.assert(
    fc.property(text, fc.boolean(), (stored, isNews) => {
      const read = store.read(stored, nowMs, isNews);
      if (!read) return;
      readable++;
      if (read.state === 'closed') {
        for (const atMs of read.incidentsMs) {
          expect(atMs).toBeGreaterThan(nowMs - policy.windowMs);
          expect(atMs).toBeLessThanOrEqual(nowMs);
        }
        return;
      }
      expect(Number.isSafeInteger(read.openings) && read.openings > 0).toBe(true);
      if (read.state === 'halfOpen') return;
      expect(read.sinceMs).toBeGreaterThanOrEqual(nowMs - lifetimeMs);
      expect(read.sinceMs).toBeLessThanOrEqual(nowMs);
      expect(read.untilMs).toBeGreaterThan(nowMs);
      expect(read.untilMs).toBeLessThanOrEqual(nowMs + policy.maxCoolDownMs);
    }),
    { numRuns: 3_000 },
  );
  expect(readable).toBeGreaterThan(50);
});
