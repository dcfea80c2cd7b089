import { afterEach, expect, test, vi } from 'vitest';
import { pageSharing } from '../../../src/client/source/pageSharing.js';
import { createFakeEventSource } from '../../harness/fakeEventSource.js';

const { FakeEventSource } = createFakeEventSource();

/** A page with everything that sharing takes, or without some of it. */
function stubPage(without: object = {}): void {
  const page = {
    document: { baseURI: 'https://app.example/', visibilityState: 'visible' },
    navigator: { locks: {} },
    BroadcastChannel: class {},
    EventSource: FakeEventSource,
    ...without,
  };
  for (const [name, value] of Object.entries(page)) vi.stubGlobal(name, value);
}

afterEach(() => vi.unstubAllGlobals());

test('a page with locks and channels shares', () => {
  stubPage();
  expect(pageSharing(FakeEventSource)?.baseUrl).toBe('https://app.example/');
});

test.each([
  ['outside a page', { document: undefined }],
  ['without locks', { navigator: {} }],
  ['without a navigator', { navigator: undefined }],
  ['without channels', { BroadcastChannel: undefined }],
  ["with an EventSource of the host's", { EventSource: class {} }],
])('nothing is shared %s', (_, without) => {
  stubPage(without);
  expect(pageSharing(FakeEventSource)).toBeNull();
});
