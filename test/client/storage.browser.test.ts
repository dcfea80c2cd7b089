import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/client/clock.js';
import { createOverrides } from '../../src/client/overrides.js';
import { openStorage } from '../../src/client/storage.js';

beforeEach(() => localStorage.clear());
afterEach(() => {
  localStorage.clear();
  document.querySelectorAll('iframe').forEach((frame) => frame.remove());
});

// Same-origin frames share localStorage and send each other storage events, as tabs do.
function openFrame(): Window & { localStorage: Storage } {
  const frame = document.createElement('iframe');
  document.body.append(frame);
  if (frame.contentWindow === null) throw new Error('no frame');
  return frame.contentWindow;
}

test('uses localStorage by default', () => {
  const storage = openStorage(undefined);
  storage.set('switchback:test', '1');
  expect(localStorage.getItem('switchback:test')).toBe('1');
});

test('hears another frame change, remove and clear', async () => {
  const one = openFrame();
  const two = openFrame();
  const storage = openStorage(one.localStorage, undefined, one);
  const heard: (string | null)[] = [];
  const stop = storage.subscribe((key) => heard.push(key));
  two.localStorage.setItem('switchback:heard', '1');
  // Events of earlier tests may still come in before it.
  await vi.waitFor(() => expect(heard).toContain('switchback:heard'));
  expect(storage.get('switchback:heard')).toBe('1');
  heard.length = 0;
  two.localStorage.removeItem('switchback:heard');
  two.localStorage.setItem('other', '1');
  two.localStorage.clear();
  await vi.waitFor(() => expect(heard).toEqual(['switchback:heard', 'other', null]));
  expect(storage.keys()).toEqual([]);
  stop();
});

test('takes an override over from another frame', async () => {
  const one = openFrame();
  const two = openFrame();
  const create = (frame: Window & { localStorage: Storage }) =>
    createOverrides({
      storage: openStorage(frame.localStorage, undefined, frame),
      policy: { allow: 'all' },
      knownFeatures: new Set(['memoryPanel']),
      context: () => ({}),
      clock: systemClock,
    });
  const here = create(one);
  const there = create(two);
  const heard: (string | null)[] = [];
  here.subscribe((feature) => heard.push(feature));
  there.set('memoryPanel', 'v2');
  await vi.waitFor(() => expect(heard).toEqual(['memoryPanel']));
  expect(here.get('memoryPanel')).toEqual({ version: 'v2' });
});

test('keeps values in memory when localStorage is full', () => {
  const onFault = vi.fn<(operation: string, error: unknown) => void>();
  const storage = openStorage(undefined, onFault);
  const large = 'x'.repeat(6 * 1_024 * 1_024);
  storage.set('switchback:test', large);
  expect(storage.get('switchback:test')).toBe(large);
  expect(localStorage.getItem('switchback:test')).toBeNull();
  expect(onFault.mock.calls[0]?.[1]).toBeInstanceOf(DOMException);
});

test('keeps values in memory where the origin has no localStorage', async () => {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  const denied = new Promise<string>((resolve) =>
    addEventListener('message', ({ data, source }) => {
      if (source === frame.contentWindow) resolve(String(data));
    }),
  );
  // The module itself cannot be loaded into an opaque origin by a path: its text goes in.
  const code = `${openStorage.toString()}
    let fault; const storage = openStorage(undefined, (operation, error) => { fault = operation + ' ' + error.name; });
    storage.set('a', '1'); parent.postMessage(fault + ' ' + storage.get('a'), '*');`;
  frame.srcdoc = `<script>${code}</script>`;
  document.body.append(frame);
  expect(await denied).toBe('open SecurityError 1');
});
