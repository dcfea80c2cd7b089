// Tabs of one browser with one stream among them, and what happens when the one that has it goes.
import { setTimeout as sleep } from 'node:timers/promises';

const now = () => performance.timeOrigin + performance.now();

/** Opens `count` tabs of one user and waits until all are live. */
export async function openTabs(browser, pageUrl, service, count) {
  const context = await browser.newContext();
  const faults = [];
  const tabs = [];
  const url = `${pageUrl}?${new URLSearchParams({ api: `${service.url}/api` })}`;
  const open = async () => {
    const tab = await context.newPage();
    tab.on('pageerror', (error) => faults.push(error.message));
    await tab.goto(url);
    tabs.push(tab);
    return tab;
  };
  const waitFor = async (what, isSo, timeoutMs = 30_000) => {
    const untilMs = now() + timeoutMs;
    while (!(await isSo())) {
      if (now() > untilMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
      await sleep(20);
    }
  };
  const every = async (of, question) => (await Promise.all(of.map(question))).every(Boolean);
  // After a few failures a stream that lives again is rated for a minute yet.
  const isLive = (tab) => tab.evaluate(() => ['live', 'degraded'].includes(window.streamTab.status()));
  const settle = async (of = tabs) => {
    await waitFor('all tabs are live', () => every(of, isLive));
    await waitFor('one stream is left', async () => (await service.streams()) === 1);
  };

  await Promise.all(Array.from({ length: count }, open));
  await settle();

  const leader = async () => {
    const having = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.streamTab.hasStream())));
    if (having.filter(Boolean).length !== 1) throw new Error(`${having.filter(Boolean).length} tabs have a stream`);
    return tabs[having.indexOf(true)];
  };

  /**
   * Publishes again and again from when the leader goes until another tab has the stream and all others are up to date.
   * @returns ms until another tab had it, until the change published first was everywhere, and how many tabs missed one
   */
  const takeOver = async (gone, go) => {
    const rest = tabs.filter((tab) => tab !== gone);
    const startedAtMs = now();
    await go();
    const first = await service.publish();
    let last = first;
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) {
        await sleep(250);
        last = await service.publish();
      }
    })();
    let streamAfterMs = 0;
    try {
      await waitFor('another tab has the stream', async () => {
        const having = await Promise.all(rest.map((tab) => tab.evaluate(() => window.streamTab.hasStream())));
        streamAfterMs = now() - startedAtMs;
        return having.includes(true);
      });
    } finally {
      isOver = true;
      await publishing;
    }
    last = await service.publish();
    const knows = (tab) => tab.evaluate((wanted) => window.streamTab.revisions().at(-1)?.revision >= wanted, last);
    let missed = 0;
    await waitFor('the last change is everywhere', () => every(rest, knows), 5_000).catch(async () => {
      missed = (await Promise.all(rest.map(knows))).filter((isKnown) => !isKnown).length;
    });
    const reached = await Promise.all(
      rest.map((tab) =>
        tab.evaluate((wanted) => window.streamTab.revisions().find(({ revision }) => revision >= wanted)?.atMs, first),
      ),
    );
    const changeAfterMs = Math.max(...reached.map((atMs) => atMs ?? Infinity)) - startedAtMs;
    return { streamAfterMs: Math.round(streamAfterMs), changeAfterMs: Math.round(changeAfterMs), missed };
  };

  const pause = async (tab) => {
    const session = await context.newCDPSession(tab);
    await session.send('Debugger.enable');
    const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
    await session.send('Debugger.pause');
    // It stops at the next line that runs.
    tab.evaluate(() => 0).catch(() => {});
    await paused;
    return async () => {
      await session.send('Debugger.resume');
      await session.detach();
    };
  };

  return {
    context,
    tabs,
    faults,
    /** What an ordinary request to the service takes while all tabs are live, in ms. */
    async ordinaryRequestMs() {
      return Math.max(
        ...(await Promise.all(
          tabs.map((tab) =>
            tab.evaluate(async (api) => {
              const startedMs = performance.now();
              await (await fetch(`${api}/snapshot`, { cache: 'no-store' })).text();
              return performance.now() - startedMs;
            }, `${service.url}/api`),
          ),
        )),
      );
    },
    /** The leader is closed, and a new tab takes its place among the tabs. */
    async close() {
      const gone = await leader();
      const result = await takeOver(gone, () => gone.close());
      tabs.splice(tabs.indexOf(gone), 1);
      await open();
      await settle();
      return result;
    },
    /** The leader stops in a debugger; then goes on, and must be as up to date as the others. */
    async pause() {
      const gone = await leader();
      let resume = async () => {};
      const result = await takeOver(gone, async () => {
        resume = await pause(gone);
      });
      await resume();
      await settle();
      return result;
    },
    /** The leader is busy for so long that another has to take over. */
    async hang() {
      const gone = await leader();
      let hung = Promise.resolve();
      const result = await takeOver(gone, async () => {
        hung = gone.evaluate(() => window.streamTab.hang(22_000));
        // Nothing reaches it from here on.
        await sleep(300);
      });
      await hung;
      await settle();
      return result;
    },
    /** A rollback while one tab, not the leader, stands still. */
    async rollBack() {
      const one = await leader();
      const frozen = tabs.find((tab) => tab !== one);
      const rest = tabs.filter((tab) => tab !== frozen);
      const resume = await pause(frozen);
      const startedAtMs = now();
      await service.disable();
      await waitFor(
        'v1 is everywhere',
        () => every(rest, (tab) => tab.evaluate(() => !window.streamTab.isOn())),
        10_000,
      );
      const offAtMs = await Promise.all(rest.map((tab) => tab.evaluate(() => window.streamTab.offAtMs())));
      await sleep(500);
      const { streams: whileFrozen } = await service.rollbackStatus();
      await resume();
      await waitFor('the stream is confirmed', async () => (await service.rollbackStatus()).streams.confirmed === 1);
      const { streams: afterwards } = await service.rollbackStatus();
      await service.enable();
      await settle();
      return {
        shownAfterMs: Math.round(Math.max(...offAtMs) - startedAtMs),
        confirmedWhileFrozen: whileFrozen.confirmed,
        confirmedAfterwards: afterwards.confirmed,
        sampled: afterwards.sampled,
      };
    },
  };
}
