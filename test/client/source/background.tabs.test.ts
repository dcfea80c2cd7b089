import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { servePage, type ServedPage } from '../../../bench/page.mjs';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { launchRawChromium, type RawTab } from '../../harness/rawChromium.js';
import { startRunning } from '../../service/http/running.js';

const soon = { timeout: 10_000, interval: 50 };
const heartbeatMs = 1_000;

let served: ServedPage;
beforeAll(async () => {
  served = await servePage(fileURLToPath(new URL('background/page.ts', import.meta.url)));
});
afterAll(() => served?.close());

/** A service whose heart beats fast, and a browser as people have it. */
async function createScene() {
  const store = createMemoryStore({
    panel: { enabled: true, percentage: 100 },
    other: { enabled: true, percentage: 100 },
  });
  const running = await startRunning(store, { delivery: { heartbeatMs } });
  const chromium = await launchRawChromium();
  onTestFinished(() => chromium.close());
  let changes = 0;
  const ask = async (tab: RawTab, what: string): Promise<unknown> => tab.evaluate(`window.backgroundTab.${what}`);
  const revision = (tab: RawTab) => ask(tab, 'revision()');
  const leads = (tab: RawTab) => ask(tab, 'hasStream()');
  return {
    ask,
    revision,
    leads,
    async open() {
      const tab = await chromium.open(`${served.url}?api=${encodeURIComponent(`${running.url}/api`)}`);
      await expect.poll(() => tab.evaluate('"backgroundTab" in window'), soon).toBe(true);
      await expect.poll(() => revision(tab), soon).not.toBeNull();
      return tab;
    },
    /** A change, and how long it took until all of these tabs knew it. */
    async publish(...tabs: readonly RawTab[]) {
      const body = { feature: 'other', percentage: 1 + ++changes, reason: 'a test' };
      const startedMs = performance.now();
      const answer = await running.send('POST', '/api/features/enable', body);
      const wanted = ((await answer.json()) as { revision: number }).revision;
      for (const tab of tabs) await expect.poll(() => revision(tab), soon).toBe(wanted);
      return performance.now() - startedMs;
    },
    rollBack: () => running.send('POST', '/api/features/disable', { feature: 'panel' }),
    streams: async () => ((await (await running.get('/api/health')).json()) as { streams: number }).streams,
    measured: (name: string) =>
      store.batches.some(({ buckets }) => buckets.some(({ measures }) => Object.hasOwn(measures ?? {}, name))),
  };
}

test('a tab in the background, with throttled timers, hears of changes and reports', { timeout: 120_000 }, async () => {
  const { open, ask, leads, publish, rollBack, measured } = await createScene();
  const tab = await open();
  await expect.poll(() => leads(tab), soon).toBe(true);
  await ask(tab, "measure('before')");
  await tab.minimize();
  expect(await tab.evaluate('document.visibilityState')).toBe('hidden');
  // What was observed leaves as the page is hidden.
  await expect.poll(() => measured('before'), { timeout: 4_500 }).toBe(true);
  // Once a second instead of 20 times: this is no tab that a test keeps awake.
  expect(await ask(tab, 'ticks()')).toBeLessThan(12);
  await publish(tab);
  await rollBack();
  await expect.poll(() => ask(tab, 'isOn()'), soon).toBe(false);
  await ask(tab, "measure('meanwhile')");
  await expect.poll(() => measured('meanwhile'), { timeout: 20_000 }).toBe(true);
});

test(
  'a leader in the background hands over to a tab that is seen; frozen, it is replaced',
  { timeout: 180_000 },
  async () => {
    const { open, leads, publish, revision, streams } = await createScene();
    const first = await open();
    await expect.poll(() => leads(first), soon).toBe(true);
    const second = await open();
    await publish(first, second);
    expect([await leads(second), await streams()]).toEqual([false, 1]);

    // Eight heartbeats, and up to two seconds more.
    await first.minimize();
    await publish(first, second);
    await expect.poll(() => leads(second), { timeout: 30_000, interval: 100 }).toBe(true);
    await expect.poll(() => leads(first), soon).toBe(false);
    await publish(first, second);
    await expect.poll(streams, soon).toBe(1);

    await second.minimize();
    await first.restore();
    expect(await first.evaluate('document.visibilityState')).toBe('visible');
    await second.freeze();
    const startedMs = performance.now();
    // 17 s of silence, and up to 1.5 s in which it could have spoken.
    // Of this one it may hear late.
    const missed = publish(first).catch(() => {});
    await expect.poll(() => leads(first), { timeout: 40_000, interval: 100 }).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(30_000);
    await missed;
    await publish(first);
    await second.thaw();
    await expect.poll(async () => (await revision(second)) === (await revision(first)), soon).toBe(true);
    await expect
      .poll(async () => [await leads(first), await leads(second), await streams()], soon)
      .toEqual([true, false, 1]);
  },
);
