import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium, servePage, type ServedPage } from '../../bench/page.mjs';

const hourMs = 3_600_000;

let served: ServedPage;
let browser: Browser;
beforeAll(async () => {
  served = await servePage(fileURLToPath(new URL('tabs/page.ts', import.meta.url)));
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

interface Probe {
  readonly tab: number;
  readonly startMs: number;
  endMs: number;
}

/** Ten tabs of one user; the clocks of half of them are an hour fast, those of the others an hour slow. */
async function openTabs() {
  const context = await browser.newContext();
  const probes: Probe[] = [];
  const faults: string[] = [];
  const pages = new Map<Page, number>();
  await context.exposeBinding('record', ({ page }, what: string, atMs: number) => {
    const tab = pages.get(page)!;
    if (what === 'start') probes.push({ tab, startMs: atMs, endMs: Infinity });
    else for (const probe of probes) if (probe.tab === tab && probe.endMs === Infinity) probe.endMs = atMs;
  });
  const tabs = await Promise.all(
    Array.from({ length: 10 }, async (_, at) => {
      const page = await context.newPage();
      pages.set(page, at);
      page.on('pageerror', (error) => faults.push(error.message));
      await page.addInitScript(
        (apartMs) => {
          const now = Date.now.bind(Date);
          Date.now = () => now() + apartMs;
        },
        at % 2 === 0 ? hourMs : -hourMs,
      );
      await page.goto(served.url);
      return page;
    }),
  );
  return { context, tabs, probes, faults };
}

/** Where a probe began before another had ended. */
function overlaps(probes: readonly Probe[]): readonly string[] {
  const inOrder = [...probes].sort((a, b) => a.startMs - b.startMs);
  return inOrder.flatMap((probe, at) => {
    const before = inOrder.slice(0, at).filter(({ endMs }) => endMs > probe.startMs);
    return before.map((other) => `tab ${probe.tab} began at ${probe.startMs} while tab ${other.tab} tried`);
  });
}

test('ten tabs open together, one at a time probes, and all close when it settles', { timeout: 90_000 }, async () => {
  const { context, tabs, probes, faults } = await openTabs();
  const alive = new Set(tabs);
  const states = () => Promise.all([...alive].map((page) => page.evaluate(() => window.tab.state())));
  const allAre = async (state: string) => {
    await expect.poll(states, { timeout: 8_000 }).toEqual([...alive].map(() => state));
  };
  const last = () => probes.at(-1)!;
  /** Waits until a tab tries; it is the one that holds the lease. */
  const leader = async (isNot?: number) => {
    await expect
      .poll(() => probes.at(-1)?.endMs === Infinity && last().tab !== isNot, { timeout: 15_000, interval: 5 })
      .toBe(true);
    return { at: last().tab, page: tabs[last().tab]! };
  };

  /** When nothing ran in a tab any more; what it began before is no probe from then on. */
  const stopped: { readonly tab: number; readonly atMs: number }[] = [];

  await allAre('closed');
  await tabs[3]!.evaluate(() => window.tab.fail());
  await allAre('open');
  await allAre('halfOpen');
  for (const page of tabs) await page.evaluate(() => window.tab.tryOn());

  const closed = await leader();
  stopped.push({ tab: closed.at, atMs: Date.now() });
  await closed.page.close();
  alive.delete(closed.page);

  const frozen = await leader(closed.at);
  const session = await context.newCDPSession(frozen.page);
  await session.send('Debugger.enable');
  const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
  stopped.push({ tab: frozen.at, atMs: Date.now() });
  await session.send('Debugger.pause');
  await paused;
  const hanging = await leader(frozen.at);
  await session.send('Debugger.resume');

  stopped.push({ tab: hanging.at, atMs: Date.now() });
  const triedAfter = hanging.page.evaluate(() => window.tab.hang(9_000));
  await leader(hanging.at);
  expect(await triedAfter, 'a tab that hung knows by its own clock that the lease is gone').toBe(false);

  for (const page of alive) await page.evaluate(() => window.tab.stay());
  await allAre('closed');
  for (const probe of probes)
    for (const { tab, atMs } of stopped)
      if (probe.tab === tab && probe.startMs < atMs) probe.endMs = Math.min(probe.endMs, atMs);
  expect(overlaps(probes)).toEqual([]);
  expect(probes.length).toBeGreaterThan(10);
  expect(faults).toEqual([]);
  for (const page of alive) expect(await page.evaluate(() => window.tab.tries())).toBeGreaterThan(50);
  await context.close();
});
