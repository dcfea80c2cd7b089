import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checksumOf, type Batch, type Dropped } from '../../../src/client/reporter/batch.js';
import { createBatchStore } from '../../../src/client/reporter/batchStore.js';
import { openStorage } from '../../../src/client/storage.js';
import { FakeStorage } from '../fakeStorage.js';

const dayMs = 86_400_000;
const maxSize = 128 * 1_024;
const none: Dropped = { queueFull: 0, expired: 0, storage: 0 };

function batchOf(sender: string, seq: number, { length = 1_000, isCritical = false, observations = 7 } = {}): Batch {
  const senderId = sender.padStart(32, '0');
  const head = { schema: 1, senderId, seq, sentAt: 0, dropped: { queueFull: 1, expired: 2, storage: 3 } };
  const text = JSON.stringify({ ...head, filling: 'x'.repeat(length) });
  return { senderId, seq, text, isCritical, observations, dropped: head.dropped };
}

/** One tab's view of an area that all tabs share. */
function openTab(sender: string, area: FakeStorage | false = new FakeStorage(), held: number[] = []) {
  const time = { nowMs: 0 };
  const lost = { queueFull: 0, expired: 0, storage: 0 };
  const store = createBatchStore({
    storage: openStorage(area, () => {}, undefined),
    senderId: sender.padStart(32, '0'),
    nowMs: () => time.nowMs,
    checksumOf,
    isHeld: ({ seq }) => held.includes(seq),
    lose({ observations, dropped }, why) {
      lost.queueFull += dropped.queueFull;
      lost.expired += dropped.expired;
      lost.storage += dropped.storage;
      lost[why] += observations;
    },
  });
  const seqs = () => store.list().map(({ seq }) => seq);
  return { store, time, lost, seqs };
}

const sizeOf = (area: FakeStorage) => [...area.items].reduce((sum, [key, value]) => sum + key.length + value.length, 0);

test('gives back what it was given, in another page', () => {
  const area = new FakeStorage();
  const batch = batchOf('a', 17, { isCritical: true });
  expect(openTab('a', area).store.put(batch)).toBe(true);
  const { store, lost } = openTab('b', area);
  const [stored] = store.list();
  expect(store.read(stored!)).toMatchObject(batch);
  store.remove(batch);
  expect([store.has(batch), store.list(), area.items.size, lost]).toEqual([false, [], 0, none]);
});

test('every byte of what is stored may be damaged: it is dropped and counted, never sent and never thrown', () => {
  const area = new FakeStorage();
  const batch = batchOf('a', 1, { length: 40 });
  openTab('a', area).store.put(batch);
  const [[key, value]] = [...area.items] as [[string, string]];
  for (let at = 0; at < value.length; at++)
    for (const damaged of ['\u0000', '{', String.fromCharCode(value.charCodeAt(at) ^ 1), '']) {
      const hurt = value.slice(0, at) + damaged + value.slice(at + 1);
      if (hurt === value) continue;
      area.items.clear();
      area.items.set(key, hurt);
      const { store, lost } = openTab('b', area);
      expect(store.list().map(store.read), `byte ${at}`).toEqual([undefined]);
      expect([lost, area.items.size], `byte ${at}`).toEqual([{ ...none, storage: 7 }, 0]);
    }
});

test('every byte of its name may be damaged: nothing throws, and nothing stays for good', () => {
  const area = new FakeStorage();
  const batch = batchOf('a', 1, { length: 40 });
  openTab('a', area).store.put(batch);
  const [[key, value]] = [...area.items] as [[string, string]];
  for (let at = 'switchback:queue:'.length; at < key.length; at++)
    for (const damaged of ['\u0000', 'x', ':', '9', '']) {
      area.items.clear();
      area.items.set(key.slice(0, at) + damaged + key.slice(at + 1), value);
      const { store, lost, time } = openTab('b', area);
      for (const stored of store.list()) store.read(stored);
      time.nowMs = dayMs;
      for (const stored of store.list()) store.read(stored);
      expect(area.items.size, `byte ${at}`).toBe(0);
      expect(Object.values(lost).every(Number.isSafeInteger), `byte ${at}`).toBe(true);
    }
});

test.each([
  ['nothing', ''],
  ['a number', '17'],
  ['what another build wrote', JSON.stringify({ schema: 2 })],
  ['an array', '[]'],
  ['null', 'null'],
])('drops %s, with a right checksum too', (_, text) => {
  for (const value of [text, checksumOf(text) + text]) {
    const area = new FakeStorage();
    area.items.set(`switchback:queue:${'a'.repeat(32)}:1:c:5:9`, value);
    const { store, lost } = openTab('b', area);
    expect(store.list().map(store.read)).toEqual([undefined]);
    expect([lost.storage, area.items.size]).toEqual([5, 0]);
  }
});

test('keeps a batch for 24 h, and counts what it would have told of when it is too old', () => {
  const { store, time, lost } = openTab('a');
  store.put(batchOf('a', 1));
  time.nowMs = dayMs - 1;
  expect(store.read(store.list()[0]!)?.seq).toBe(1);
  time.nowMs = dayMs;
  expect(store.read(store.list()[0]!)).toBeUndefined();
  expect(lost).toEqual({ queueFull: 1, expired: 2 + 7, storage: 3 });
});

test.each([-365, 365])('a clock that is %d days off expires it too: the service takes it neither', (days) => {
  const { store, time, lost } = openTab('a');
  store.put(batchOf('a', 1));
  time.nowMs = days * dayMs;
  expect(store.list().map(store.read)).toEqual([undefined]);
  expect(lost.expired).toBe(9);
});

test('makes room by its own oldest, critical ones last', () => {
  const { store, lost, seqs } = openTab('a');
  for (let seq = 1; seq <= 6; seq++) store.put(batchOf('a', seq, { length: 15_000, isCritical: seq === 1 }));
  expect(seqs()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(store.put(batchOf('a', 7, { length: 15_000 }))).toBe(true);
  expect(store.put(batchOf('a', 8, { length: 15_000, isCritical: true }))).toBe(true);
  expect(seqs()).toEqual([1, 4, 5, 6, 7, 8]);
  expect(lost).toEqual({ queueFull: 2, expired: 4, storage: 2 * (3 + 7) });
});

test('gives up no critical batch for one that is not, and none that is under way', () => {
  const critical = openTab('a');
  for (let seq = 1; seq <= 6; seq++) critical.store.put(batchOf('a', seq, { length: 15_000, isCritical: true }));
  expect(critical.store.put(batchOf('a', 7, { length: 15_000 }))).toBe(false);
  expect(critical.store.put(batchOf('a', 8, { length: 15_000, isCritical: true }))).toBe(true);
  expect(critical.seqs()).toEqual([2, 3, 4, 5, 6, 8]);
  const held = openTab('a', new FakeStorage(), [1]);
  for (let seq = 1; seq <= 7; seq++) held.store.put(batchOf('a', seq, { length: 15_000 }));
  expect(held.seqs()).toEqual([1, 3, 4, 5, 6, 7]);
});

test('tabs share the room: however much one writes, another one finds its part', () => {
  const senders = fc.array(fc.nat(7), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(senders, fc.integer({ min: 500, max: 15_000 }), (order, length) => {
      const area = new FakeStorage();
      const tabs = Array.from({ length: 9 }, (_, at) => openTab(String(at), area));
      const kept = order.map((at, seq) => tabs[at]!.store.put(batchOf(String(at), seq + 1, { length })));
      expect(sizeOf(area)).toBeLessThanOrEqual(maxSize);
      // One that comes last gets three quarters of what is left, and that is never nothing.
      const free = maxSize - sizeOf(area);
      expect(free).toBeGreaterThan(maxSize / 32 - 500);
      expect(tabs[8]!.store.hasRoom(Math.floor((free * 3) / 4))).toBe(true);
      // Nothing is lost without being counted.
      const stored = tabs[0]!.store.list().length;
      const lost = tabs.reduce((sum, tab) => sum + tab.lost.queueFull, 0);
      expect(stored + lost + kept.filter((isKept) => !isKept).length).toBe(order.length);
      expect(tabs.reduce((sum, tab) => sum + tab.lost.storage, 0)).toBe(lost * (3 + 7));
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['full', 'setItem'],
  ['unreadable', 'getItem'],
  ['stuck', 'removeItem'],
  ['closed', 'key'],
] as const)('an area that is %s makes it keep batches in memory', (_, operation) => {
  const area = new FakeStorage();
  area.broken.add(operation);
  const { store } = openTab('a', area);
  const batch = batchOf('a', 1);
  expect(store.put(batch)).toBe(true);
  if (operation === 'setItem') expect(store.read(store.list()[0]!)).toMatchObject(batch);
  expect(() => store.list().map(store.read)).not.toThrow();
  expect(() => store.remove(batch)).not.toThrow();
});

test('leaves what is not its own alone', () => {
  const area = new FakeStorage();
  area.items.set('switchback:breaker:panel', '{}');
  area.items.set('host', '1');
  const { store } = openTab('a', area);
  expect(store.list()).toEqual([]);
  expect([...area.items.keys()]).toEqual(['switchback:breaker:panel', 'host']);
});
