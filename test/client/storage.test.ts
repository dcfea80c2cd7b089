import { expect, test, vi } from 'vitest';
import { openStorage } from '../../src/client/storage.js';
import { FakeStorage } from './fakeStorage.js';

/** Storage events, as another tab causes them. */
class FakeEvents extends EventTarget {
  count = 0;
  override addEventListener(...given: Parameters<EventTarget['addEventListener']>): void {
    this.count++;
    super.addEventListener(...given);
  }
  override removeEventListener(...given: Parameters<EventTarget['removeEventListener']>): void {
    this.count--;
    super.removeEventListener(...given);
  }
  fire(key: string | null, storageArea?: Storage): void {
    this.dispatchEvent(Object.assign(new Event('storage'), { key, storageArea }));
  }
}

test('keeps values in the given storage', () => {
  const area = new FakeStorage();
  const storage = openStorage(area);
  storage.set('a', '1');
  expect(area.items.get('a')).toBe('1');
  expect(storage.get('a')).toBe('1');
  expect(storage.keys()).toEqual(['a']);
  storage.remove('a');
  expect(storage.get('a')).toBeNull();
  expect(area.items.size).toBe(0);
});

test.each([
  ['false', false as const],
  ['absent', undefined],
])('keeps values in memory when storage is %s', (_, area) => {
  const storage = openStorage(area);
  storage.set('__proto__', '1');
  expect(storage.get('__proto__')).toBe('1');
  expect(storage.get('constructor')).toBeNull();
  expect(storage.keys()).toEqual(['__proto__']);
  storage.remove('__proto__');
  expect(storage.keys()).toEqual([]);
});

test('falls back to memory when the storage is full, and forgets the value that was overwritten', () => {
  const area = new FakeStorage();
  area.items.set('a', 'old');
  area.broken.add('setItem');
  const onFault = vi.fn<(operation: string, error: unknown) => void>();
  const storage = openStorage(area, onFault);
  storage.set('a', 'new');
  storage.set('b', 'new');
  expect(storage.get('a')).toBe('new');
  expect(storage.keys()).toEqual(['a', 'b']);
  expect(area.items.has('a')).toBe(false);
  expect(onFault.mock.calls.map(([operation]) => operation)).toEqual(['set']);
});

test('hides what it could not remove', () => {
  const area = new FakeStorage();
  area.items.set('a', '1');
  area.broken.add('removeItem');
  const storage = openStorage(area);
  storage.remove('a');
  expect(storage.get('a')).toBeNull();
  expect(storage.keys()).toEqual([]);
});

test('survives a storage that refuses everything, telling each kind once', () => {
  const area = new FakeStorage();
  for (const operation of ['getItem', 'setItem', 'removeItem', 'key'] as const) area.broken.add(operation);
  area.items.set('x', '1');
  const onFault = vi.fn<(operation: string, error: unknown) => void>(() => {
    throw new Error('the fault handler as well');
  });
  const storage = openStorage(area, onFault);
  for (let round = 0; round < 3; round++) {
    storage.set('a', '1');
    expect(storage.get('a')).toBe('1');
    storage.remove('a');
    expect(storage.get('a')).toBeNull();
    expect(storage.keys()).toEqual([]);
  }
  expect(onFault.mock.calls).toHaveLength(4);
});

test('tells of changes here, once each, and not of writes that change nothing', () => {
  const storage = openStorage(false);
  const heard: (string | null)[] = [];
  const stop = storage.subscribe((key) => heard.push(key));
  storage.set('a', '1');
  storage.set('a', '1');
  storage.remove('a');
  storage.remove('a');
  stop();
  stop();
  storage.set('a', '2');
  expect(heard).toEqual(['a', 'a']);
});

test('tells of changes in other tabs, which win over memory', () => {
  const area = new FakeStorage();
  const events = new FakeEvents();
  const storage = openStorage(area, undefined, events);
  const heard: (string | null)[] = [];
  const stop = storage.subscribe((key) => heard.push(key));
  area.broken.add('setItem');
  storage.set('a', 'mine');
  area.items.set('a', 'theirs');
  expect(storage.get('a')).toBe('mine');
  events.fire('a', area);
  expect(storage.get('a')).toBe('theirs');
  area.clear();
  events.fire(null);
  expect(storage.get('a')).toBeNull();
  events.fire('a', new FakeStorage());
  expect(heard).toEqual(['a', 'a', null]);
  stop();
  expect(events.count).toBe(0);
});

test('listens to the browser only while somebody listens here', () => {
  const events = new FakeEvents();
  const storage = openStorage(false, undefined, events);
  expect(events.count).toBe(0);
  const stops = [storage.subscribe(() => {}), storage.subscribe(() => {})];
  expect(events.count).toBe(1);
  stops.forEach((stop) => stop());
  expect(events.count).toBe(0);
});

test('goes on telling when a listener throws', () => {
  const storage = openStorage(false);
  const heard: unknown[] = [];
  storage.subscribe(() => {
    throw new Error('listener');
  });
  storage.subscribe((key) => heard.push(key));
  storage.set('a', '1');
  expect(heard).toEqual(['a']);
});
