import { afterEach, expect, test, vi } from 'vitest';
import { openStorage } from '../../../src/client/storage.js';
import { FakeStorage } from '../fakeStorage.js';
import type { QueueLocks } from '../../../src/client/reporter/claims.js';
import { createSinkCase } from './sinkHarness.js';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** Locks of one browser: a tab that is gone holds none. */
function createLocks() {
  const held = new Map<string, object>();
  return {
    held,
    of: (tab: object): QueueLocks => ({
      async request(name, _options, run) {
        if (held.has(name)) return run(null);
        held.set(name, tab);
        await run({});
        held.delete(name);
      },
    }),
    crash(tab: object) {
      for (const [name, holder] of held) if (holder === tab) held.delete(name);
    },
  };
}

function openTab(area: FakeStorage, sender: string, more: object = {}) {
  const storage = openStorage(area, () => {}, undefined);
  const one = createSinkCase({ storage, senderId: sender.repeat(32), ...more });
  closing.push(() => one.sink.close?.());
  return one;
}
/** Nothing that a crash is told of. */
const attempt = { kind: 'attempt' };
const away = () => new Response('', { status: 503 });
const idsOf = (texts: readonly string[]) =>
  texts
    .map((text) => JSON.parse(text) as { senderId: string; seq: number })
    .map(({ senderId, seq }) => senderId[0]! + seq);

test('a batch is stored from before its first try until it arrived', async () => {
  const area = new FakeStorage();
  const { observe, clock, service } = openTab(area, 'a');
  let storedMeanwhile = 0;
  service.answer = () => {
    storedMeanwhile = area.items.size;
    return new Response('{}');
  };
  observe();
  await clock.advance(6_000);
  expect([storedMeanwhile, area.items.size]).toEqual([1, 0]);
});

test('a refused batch is not kept', async () => {
  const area = new FakeStorage();
  const { observe, clock, service } = openTab(area, 'a');
  service.answer = () => new Response('', { status: 422 });
  observe();
  await clock.advance(6_000);
  expect(area.items.size).toBe(0);
});

test('the next visit sends what the last one could not, under its old numbers, once something arrived', async () => {
  const area = new FakeStorage();
  const locks = createLocks();
  const last = {};
  const before = openTab(area, 'a', { locks: locks.of(last) });
  before.service.answer = away;
  before.observe(attempt);
  await before.clock.advance(6_000);
  locks.crash(last);

  const after = openTab(area, 'b', { locks: locks.of({}) });
  after.service.answer = away;
  after.observe(attempt);
  await after.clock.advance(6_000);
  expect(new Set(idsOf(after.texts)), 'while nothing arrives nothing of others is tried').toEqual(new Set(['b1']));
  after.service.answer = () => new Response('{}');
  await after.clock.advance(60_000);
  expect(idsOf(after.texts).at(-1)).toBe('a1');
  expect(after.texts.at(-1)).toBe(before.texts[0]);
  expect(area.items.size).toBe(0);
});

test('nobody sends what a living tab stored', async () => {
  const area = new FakeStorage();
  const locks = createLocks();
  const one = openTab(area, 'a', { locks: locks.of({}) });
  one.service.answer = away;
  one.observe(attempt);
  await one.clock.advance(6_000);
  const other = openTab(area, 'b', { locks: locks.of({}) });
  for (let minute = 0; minute < 5; minute++) {
    other.observe(attempt);
    await other.clock.advance(61_000);
  }
  expect(idsOf(other.texts).every((id) => id.startsWith('b'))).toBe(true);
  expect(area.items.size).toBe(1);
});

test('a page that is left lets others have its batches, and takes them as its own when it comes back', async () => {
  const area = new FakeStorage();
  const locks = createLocks();
  const one = openTab(area, 'a', { locks: locks.of({}), sendBeacon: null });
  one.service.answer = away;
  one.observe(attempt);
  await one.clock.advance(6_000);
  one.hide(true);
  await one.clock.advance(0);
  const other = openTab(area, 'b', { locks: locks.of({}) });
  other.observe(attempt);
  await other.clock.advance(6_000);
  expect(idsOf(other.texts)).toEqual(['b1', 'a1']);
  one.service.answer = () => new Response('{}');
  one.observe(attempt);
  await one.clock.advance(600_000);
  expect(area.items.size).toBe(0);
});

test('what a beacon took stays stored until the service says that it arrived', async () => {
  const area = new FakeStorage();
  const { observe, clock, service, hide, beaconed, texts } = openTab(area, 'a');
  observe();
  await clock.advance(0);
  hide();
  await clock.advance(60_000);
  expect([beaconed().length, texts.length, area.items.size]).toEqual([1, 0, 1]);
  service.answer = () => new Response('{"gaps":[]}');
  observe();
  await clock.advance(6_000);
  expect([idsOf(texts), area.items.size]).toEqual([['a2'], 0]);
});

test('a beacon that never arrived is sent again when the service names its number as a gap', async () => {
  const area = new FakeStorage();
  const { observe, clock, service, hide, texts } = openTab(area, 'a');
  observe();
  await clock.advance(0);
  hide();
  await clock.advance(0);
  service.answer = (text) => new Response(JSON.parse(text).seq === 2 ? '{"gaps":[[1,1]]}' : '{"gaps":[]}');
  observe();
  await clock.advance(6_000);
  expect([idsOf(texts), area.items.size]).toEqual([['a2', 'a1'], 0]);
});

test.each([['null'], ['{"gaps":7}'], ['{"gaps":[null,7,["x"]]}'], ['[]'], ['']])(
  'an answer of %j does no harm',
  async (answer) => {
    const area = new FakeStorage();
    const { observe, clock, service, hide, faults } = openTab(area, 'a');
    observe();
    await clock.advance(0);
    hide();
    service.answer = () => new Response(answer);
    observe();
    await clock.advance(10_000);
    expect([faults, area.items.size]).toEqual([[], 0]);
  },
);

test('a beacon that is refused splits its batch: what fits leaves, the rest stays for the next visit', async () => {
  const area = new FakeStorage();
  let room = 30_000;
  const { observe, clock, hide, service } = openTab(area, 'a', {
    sendBeacon: (_url: string, { size }: Blob) => size <= room && (room -= size) >= 0,
  });
  service.answer = () => new Promise(() => {});
  observe({ kind: 'attempt' });
  await clock.advance(5_000);
  for (let at = 0; at < 90; at++) observe({ feature: `feature${at}` });
  hide();
  await clock.advance(0);
  expect(room).toBeLessThan(10_000);
  const stored = [...area.items.values()].map((value) => JSON.parse(value.slice(8)));
  const features = stored.flatMap(({ buckets }) => buckets.map(({ feature }: { feature: string }) => feature));
  expect(new Set(features).size, 'each is in one batch').toBe(features.length);
  expect(features).toHaveLength(91);
  expect(new Set(stored.map(({ seq }) => seq)).size).toBe(stored.length);
});

test('while the service asks to be left alone, leaving sends nothing: it is stored', async () => {
  const area = new FakeStorage();
  const { observe, clock, hide, beaconed, service, texts } = openTab(area, 'a');
  service.answer = () => new Response('', { status: 429, headers: { 'retry-after': '600' } });
  observe();
  await clock.advance(5_000);
  observe();
  hide(true);
  await clock.advance(60_000);
  expect([texts.length, beaconed().length, area.items.size]).toEqual([1, 0, 2]);
});

test('what was dropped is told at the end even if nothing else is left to say', async () => {
  const area = new FakeStorage();
  const { observe, clock, service, hide, beaconed } = openTab(area, 'a');
  service.answer = () => new Response('', { status: 422 });
  observe();
  await clock.advance(5_000);
  hide();
  hide();
  await clock.advance(0);
  expect(beaconed()).toMatchObject([{ seq: 2, buckets: [], dropped: { queueFull: 0, expired: 1, storage: 0 } }]);
});

test('a long outage keeps to its share of the storage, and counts what it gives up', async () => {
  const area = new FakeStorage();
  const { observe, clock, service, batches, texts } = openTab(area, 'a');
  service.answer = () => Promise.reject(new TypeError('offline'));
  let given = 0;
  for (let step = 0; step < 400; step++) {
    for (let at = 0; at < 25; at++) {
      observe({ kind: 'attempt', feature: `feature${at}` });
      given++;
    }
    await clock.advance(5_000);
    const size = [...area.items].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    expect(size).toBeLessThanOrEqual(128 * 1_024);
  }
  const failed = texts.length;
  service.answer = () => new Response('{}');
  await clock.advance(3_600_000);
  const arrived = new Map(
    batches()
      .slice(failed)
      .map((batch) => [batch.seq, batch]),
  );
  const dropped = [...arrived.values()].reduce(
    (sum, batch) => sum + batch.dropped.queueFull + batch.dropped.expired + batch.dropped.storage,
    0,
  );
  const brought = [...arrived.values()]
    .flatMap(({ buckets }) => buckets)
    .reduce((sum, { counts }) => sum + counts.attempts, 0);
  expect(brought).toBeGreaterThan(100);
  expect(brought + dropped).toBe(given);
}, 60_000);

test('by default its code is a module of this package', async () => {
  const area = new FakeStorage();
  const { observe, clock, service } = openTab(area, 'a', { loadStore: undefined });
  service.answer = away;
  await vi.waitFor(async () => {
    observe();
    await clock.advance(5_000);
    expect(area.items.size).toBeGreaterThan(0);
  });
});

/** A tab of a browser, and whoever comes after it. */
function createVisits() {
  const area = new FakeStorage();
  const locks = createLocks();
  const tab = {};
  const first = openTab(area, 'a', { locks: locks.of(tab) });
  const shown = () => [...area.items.keys()].filter((key) => /:queue:a{24}0{6}[0-9a-f]{2}:1:/.test(key));
  /** What the next visit tells of silent users, as feature, exposed, silent, and when. */
  const silent = async (more: object = {}) => {
    const next = openTab(area, 'b', { locks: locks.of({}), ...more });
    await next.clock.advance(first.clock.now() - next.clock.now() + 60_000);
    next.observe({ kind: 'attempt', feature: 'other' });
    await next.clock.advance(30_000);
    return next
      .batches()
      .flatMap(({ buckets }) => buckets)
      .flatMap(({ feature, startMs, units }) => (units.silent ? [[feature, units.exposed, startMs]] : []));
  };
  return { area, locks, first, shown, silent, crash: () => locks.crash(tab) };
}

test('a version that was shown when its page crashed is told as silent by the next visit, once, at its exposure', async () => {
  const { first, shown, silent, crash } = createVisits();
  const startMs = Math.floor(first.clock.now() / 10_000) * 10_000;
  first.observe();
  await first.clock.advance(1_500);
  expect(shown()).toHaveLength(1);
  crash();
  expect(await silent()).toEqual([['memoryPanel', 1, startMs]]);
  expect(shown()).toEqual([]);
  expect(await silent({ senderId: 'c'.repeat(32) })).toEqual([]);
});

test.each([['settled'], ['failure'], ['aborted']])(
  'a version that was %s before the crash is not silent',
  async (kind) => {
    const { first, shown, silent, crash } = createVisits();
    first.observe();
    await first.clock.advance(1_500);
    first.observe({ kind, failure: { phase: 'render', name: 'Error', message: '' } });
    expect(shown()).toEqual([]);
    // Nor when it is shown again to somebody of whom all is known.
    if (kind !== 'aborted') first.observe();
    await first.clock.advance(500);
    expect(shown()).toEqual([]);
    crash();
    expect(await silent()).toEqual([]);
  },
);

test('what is kept for a crash is written after the paint, a few at a time, and not at all for who is heard of before', async () => {
  const { first, shown } = createVisits();
  // The code that stores comes with the first one.
  first.observe(attempt);
  await first.clock.advance(1_000);
  for (let at = 0; at < 20; at++) first.observe({ feature: `f${at}` });
  await first.clock.advance(0);
  expect(shown()).toHaveLength(0);
  first.observe({ feature: 'f0', kind: 'settled' });
  await first.clock.advance(50);
  expect(shown()).toHaveLength(8);
  await first.clock.advance(100);
  expect(shown()).toHaveLength(19);
  first.hide(true);
  expect([shown(), first.clock.waiting()]).toEqual([[], 0]);
});

test('nobody is silent on a page that was hidden, left, or lives', async () => {
  for (const end of ['hidden', 'left', 'lives'] as const) {
    const { first, shown, silent, crash } = createVisits();
    first.observe();
    await first.clock.advance(1_500);
    if (end !== 'lives') first.hide(end === 'left');
    expect(shown()).toHaveLength(end === 'lives' ? 1 : 0);
    if (end === 'hidden') crash();
    expect(await silent()).toEqual([]);
  }
});

test('nobody is silent where there are no locks, who was not assigned by the percentage, nor after a day', async () => {
  const area = new FakeStorage();
  const alone = openTab(area, 'a', { locks: null });
  alone.observe();
  await alone.clock.advance(1_500);
  expect(area.items.size).toBe(0);
  const { first, shown, silent, crash } = createVisits();
  first.observe({ arm: 'none' });
  await first.clock.advance(1_500);
  expect(shown()).toEqual([]);
  first.observe();
  await first.clock.advance(1_500);
  expect(shown()).toHaveLength(1);
  crash();
  await first.clock.advance(86_400_000);
  expect(await silent()).toEqual([]);
  expect(shown()).toEqual([]);
});

test('a version that settled before the code that stores was there is not silent, however much is observed', async () => {
  const { area, locks, shown } = createVisits();
  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const loadStore = async () => {
    await arrived;
    return import('../../../src/client/reporter/storedQueue.js');
  };
  const { observe, clock } = openTab(area, 'a', { locks: locks.of({}), loadStore });
  for (let at = 0; at < 200; at++) observe({ kind: at % 2 ? 'exposure' : 'attempt' });
  observe({ feature: 'other' });
  await clock.advance(2_000);
  observe({ kind: 'settled' });
  arrive();
  await vi.waitFor(async () => {
    await clock.advance(50);
    expect(shown()).toHaveLength(1);
  });
  expect(area.items.get(shown()[0]!)).toContain('"other"');
});

test('what may be told of a crash takes no room from what has happened', async () => {
  const { area, first, shown } = createVisits();
  first.service.answer = () => Promise.reject(new TypeError('offline'));
  for (let step = 0; step < 100; step++) {
    for (let at = 0; at < 25; at++) first.observe({ kind: 'attempt', feature: `feature${at}` });
    await first.clock.advance(5_000);
  }
  const happened = new Set(area.items.keys());
  for (let at = 0; at < 40; at++) first.observe({ feature: `feature${at}` });
  await first.clock.advance(500);
  expect([...happened].filter((key) => !area.items.has(key))).toEqual([]);
  expect(shown().length).toBeGreaterThan(0);
}, 60_000);

test('locks that throw where they should reject are none that are ours', async () => {
  const rejected: unknown[] = [];
  const hear = (reason: unknown): void => void rejected.push(reason);
  process.on('unhandledRejection', hear);
  try {
    const request = (): never => {
      throw new Error('not here');
    };
    const { observe, clock, batches } = openTab(new FakeStorage(), 'a', { locks: { request } });
    observe();
    await clock.advance(6_000);
    expect(batches()).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(rejected).toEqual([]);
  } finally {
    process.off('unhandledRejection', hear);
  }
});

test('what is kept of shown versions is bounded, and nothing is told of what was damaged', async () => {
  const { area, first, shown, silent, crash } = createVisits();
  for (let at = 0; at < 100; at++) first.observe({ feature: `f${at}` });
  await first.clock.advance(1_500);
  expect(shown()).toHaveLength(64);
  crash();
  for (const [at, key] of shown().entries()) {
    const text = area.items.get(key) ?? '';
    const place = Math.floor((at / 64) * text.length);
    area.items.set(key, text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ 1) + text.slice(place + 1));
  }
  expect(await silent()).toEqual([]);
  expect(shown()).toEqual([]);
});
