import fc from 'fast-check';
import { expect, test } from 'vitest';
import { httpSource } from '../../../src/client/source/httpSource.js';
import { createLiveStream } from '../../../src/client/source/liveStream.js';
import type { Sharing } from '../../../src/client/source/pageSharing.js';
import { drawn } from '../../harness/drawn.js';
import { createFakeEventSource, type FakeStream } from '../../harness/fakeEventSource.js';
import { createFakeBrowser, type FakeTab } from '../fakeBrowser.js';
import { recordingListener, snapshotOf } from './recordingListener.js';

interface TabOptions {
  readonly url?: string;
  readonly random?: () => number;
  readonly change?: (sharing: Sharing) => Sharing;
}

/** A service whose changes reach every stream that is open, and a browser whose tabs listen to it. */
function createTabs() {
  const browser = createFakeBrowser();
  const service = { revision: 1, streams: 0, isDown: false, confirmations: [] as object[] };
  const all: { readonly tab: FakeTab; readonly streams: FakeStream[] }[] = [];

  const open = (options: TabOptions = {}) => {
    const tab = browser.open();
    const events = createFakeEventSource();
    const recording = recordingListener();
    const page = { away: () => {}, back: () => {} };
    let wake = () => {};
    let gets = 0;
    class Announced extends events.FakeEventSource {
      constructor(url: string) {
        super(url);
        const stream = events.stream();
        const id = `stream-${++service.streams}`;
        queueMicrotask(() => {
          if (service.isDown) return stream.fail();
          stream.send('hello', { streamId: id, now: tab.clock.now() });
          stream.send('snapshot', snapshotOf(service.revision));
        });
      }
    }
    const sharing: Sharing = {
      locks: tab.locks,
      baseUrl: 'https://app.example/deep/page',
      visibility: tab.visibility,
      openChannel: tab.openChannel,
      onPage(away, back) {
        Object.assign(page, { away, back });
        return () => Object.assign(page, { away() {}, back() {} });
      },
    };
    const source = httpSource({
      url: options.url ?? '/api',
      EventSource: Announced,
      clock: tab.clock,
      random: options.random ?? (() => 0.5),
      onWake(run) {
        wake = run;
        return () => {};
      },
      loadStream: async () => ({
        createLiveStream: (host, EventSource) =>
          createLiveStream(host, EventSource, options.change ? options.change(sharing) : sharing),
      }),
      async fetch(_, init) {
        if (service.isDown) throw new TypeError('down');
        if (init?.method === 'POST') {
          service.confirmations.push(JSON.parse(String(init.body)));
          return new Response(null, { status: 204 });
        }
        gets++;
        return new Response(JSON.stringify(snapshotOf(service.revision)));
      },
    });
    const stop = source.start(recording.listener, recording.request);
    const opened = {
      ...recording,
      tab,
      streams: events.streams,
      stop,
      page,
      wake: () => wake(),
      gets: () => gets,
      confirm: (revision: number) => source.confirm?.({ epoch: 7, revision }),
      hasStream: () => events.streams.some(({ isClosed }) => !isClosed),
      revision: () => Object(recording.heard.snapshots.at(-1)).revision as number,
    };
    all.push(opened);
    return opened;
  };
  const live = () => all.flatMap(({ streams }) => streams).filter(({ isClosed }) => !isClosed);
  return {
    browser,
    service,
    open,
    live,
    send: (type: string, data: unknown) => live().forEach((stream) => stream.send(type, data)),
    publish(more: object = {}) {
      service.revision++;
      live().forEach((stream) => stream.send('snapshot', snapshotOf(service.revision, more)));
    },
    beat: () =>
      live().forEach((stream) => stream.send('heartbeat', { epoch: 7, revision: service.revision, now: 1_000 })),
  };
}

type Tabs = ReturnType<typeof createTabs>;
type Tab = ReturnType<Tabs['open']>;

async function openTabs(count: number, options?: TabOptions) {
  const tabs = createTabs();
  const opened = [];
  for (let at = 0; at < count; at++) {
    opened.push(tabs.open(options));
    await tabs.browser.advance(0);
  }
  return { ...tabs, opened: opened as [Tab, Tab, Tab, ...Tab[]] };
}

const statusesOf = (opened: readonly Tab[]) => opened.map(({ heard }) => heard.statuses.at(-1));
const revisions = (opened: readonly Tab[]) => opened.map(({ revision }) => revision());

/** Time with a heartbeat every 8 s. */
async function beatFor(tabs: Pick<Tabs, 'browser' | 'beat'>, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 8_000) {
    tabs.beat();
    await tabs.browser.advance(8_000);
  }
}

test('eight tabs hold one stream, are all live, and hear a change and a kill as it comes', async () => {
  const tabs = await openTabs(8);
  const { opened, publish, send, live, browser } = tabs;
  expect(live()).toHaveLength(1);
  expect(opened.map(({ heard }) => heard.statuses.at(-1))).toEqual(Array(8).fill('live'));
  publish();
  send('revision', { epoch: 7, revision: 3, kills: ['memoryPanel', '__proto__'], emergency: false, spreadMs: 0 });
  await browser.advance(0);
  for (const { heard } of opened) {
    expect(heard.snapshots).toContainEqual(snapshotOf(2));
    expect(heard.kills).toEqual([{ order: { epoch: 7, revision: 3 }, kills: ['memoryPanel'], emergency: false }]);
  }
  const before = opened.map(({ gets }) => gets());
  await beatFor(tabs, 120_000);
  expect(opened.map(({ gets }) => gets())).toEqual(before);
  expect(tabs.service.streams).toBe(1);
  expect(opened.flatMap(({ heard }) => heard.faults)).toEqual([]);
});

test('services and versions of the URL that mean the same share, others do not', async () => {
  const { open, live, browser } = createTabs();
  for (const url of ['/api', '/api/', 'https://app.example/api', '../api', '/other']) open({ url });
  await browser.advance(0);
  expect(live().map(({ url }) => url)).toEqual(['/api/events', '/other/events']);
});

test('a tab that comes later is told the time and the newest by the leader, without a stream', async () => {
  const { opened, open, publish, browser, service } = await openTabs(2);
  publish();
  await browser.advance(5_000);
  const late = open();
  await browser.advance(0);
  expect(late.heard.statuses).toEqual(['connecting', 'live']);
  expect(late.revision()).toBe(2);
  expect(late.heard.contacts).toContain(opened[0].tab.clock.now());
  expect(opened[1].heard.snapshots.filter((one) => Object(one).revision === 2)).toHaveLength(1);
  expect(service.streams).toBe(1);
});

test('when the leader closes the next tab has the stream at once, and nothing is missed', async () => {
  const { opened, publish, service, browser, live } = await openTabs(4);
  for (let at = 0; at < 3; at++) {
    opened[at]!.stop();
    service.revision++;
    await browser.advance(0);
    expect(revisions(opened.slice(at + 1))).toEqual(Array(3 - at).fill(service.revision));
    publish();
    await browser.advance(0);
    expect(revisions(opened.slice(at + 1))).toEqual(Array(3 - at).fill(service.revision));
    expect(live()).toHaveLength(1);
  }
});

test('a tab that crashes loses the lead as one that closes does', async () => {
  const { opened, service, browser } = await openTabs(3);
  opened[0].tab.crash();
  service.revision++;
  await browser.advance(0);
  expect(revisions(opened.slice(1))).toEqual([2, 2]);
});

test('a leader that hangs is replaced within 19 s by one tab, and what it says afterwards does not count', async () => {
  const tabs = await openTabs(4);
  const { opened, publish, service, browser, send, live } = tabs;
  await beatFor(tabs, 8_000);
  tabs.beat();
  await browser.advance(0);
  opened[0].tab.hang();
  service.revision = 5;
  await browser.advance(16_500);
  expect(opened.slice(1).some(({ hasStream }) => hasStream())).toBe(false);
  await browser.advance(2_500);
  expect(opened.slice(1).filter(({ hasStream }) => hasStream())).toHaveLength(1);
  expect(revisions(opened.slice(1))).toEqual([5, 5, 5]);
  expect(opened.slice(1).map(({ heard }) => heard.statuses.at(-1))).toEqual(['live', 'live', 'live']);
  opened[0].tab.thaw();
  const stale = opened[0].streams.at(-1)!;
  const contacts = opened[1].heard.contacts.length;
  stale.send('heartbeat', { epoch: 7, revision: 1, now: 5 });
  opened[0].tab.deliver();
  await browser.advance(0);
  expect(opened[1].heard.contacts).toHaveLength(contacts);
  expect(stale.isClosed).toBe(true);
  expect(live()).toHaveLength(1);
  expect(revisions(opened)).toEqual([5, 5, 5, 5]);
  publish();
  await browser.advance(0);
  expect(revisions(opened)).toEqual([6, 6, 6, 6]);
  send('heartbeat', { epoch: 7, revision: 6, now: 6 });
  await browser.advance(0);
  expect(opened.map(({ heard }) => heard.contacts.at(-1))).toEqual([6, 6, 6, 6]);
});

test('a leader that is frozen, but still given messages, does not say that it is there, and is replaced within 19 s', async () => {
  const tabs = await openTabs(3);
  const { opened, browser, service } = tabs;
  await beatFor(tabs, 8_000);
  tabs.beat();
  await browser.advance(0);
  opened[0].tab.freeze();
  service.revision = 5;
  await browser.advance(16_500);
  expect(opened.slice(1).some(({ hasStream }) => hasStream())).toBe(false);
  // Nor to a tab that comes meanwhile.
  const late = tabs.open();
  await browser.advance(2_500);
  const others = [...opened.slice(1), late];
  expect(others.filter(({ hasStream }) => hasStream())).toHaveLength(1);
  expect(revisions(others)).toEqual([5, 5, 5]);
  expect(statusesOf(others)).toEqual(['live', 'live', 'live']);
  opened[0].tab.thaw();
  await browser.advance(2_000);
  expect(tabs.live()).toHaveLength(1);
  tabs.publish();
  await browser.advance(0);
  expect(revisions([...opened, late])).toEqual([6, 6, 6, 6]);
});

test('a tab that hung while it came to lead outranks who leads since for a second at most', async () => {
  const tabs = await openTabs(4);
  const { opened, browser, live, publish, service } = tabs;
  const [first, next] = opened;
  next.tab.hang();
  first.stop();
  await browser.advance(20_000);
  expect(live()).toHaveLength(1);
  await beatFor(tabs, 24_000);
  const before = service.streams;
  next.tab.thaw();
  next.tab.deliver();
  await browser.advance(0);
  expect(live()).toHaveLength(1);
  // Said while the others believe the wrong tab: it is repeated to them.
  publish();
  await browser.advance(1_000);
  expect(revisions(opened.slice(1))).toEqual([2, 2, 2]);
  publish();
  await browser.advance(0);
  expect(revisions(opened.slice(1))).toEqual([3, 3, 3]);
  await beatFor(tabs, 24_000);
  expect(service.streams).toBe(before + 1);
});

test('a follower that hung asks before it takes the lead: the leader is there', async () => {
  const tabs = await openTabs(2);
  const { opened, browser, service } = tabs;
  opened[1].tab.hang();
  await beatFor(tabs, 80_000);
  opened[1].tab.thaw();
  // Its timers are first, what was said to it comes later.
  await opened[1].tab.clock.advance(17_900);
  opened[1].tab.deliver();
  await browser.advance(100);
  tabs.beat();
  await browser.advance(16_000);
  expect(service.streams).toBe(1);
});

test('a follower in the background polls and does not steal; once it is seen it does', async () => {
  const { opened, browser } = await openTabs(2);
  const [leader, hidden] = opened;
  hidden.tab.show(false);
  leader.tab.hang();
  const before = hidden.gets();
  await browser.advance(40_000);
  expect(hidden.hasStream()).toBe(false);
  expect(hidden.gets()).toBeGreaterThan(before + 1);
  expect(hidden.heard.statuses.at(-1)).toBe('polling');
  hidden.tab.show(true);
  hidden.wake();
  await browser.advance(2_000);
  expect(hidden.hasStream()).toBe(true);
  expect(hidden.heard.statuses.at(-1)).toBe('live');
});

test('a leader in the background gives way to a tab that is seen, after more than a minute', async () => {
  const tabs = await openTabs(2);
  const [leader, seen] = tabs.opened;
  leader.tab.show(false);
  await beatFor(tabs, 56_000);
  expect(leader.hasStream()).toBe(true);
  await beatFor(tabs, 16_000);
  expect([leader.hasStream(), seen.hasStream()]).toEqual([false, true]);
  tabs.publish();
  await tabs.browser.advance(0);
  expect(revisions([leader, seen])).toEqual([2, 2]);
});

test('all poll as soon as the stream breaks, nobody steals while the service is away, and all are live again', async () => {
  const tabs = await openTabs(3);
  const { opened, browser, service, live } = tabs;
  service.isDown = true;
  for (const stream of live()) stream.fail();
  await browser.advance(60_000);
  expect(opened.map(({ heard }) => heard.statuses.at(-1))).toEqual(['offline', 'offline', 'offline']);
  expect(opened.slice(1).every(({ streams }) => streams.length === 0)).toBe(true);
  service.isDown = false;
  service.revision = 9;
  opened[2].wake();
  await browser.advance(0);
  // It failed often enough of late.
  expect(statusesOf(opened)).toEqual(['degraded', 'degraded', 'degraded']);
  expect(revisions(opened)).toEqual([9, 9, 9]);
  await beatFor(tabs, 72_000);
  expect(statusesOf(opened)).toEqual(['live', 'live', 'live']);
});

test('tabs that follow show how the leader finds its stream, also one that comes later', async () => {
  const tabs = await openTabs(2);
  for (let at = 0; at < 3; at++) {
    for (const stream of tabs.live()) stream.fail();
    await tabs.browser.advance(5_000);
  }
  const late = tabs.open();
  await tabs.browser.advance(0);
  const all = [...tabs.opened, late];
  expect(statusesOf(all)).toEqual(['degraded', 'degraded', 'degraded']);
  expect(late.heard.faults).toEqual([]);
  // The next leader has a stream of its own, which never failed.
  tabs.opened[0].tab.crash();
  await tabs.browser.advance(2_000);
  await beatFor(tabs, 16_000);
  expect(statusesOf([tabs.opened[1], late])).toEqual(['live', 'live']);
});

test('a bye sends the leader away for as long as the service said, and the others wait with it', async () => {
  const { opened, send, browser, service } = await openTabs(2);
  send('bye', { retryMs: 3_000 });
  await browser.advance(2_500);
  expect(service.streams).toBe(1);
  await browser.advance(1_000);
  expect(service.streams).toBe(2);
  expect(opened.map(({ heard }) => heard.statuses.at(-1))).toEqual(['live', 'live']);
});

test('a page that goes lets go, and joins again when it comes back', async () => {
  const { opened, browser, publish, live } = await openTabs(2);
  const [first, second] = opened;
  first.page.away();
  await browser.advance(0);
  expect([first.hasStream(), second.hasStream()]).toEqual([false, true]);
  publish();
  first.page.back();
  first.page.back();
  await browser.advance(2_000);
  expect(revisions(opened)).toEqual([2, 2]);
  expect(live()).toHaveLength(1);
  first.stop();
  first.page.back();
  await browser.advance(2_000);
  publish();
  await browser.advance(0);
  expect(revisions(opened)).toEqual([2, 3]);
});

test('a stream is confirmed once, when all its tabs show the rollback: one that hangs is not overlooked', async () => {
  const tabs = await openTabs(3);
  const { opened, browser, service, publish } = tabs;
  publish({ kills: ['memoryPanel'] });
  opened[2].tab.hang();
  await browser.advance(0);
  for (const { confirm } of opened.slice(0, 2)) confirm(2);
  await browser.advance(5_000);
  expect(service.confirmations).toEqual([]);
  opened[2].tab.thaw();
  await browser.advance(0);
  opened[2].confirm(2);
  await browser.advance(0);
  expect(service.confirmations).toEqual([{ streamId: 'stream-1', epoch: 7, revision: 2 }]);
  await beatFor(tabs, 24_000);
  expect(service.confirmations).toHaveLength(1);
});

test('a tab that closes, crashes or comes later does not hold a confirmation up', async () => {
  const tabs = await openTabs(4);
  const { opened, browser, service, publish, open } = tabs;
  publish({ kills: ['memoryPanel'] });
  await browser.advance(0);
  open();
  opened[0].confirm(2);
  opened[1].confirm(2);
  await browser.advance(0);
  expect(service.confirmations).toEqual([]);
  opened[2].stop();
  opened[3]!.tab.crash();
  await beatFor(tabs, 8_000);
  expect(service.confirmations).toEqual([{ streamId: 'stream-1', epoch: 7, revision: 2 }]);
});

test('the leader confirms on its next stream what it could not confirm on the last', async () => {
  const { opened, browser, service, live } = await openTabs(2);
  for (const stream of live()) stream.fail();
  for (const { confirm } of opened) confirm(2);
  await browser.advance(2_000);
  expect(service.confirmations).toEqual([{ streamId: 'stream-2', epoch: 7, revision: 2 }]);
});

test('what makes no sense on the channel is inert, and a malformed event is asked about', async () => {
  const { opened, open, browser, live } = await openTabs(2);
  let name = '';
  const spy = open({
    change: (sharing) => ({
      ...sharing,
      openChannel(given, onMessage) {
        name = given;
        return sharing.openChannel(given, onMessage);
      },
    }),
  });
  await browser.advance(0);
  expect(name).toMatch(/^switchback:stream:[0-9a-f]{16}$/);
  const foreign = browser.open().openChannel(name, () => {});
  const leads = { term: 9e12, isVisible: true, to: null };
  const rubbish: unknown[] = [
    null,
    7,
    'lead',
    [],
    {},
    { kind: '__proto__' },
    { kind: 'lead' },
    { kind: 'lead', leads: { term: -1 } },
    { kind: 'lead', leads: { term: '1' } },
    { kind: 'event', type: 'constructor', data: '{}', leads },
    { kind: 'event', type: 'snapshot', data: {}, leads },
    { kind: 'join', tab: {}, shown: 7 },
    { kind: 'shown', tab: 'x'.repeat(65), shown: { epoch: 7, revision: 1 } },
    { kind: 'shown', tab: 'x', shown: { epoch: NaN, revision: 'y' } },
    { kind: 'leave' },
  ];
  for (const message of rubbish) foreign.postMessage(message);
  await browser.advance(1_000);
  expect([...opened, spy].flatMap(({ heard }) => heard.faults)).toEqual([]);
  const before = spy.gets();
  live()[0]!.send('snapshot', '{"schema":1,');
  await browser.advance(2_000);
  expect([...opened, spy].map(({ heard }) => heard.faults.map(({ operation }) => operation))).toEqual(
    Array(3).fill(['stream']),
  );
  expect(spy.gets()).toBe(before + 1);
});

test.each([
  [
    'locks',
    (sharing: Sharing): Sharing => ({
      ...sharing,
      locks: { ...sharing.locks, request: () => Promise.reject(new DOMException('denied', 'SecurityError')) },
    }),
  ],
  [
    'a channel',
    (sharing: Sharing): Sharing => ({
      ...sharing,
      openChannel: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    }),
  ],
  ['a base URL', (sharing: Sharing): Sharing => ({ ...sharing, baseUrl: 'about:blank' })],
])('without %s each tab has a stream of its own, and confirms by itself', async (_, change) => {
  const { opened, browser, live, publish, service } = await openTabs(2, { change });
  expect(live()).toHaveLength(2);
  publish();
  await browser.advance(0);
  expect(revisions(opened)).toEqual([2, 2]);
  opened[1].confirm(2);
  await browser.advance(0);
  expect(service.confirmations).toEqual([{ streamId: 'stream-2', epoch: 7, revision: 2 }]);
  for (const { stop } of opened) stop();
  expect(live()).toHaveLength(0);
  expect(opened.map(({ tab }) => tab.clock.waiting())).toEqual([0, 0]);
});

test('where tabs cannot be counted, those that speak are enough', async () => {
  const { opened, browser, service } = await openTabs(2, {
    change: (sharing) => ({
      ...sharing,
      locks: { request: sharing.locks.request, query: () => Promise.reject(new Error('no')) },
    }),
  });
  opened[0].confirm(2);
  await browser.advance(0);
  expect(service.confirmations).toHaveLength(1);
});

test('whatever closes, crashes, hangs, hides and comes: in the end one tab has a stream and all have the last change', async () => {
  const act = fc.record({
    what: fc.constantFrom('open', 'stop', 'crash', 'hang', 'thaw', 'hide', 'show', 'away', 'back', 'lose', 'publish'),
    which: fc.nat(4),
    thenMs: fc.constantFrom(0, 100, 1_000, 19_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 10 }), async (acts) => {
      const { browser, open, service } = createTabs();
      const alive: Tab[] = [open(), open(), open()];
      const hung = new Set<Tab>();
      const heard = () => alive.filter((tab) => !hung.has(tab)).flatMap(({ streams }) => streams);
      const send = (type: string, data: object) =>
        heard().forEach((stream) => !stream.isClosed && stream.send(type, data));
      const publish = () => send('snapshot', snapshotOf(++service.revision));
      const thaw = (tab: Tab): void => {
        hung.delete(tab);
        tab.tab.thaw();
        tab.tab.deliver();
      };
      await browser.advance(0);
      for (const { what, which, thenMs } of acts) {
        const tab = alive[which % alive.length]!;
        if (what === 'open' && alive.length < 5) alive.push(open());
        else if (what === 'publish') publish();
        else if (what === 'thaw') thaw(tab);
        else if (what === 'hide' || what === 'show') tab.tab.show(what === 'show');
        // A tab that hangs does nothing, and its connection says nothing.
        else if (hung.has(tab)) continue;
        else if (what === 'away' || what === 'back') tab.page[what]();
        else if (what === 'lose') tab.streams.forEach((stream) => !stream.isClosed && stream.fail());
        else if (what === 'hang') {
          hung.add(tab);
          tab.tab.hang();
        } else if (alive.length > 1 && (what === 'crash' || what === 'stop')) {
          alive.splice(alive.indexOf(tab), 1);
          if (what === 'crash') tab.tab.crash();
          else tab.stop();
        }
        await browser.advance(thenMs);
      }
      for (const tab of alive) {
        if (hung.has(tab)) thaw(tab);
        tab.tab.show(true);
        tab.page.back();
        tab.wake();
      }
      for (let beat = 0; beat < 4; beat++) {
        await browser.advance(8_000);
        send('heartbeat', { epoch: 7, revision: service.revision, now: 1_000 });
      }
      publish();
      await browser.advance(0);
      expect(alive.filter(({ hasStream }) => hasStream())).toHaveLength(1);
      expect(revisions(alive)).toEqual(alive.map(() => service.revision));
      // Who lost the stream three times within a minute is degraded, and so are all.
      const [status] = statusesOf(alive);
      expect(status).toMatch(/^(live|degraded)$/);
      expect(statusesOf(alive)).toEqual(alive.map(() => status));
    }),
    {
      numRuns: drawn(10, 100),
      examples: [
        [
          [
            { what: 'show', which: 0, thenMs: 100 },
            { what: 'hang', which: 4, thenMs: 19_000 },
            { what: 'away', which: 3, thenMs: 19_000 },
            { what: 'hide', which: 4, thenMs: 100 },
            { what: 'publish', which: 1, thenMs: 0 },
            { what: 'hide', which: 1, thenMs: 100 },
            { what: 'open', which: 0, thenMs: 0 },
            { what: 'lose', which: 2, thenMs: 100 },
            { what: 'back', which: 2, thenMs: 1_000 },
          ],
        ],
      ],
    },
  );
}, 120_000);
