import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchChromium, servePage, type ServedPage } from '../../../bench/page.mjs';
import { startReceiver, type Receiver } from './tabs/receiver.js';

// Time is the machine's own here: batches leave after 5 s, a first repetition comes within 2 s.
const within = { timeout: 30_000, interval: 50 };

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

async function createCase() {
  const receiver = await startReceiver();
  const context = await browser.newContext();
  const errors: string[] = [];
  onTestFinished(async () => {
    await context.close();
    receiver.close();
  });
  return { receiver, context, errors };
}

async function openTab(
  { receiver, context, errors }: Awaited<ReturnType<typeof createCase>>,
  road = 'api',
  script = '',
) {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await page.addInitScript(`window.metricsUrl = ${JSON.stringify(`${receiver.origin}/${road}`)}; ${script}`);
  await page.goto(served.url);
  await page.waitForFunction(() => 'reportingTab' in window);
  return page;
}

const observe = (page: Page, prefix: string, count: number) =>
  page.evaluate(([name, times]) => window.reportingTab.observe(name, times), [prefix, count] as const);
const storedBy = (page: Page) => page.evaluate(() => window.reportingTab.stored());
/** Fetches the reporter's code and that of its store: what a page has soon after it began. */
const warmUp = async (page: Page, receiver: Receiver, prefix = 'warm') => {
  await observe(page, prefix, 1);
  await page.evaluate(() => window.reportingTab.flush());
  await expect.poll(() => receiver.counted.has(`${prefix}0`), within).toBe(true);
  await expect.poll(() => storedBy(page), within).toEqual([]);
};
/** Features of a prefix that were counted, and those that were counted more than once. */
const countedOf = ({ counted }: Receiver, prefix: string) => {
  const counts = [...counted].flatMap(([feature, count]) => (feature.startsWith(prefix) ? [count] : []));
  return { once: counts.filter((count) => count === 1).length, more: counts.filter((count) => count !== 1).length };
};
const crash = (page: Page) =>
  Promise.all([page.waitForEvent('crash'), page.goto('chrome://crash').catch(() => undefined)]);
/** Waits until so many tabs send: where a machine is busy, one that has ended takes its time to be gone. */
async function untilSenders(page: Page, count: number): Promise<void> {
  const held = () => page.evaluate(() => navigator.locks.query().then((locks) => locks.held?.length ?? 0));
  await expect.poll(held, within).toBe(count);
}
const lookIn = (context: BrowserContext) => context.newPage().then((page) => page.goto(served.url).then(() => page));

test('a tab closed with 100 KB queued delivers 50 KB at least, and the next visit the rest, each once', async () => {
  const scene = await createCase();
  const page = await openTab(scene);
  await warmUp(page, scene.receiver);
  const { length } = scene.receiver.requests;
  // All in one task, and the tab is closed in the same: nothing of it has left by then.
  await observe(page, 'left', 230);
  await page.close();
  const bytes = () => scene.receiver.requests.slice(length).reduce((sum, request) => sum + request.bytes, 0);
  await expect.poll(bytes, within).toBeGreaterThan(50_000);
  const next = await openTab(scene);
  // It looks once a minute, and a browser takes a moment to know that a tab is gone.
  const look = async () => {
    await observe(next, 'next', 1);
    return countedOf(scene.receiver, 'left');
  };
  await expect.poll(look, { timeout: 100_000, interval: 500 }).toEqual({ once: 230, more: 0 });
  expect(bytes()).toBeGreaterThan(100_000);
  await expect.poll(() => storedBy(next), within).toEqual([]);
  expect(scene.errors).toEqual([]);
}, 180_000);

test.each([
  ['is reloaded', (page: Page) => page.reload()],
  ['crashes', crash],
  ['is closed', (page: Page) => page.close()],
])(
  'what could not be sent outlasts a tab that %s',
  async (_, end) => {
    const scene = await createCase();
    const page = await openTab(scene);
    await warmUp(page, scene.receiver);
    scene.receiver.isAway = true;
    await observe(page, 'kept', 60);
    await expect.poll(() => storedBy(page), within).not.toEqual([]);
    await end(page);
    scene.receiver.isAway = false;
    const next = await openTab(scene);
    await untilSenders(next, 0);
    await observe(next, 'next', 1);
    await expect.poll(() => countedOf(scene.receiver, 'kept').once, within).toBeGreaterThanOrEqual(50);
    expect(countedOf(scene.receiver, 'kept').more).toBe(0);
    await expect.poll(() => storedBy(next), within).toEqual([]);
  },
  90_000,
);

test('a crash right after a version was shown makes its user a silent one; a tab that is closed does not', async () => {
  const scene = await createCase();
  for (const [feature, end] of [
    ['crashing', crash],
    ['leaving', (page: Page) => page.close({ runBeforeUnload: true })],
  ] as const) {
    const page = await openTab(scene);
    await page.evaluate((name) => window.reportingTab.show(name), feature);
    await expect.poll(() => page.evaluate(() => window.reportingTab.shown()), within).toBe(1);
    await end(page);
  }
  const next = await openTab(scene);
  // It looks once a minute, and a browser takes a moment to know that a tab is gone.
  const look = async () => {
    await observe(next, 'next', 1);
    return scene.receiver.silent;
  };
  await expect.poll(look, { timeout: 100_000, interval: 500 }).toEqual(['crashing']);
  await expect.poll(() => next.evaluate(() => window.reportingTab.shown()), within).toBe(0);
  expect(scene.receiver.silent).toEqual(['crashing']);
}, 180_000);

test('two tabs: neither sends what the other stored while it lives, and one of them does when it is gone', async () => {
  const scene = await createCase();
  const { receiver } = scene;
  const one = await openTab(scene, 'one');
  const two = await openTab(scene, 'two');
  await warmUp(one, receiver, 'warmOne');
  await warmUp(two, receiver, 'warmTwo');
  receiver.isAway = true;
  for (const [page, prefix] of [
    [one, 'first'],
    [two, 'second'],
  ] as const)
    await observe(page, prefix, 60);
  await expect.poll(async () => new Set(await storedBy(two)).size, within).toBe(2);
  receiver.isAway = false;
  await expect.poll(() => countedOf(receiver, 'first').once, within).toBe(60);
  await expect.poll(() => countedOf(receiver, 'second').once, within).toBe(60);
  const roads = new Map<string, Set<string>>();
  for (const { road, senderId } of receiver.requests) roads.set(senderId, (roads.get(senderId) ?? new Set()).add(road));
  expect([...roads.values()].map((of) => [...of])).toEqual([['one'], ['two']]);
  receiver.isAway = true;
  await observe(one, 'third', 60);
  await expect.poll(() => storedBy(two), within).not.toEqual([]);
  await crash(one);
  receiver.isAway = false;
  const three = await openTab(scene, 'three');
  await untilSenders(three, 1);
  await observe(three, 'fourth', 1);
  await expect.poll(() => countedOf(receiver, 'third').once, within).toBeGreaterThanOrEqual(50);
  const counts = [...receiver.counted.values()];
  expect(counts.every((count) => count === 1)).toBe(true);
}, 120_000);

test.each([
  [
    'is full',
    "for (let size = 2 ** 22; size >= 1; size /= 2) try { for (let at = 0; ; at++) localStorage.setItem('x' + size + '-' + at, 'x'.repeat(size)); } catch {}",
  ],
  [
    'is denied',
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });",
  ],
])(
  'where the storage %s, batches wait in memory and arrive',
  async (_, script) => {
    const scene = await createCase();
    const page = await openTab(scene, 'api', script);
    scene.receiver.isAway = true;
    await observe(page, 'kept', 120);
    await expect.poll(() => page.evaluate(() => window.reportingTab.faults.length), within).toBeGreaterThan(1);
    scene.receiver.isAway = false;
    await expect.poll(() => countedOf(scene.receiver, 'kept'), within).toEqual({ once: 120, more: 0 });
    expect(scene.errors).toEqual([]);
  },
  90_000,
);

test('every byte of what a real storage holds may be damaged: the next visit works and sends nothing of it', async () => {
  const scene = await createCase();
  const page = await openTab(scene);
  await warmUp(page, scene.receiver);
  scene.receiver.isAway = true;
  await observe(page, 'kept', 60);
  await expect.poll(() => storedBy(page), within).not.toEqual([]);
  await page.close();
  const hands = await lookIn(scene.context);
  const damaged = await hands.evaluate(() => {
    const all = Object.keys(localStorage).filter((key) => key.startsWith('switchback:queue:'));
    const text = localStorage.getItem(all[0] ?? '') ?? '';
    localStorage.clear();
    // Copies of one batch, each damaged at another place, as many as there is room for.
    for (let at = 0; at < 200; at++) {
      const place = Math.floor((at / 200) * text.length);
      const hurt = text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ 1) + text.slice(place + 1);
      localStorage.setItem(`switchback:queue:${'b'.repeat(32)}:${at + 1}:c:50:${text.length}`, hurt.slice(0, 20_000));
    }
    return Object.keys(localStorage).length;
  });
  expect(damaged).toBeGreaterThan(100);
  scene.receiver.isAway = false;
  const next = await openTab(scene);
  await observe(next, 'next', 1);
  await expect.poll(() => storedBy(next), within).toEqual([]);
  expect(countedOf(scene.receiver, 'next').once).toBe(1);
  expect(countedOf(scene.receiver, 'kept').once).toBe(0);
  expect(scene.errors).toEqual([]);
}, 90_000);
