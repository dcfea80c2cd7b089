import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSnapshotStore } from '../../src/client/snapshotStore.js';
import { openStorage } from '../../src/client/storage.js';
import { FakeStorage } from './fakeStorage.js';
import { snapshotOf } from './source/recordingListener.js';

const dayMs = 86_400_000;
const nowMs = 1_795_244_451_480;

function create(area = new FakeStorage()) {
  const storage = openStorage(area);
  return { area, storage, store: createSnapshotStore(storage, '/api', 'user-1') };
}

test('gives back what was saved', () => {
  const { store } = create();
  store.save(snapshotOf(3), nowMs);
  expect(store.load(nowMs + 5)).toEqual({ value: snapshotOf(3), contactAtMs: nowMs, expired: false });
});

test('keeps identities and sources apart, and never writes the identity itself', () => {
  const { area, storage, store } = create();
  store.save(snapshotOf(3), nowMs);
  expect(createSnapshotStore(storage, '/api', 'user-2').load(nowMs)).toBeUndefined();
  expect(createSnapshotStore(storage, '/other', 'user-1').load(nowMs)).toBeUndefined();
  expect([...area.items].flat().join()).not.toContain('user-1');
});

test('forgets all identities of its source on clear, and only those', () => {
  const { storage, store } = create();
  const other = createSnapshotStore(storage, '/api', 'user-2');
  const elsewhere = createSnapshotStore(storage, '/other', 'user-1');
  for (const each of [store, other, elsewhere]) {
    each.save(snapshotOf(3), nowMs);
    each.touch(nowMs + dayMs);
  }
  store.clear();
  expect(store.load(nowMs)).toBeUndefined();
  expect(other.load(nowMs)).toBeUndefined();
  expect(elsewhere.load(nowMs)?.value).toEqual(snapshotOf(3));
  expect(storage.keys()).toHaveLength(2);
});

test('stores nothing for a source without a key', () => {
  const area = new FakeStorage();
  const store = createSnapshotStore(openStorage(area), null, 'user-1');
  store.save(snapshotOf(3), nowMs);
  store.touch(nowMs + dayMs);
  store.clear();
  expect(area.items.size).toBe(0);
  expect(store.load(nowMs)).toBeUndefined();
});

test('keeps only kills after maxStaleMs without contact', () => {
  const { store } = create();
  store.save(snapshotOf(3, { kills: ['sessionsList'], delivery: { maxStaleMs: 1_000 } }), nowMs);
  expect(store.load(nowMs + 1_000)?.expired).toBe(false);
  expect(store.load(nowMs + 1_001)).toEqual({
    value: { kills: ['sessionsList'], emergency: null },
    contactAtMs: nowMs,
    expired: true,
  });
  store.save(snapshotOf(3), nowMs);
  expect(store.load(nowMs + dayMs + 1)).toBeUndefined();
  store.save(snapshotOf(3, { emergency: { since: 'x' } }), nowMs);
  expect(store.load(nowMs + dayMs + 1)?.value).toEqual({ kills: [], emergency: { since: 'x' } });
});

test('counts from the last contact, written at most every 10 s', () => {
  const { area, storage, store } = create();
  store.save(snapshotOf(3), nowMs);
  store.touch(nowMs + 9_999);
  expect(area.items.size).toBe(1);
  store.touch(nowMs + dayMs);
  expect(createSnapshotStore(storage, '/api', 'user-1').load(nowMs + dayMs + 5)).toMatchObject({
    contactAtMs: nowMs + dayMs,
    expired: false,
  });
});

test('counts a contact only for the snapshot it was about', () => {
  const { storage, store } = create();
  store.save(snapshotOf(3), nowMs);
  store.touch(nowMs + dayMs);
  createSnapshotStore(storage, '/api', 'user-1').save(snapshotOf(4), nowMs);
  expect(store.load(nowMs)?.contactAtMs).toBe(nowMs);
});

test('does not expire when the clock was set back, by a year as well', () => {
  const { store } = create();
  store.save(snapshotOf(3), nowMs);
  expect(store.load(nowMs - 365 * dayMs)?.expired).toBe(false);
});

test('leaves nothing old behind when a snapshot is too large', () => {
  const { area, store } = create();
  store.save(snapshotOf(3), nowMs);
  store.touch(nowMs + dayMs);
  store.save(snapshotOf(4, { pad: 'x'.repeat(256 * 1_024) }), nowMs);
  store.touch(nowMs + 2 * dayMs);
  expect(store.load(nowMs)).toBeUndefined();
  expect(area.items.size).toBe(0);
});

test('keeps at most five identities', () => {
  const { area, storage } = create();
  for (let user = 0; user < 20; user++) createSnapshotStore(storage, '/api', `user-${user}`).save(snapshotOf(3), nowMs);
  expect(area.items.size).toBe(5);
  expect(createSnapshotStore(storage, '/api', 'user-19').load(nowMs)?.value).toEqual(snapshotOf(3));
});

test('removes what makes no sense and never throws', () => {
  const { area, store } = create();
  store.save(snapshotOf(3), nowMs);
  const [key = ''] = area.items.keys();
  const good = area.items.get(key) ?? '';
  const corrupt = fc
    .tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }))
    .map(([at, put]) => good.slice(0, at) + put + good.slice(at + 1));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        corrupt,
        fc.nat(good.length).map((at) => good.slice(0, at)),
      ),
      (text) => {
        area.items.set(key, text);
        const loaded = store.load(nowMs);
        // What is of no use does not stay.
        expect(loaded !== undefined || !area.items.has(key)).toBe(true);
      },
    ),
    {
      examples: [['null'], ['{"schema":1,"contactAtMs":null,"value":{}}'], ['{"schema":2,"contactAtMs":1,"value":{}}']],
    },
  );
});

test('keeps the kills of a snapshot whose rest is rubbish', () => {
  const { store } = create();
  store.save({ kills: ['memoryPanel'], features: 5 }, nowMs);
  expect(store.load(nowMs)).toMatchObject({ value: { kills: ['memoryPanel'] }, expired: true });
});
