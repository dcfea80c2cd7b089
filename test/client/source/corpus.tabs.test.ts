// The streams that a page survives: the browser's own EventSource, real connections, bytes in pieces of 1, 2 and all at once.
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium, servePage, type ServedPage } from '../../../bench/page.mjs';
import { startCorpusServer, type Connection } from './corpus/corpusServer.js';
import type { Followed } from './corpus/page.js';
import { brokenStream, mendedStream, plainStream, streamCases, type StreamCase } from './corpus/streams.js';

let served: ServedPage;
let browser: Browser;
let page: Page;
const errors: string[] = [];
beforeAll(async () => {
  served = await servePage(fileURLToPath(new URL('corpus/page.ts', import.meta.url)));
  browser = await launchChromium();
  page = await browser.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(served.url);
  await page.waitForFunction(() => 'follow' in window);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

interface Wish {
  readonly endsBy?: 'event' | 'get';
  /** Waits until the page has this revision. */
  readonly until?: number;
}

async function follow(connections: readonly Connection[], { endsBy = 'event', until }: Wish = {}) {
  const server = await startCorpusServer(connections);
  const given = [server.url, endsBy, until ?? null] as const;
  const followed = await page.evaluate((args) => window.follow(...args), given);
  server.close();
  return { ...followed, streams: server.streams };
}

/** All of a group at once: each has a server of its own, so none waits for another's connections. */
async function followAll(cases: readonly StreamCase[], chunk: number): Promise<ReadonlyMap<string, Followed>> {
  const followed = new Map<string, Followed>();
  const waiting = [...cases];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift())
      followed.set(
        one.name,
        await follow([{ bytes: one.bytes, chunk }], one.malformed === undefined ? {} : { until: 50 }),
      );
  };
  await Promise.all(Array.from({ length: 40 }, next));
  return followed;
}

test('there are enough of them', () => {
  expect(new Set(streamCases.map(({ name }) => name)).size).toBe(streamCases.length);
  expect(streamCases.length * 3).toBeGreaterThanOrEqual(150);
});

test.each([
  ['one byte at a time', 1],
  ['two bytes at a time', 2],
  ['all at once', 1_000_000],
])(
  'keeps the last good snapshot and hears what comes after, %s',
  async (_, chunk) => {
    const followed = await followAll(streamCases, chunk);
    const outcome = ({ revision, malformed, config, isPolluted }: Followed, isConfigMeant: boolean) => ({
      revision,
      malformed,
      isPolluted,
      ...(isConfigMeant && { config }),
    });
    const found = streamCases.map(({ name, config }) => [name, outcome(followed.get(name)!, config !== undefined)]);
    const meant = streamCases.map(({ name, revision, malformed = 0, config }) => [
      name,
      { revision, malformed, isPolluted: false, ...(config !== undefined && { config }) },
    ]);
    expect(found).toEqual(meant);
    // What made no sense may have been a change: the page asked, and has what is new.
    const asked = streamCases.filter(({ malformed }) => malformed).map(({ name }) => followed.get(name)?.laterRevision);
    expect(asked).toEqual(asked.map(() => 50));
    expect(errors).toEqual([]);
  },
  60_000,
);

test.each([
  ['is cut', 'cut'],
  ['ends', 'finished'],
] as const)('half an event is none when the connection %s; the page comes back and hears the next', async (_, end) => {
  for (const chunk of [1, 2, brokenStream.length]) {
    const { arrived, revision, streams } = await follow([{ bytes: brokenStream, chunk, end }, { bytes: mendedStream }]);
    expect(arrived).not.toContain(4);
    expect(arrived).toEqual(expect.arrayContaining([1, 2]));
    expect(revision).toBeGreaterThanOrEqual(3);
    expect(streams.length).toBeGreaterThanOrEqual(2);
  }
});

test.each([301, 302, 303, 307, 308])('follows a redirect (%i)', async (status) => {
  const { revision, streams } = await follow([
    { status, headers: { location: '/elsewhere/events' } },
    { bytes: plainStream, chunk: 2 },
  ]);
  expect(revision).toBe(2);
  expect(streams).toEqual(['/api/events', '/elsewhere/events']);
});

test.each<[string, Connection]>([
  ['204, which ends the browser’s own tries,', { status: 204 }],
  ['404', { status: 404 }],
  ['503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }],
  ['a portal’s page', { headers: { 'content-type': 'text/html' }, bytes: plainStream, end: 'finished' }],
  ['a redirect in circles', { status: 307, headers: { location: '/api/events' } }],
  [
    'what is not compressed as it says',
    { headers: { 'content-encoding': 'gzip' }, bytes: plainStream, end: 'finished' },
  ],
])('%s in place of a stream: the page asks by GET, and tries again', async (_, connection) => {
  const { arrived, laterRevision, streams } = await follow([connection], { endsBy: 'get', until: 50 });
  expect(arrived).not.toContain(2);
  expect(laterRevision).toBe(50);
  expect(streams.length).toBeGreaterThanOrEqual(1);
  const mended = await follow([connection, connection, { bytes: plainStream }]);
  if (connection.headers?.['location'] === undefined) expect(mended.revision).toBeGreaterThanOrEqual(2);
});
