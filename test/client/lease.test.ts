import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLease, type Lease } from '../../src/client/lease.js';
import { createFakeBrowser, type FakeBrowser, type FakeTab } from './fakeBrowser.js';

const hourMs = 3_600_000;
const startMs = 1_795_244_451_480;

interface Holder {
  readonly tab: FakeTab;
  readonly lease: Lease;
  readonly faults: string[];
}

function open(browser: FakeBrowser, at = startMs): Holder {
  const tab = browser.open(at);
  const faults: string[] = [];
  const lease = createLease('panel', { ...tab, onFault: (operation) => void faults.push(operation) });
  return { tab, lease, faults };
}

const openAll = (browser: FakeBrowser, count: number) => Array.from({ length: count }, () => open(browser));
const held = (holders: readonly Holder[]) => holders.map(({ lease }) => lease.isHeld());

test('one of several tabs holds it, and after 10 s without a gate that tries the next one does', async () => {
  const browser = createFakeBrowser();
  const tabs = openAll(browser, 3);
  await browser.advance(0);
  expect(held(tabs)).toEqual([true, false, false]);
  await browser.advance(9_500);
  expect(held(tabs)).toEqual([true, false, false]);
  await browser.advance(1_000);
  expect(held(tabs)).toEqual([false, true, false]);
  await browser.advance(10_000);
  expect(held(tabs)).toEqual([false, false, true]);
  await browser.advance(10_000);
  expect(held(tabs)).toEqual([true, false, false]);
});

test('a tab that is alone has it back at once', async () => {
  const browser = createFakeBrowser();
  const [only] = openAll(browser, 1);
  await browser.advance(60_000);
  expect(only?.lease.isHeld()).toBe(true);
});

test('a gate that tries keeps it beyond its time, also while the tab is hidden', async () => {
  const browser = createFakeBrowser();
  const [first, second] = openAll(browser, 2) as [Holder, Holder];
  await browser.advance(0);
  const release = first.lease.keep(() => expect.unreachable());
  await browser.advance(60_000);
  first.tab.show(false);
  await browser.advance(20_000);
  expect(held([first, second])).toEqual([true, false]);
  release();
  await browser.advance(0);
  expect(held([first, second])).toEqual([false, true]);
});

test('a hidden tab gives it up at once, does not wait for it, and asks again when it is seen', async () => {
  const browser = createFakeBrowser();
  const [first, second, third] = openAll(browser, 3) as [Holder, Holder, Holder];
  await browser.advance(0);
  second.tab.show(false);
  first.tab.show(false);
  await browser.advance(0);
  expect(held([first, second, third])).toEqual([false, false, true]);
  third.tab.show(false);
  second.tab.show(true);
  await browser.advance(0);
  expect(held([first, second, third])).toEqual([false, true, false]);
});

test('a tab that was opened hidden waits until it is seen', async () => {
  const browser = createFakeBrowser();
  const tab = browser.open();
  tab.show(false);
  const lease = createLease('panel', { ...tab, onFault: () => {} });
  await browser.advance(0);
  expect(lease.isHeld()).toBe(false);
  tab.show(true);
  await browser.advance(0);
  expect(lease.isHeld()).toBe(true);
});

test('falls to the next when the tab that holds it is closed, crashes or is done', async () => {
  const browser = createFakeBrowser();
  const [first, second, third] = openAll(browser, 3) as [Holder, Holder, Holder];
  await browser.advance(0);
  first.tab.crash();
  await browser.advance(0);
  expect(held([second, third])).toEqual([true, false]);
  second.lease.close();
  await browser.advance(0);
  expect(held([second, third])).toEqual([false, true]);
  third.lease.close();
  await browser.advance(0);
  expect(browser.items.size).toBe(0);
  expect(second.tab.clock.waiting() + third.tab.clock.waiting()).toBe(0);
});

test.each([0, hourMs, -hourMs])('is stolen from a tab that hangs, with clocks %i ms apart', async (apartMs) => {
  const browser = createFakeBrowser();
  const first = open(browser, startMs + apartMs);
  const second = open(browser);
  await browser.advance(3_000);
  let lost = 0;
  first.lease.keep(() => void lost++);
  first.tab.hang();
  await browser.advance(7_000);
  expect(second.lease.isHeld(), 'not before the other has counted itself out').toBe(false);
  await browser.advance(8_000);
  expect(second.lease.isHeld()).toBe(true);
  first.tab.thaw();
  expect(first.lease.isHeld(), 'before anything was told').toBe(false);
  await browser.advance(0);
  first.tab.deliver();
  await browser.advance(0);
  expect(lost).toBe(1);
  expect(held([first, second])).toEqual([false, true]);
  await browser.advance(10_500);
  expect(held([first, second]), 'waits behind the other').toEqual([true, false]);
});

test('a stolen lease counts one heartbeat later, when the others have had time to notice', async () => {
  const browser = createFakeBrowser();
  const [first, second] = openAll(browser, 2) as [Holder, Holder];
  await browser.advance(0);
  first.tab.hang();
  const heartbeat = () => browser.items.get('switchback:probe:panel');
  const before = heartbeat();
  for (let passedMs = 0; passedMs < 20_000 && heartbeat() === before; passedMs += 500) await browser.advance(500);
  expect(heartbeat()).not.toBe(before);
  expect(second.lease.isHeld()).toBe(false);
  await browser.advance(2_000);
  expect(second.lease.isHeld()).toBe(true);
});

test('a tab that only slept together with the others keeps it', async () => {
  const browser = createFakeBrowser();
  const tabs = openAll(browser, 2);
  await browser.advance(1_000);
  for (const { tab } of tabs) tab.clock.jump(60_000);
  await browser.advance(500);
  expect(tabs[1]?.lease.isHeld()).toBe(false);
});

test('what was granted to a tab while it hung is not believed', async () => {
  const browser = createFakeBrowser();
  const [first, second, third] = openAll(browser, 3) as [Holder, Holder, Holder];
  await browser.advance(0);
  second.tab.hang();
  first.lease.close();
  await browser.advance(14_500);
  expect(held([second, third])).toEqual([false, true]);
  second.tab.thaw();
  second.tab.deliver();
  expect(held([second, third])).toEqual([false, true]);
  await browser.advance(1_000);
  expect(held([second, third])).toEqual([false, true]);
});

test('tabs that steal at the same time end with one holder', async () => {
  const browser = createFakeBrowser();
  const tabs = openAll(browser, 6);
  await browser.advance(0);
  tabs[0]?.tab.hang();
  for (let passedMs = 0; passedMs < 15_000; passedMs += 100) {
    await browser.advance(100, 100);
    expect(held(tabs.slice(1)).filter(Boolean).length).toBeLessThanOrEqual(1);
  }
  expect(held(tabs.slice(1)).filter(Boolean)).toHaveLength(1);
});

test.each(['rejects', 'throws'])(
  'where the browser %s the request the tab is alone, and that is told of',
  async (how) => {
    const browser = createFakeBrowser();
    const tab = browser.open();
    const faults: string[] = [];
    const error = new DOMException('denied', 'SecurityError');
    const request = () => {
      if (how === 'throws') throw error;
      return Promise.reject(error);
    };
    const lease = createLease('panel', {
      ...tab,
      locks: { request },
      onFault: (operation) => void faults.push(operation),
    });
    await browser.advance(0);
    expect(lease.isHeld()).toBe(true);
    expect(faults).toEqual(['lease']);
    lease.close();
    expect(tab.clock.waiting()).toBe(0);
  },
);

test.each(['Infinity', 'NaN', '', '-1e308', '999999999', 'a heartbeat'])(
  'a heartbeat of %j stays one that changes',
  async (heartbeat) => {
    const browser = createFakeBrowser();
    browser.items.set('switchback:probe:panel', heartbeat);
    const tabs = openAll(browser, 2);
    await browser.advance(0);
    const release = tabs[0]?.lease.keep(() => expect.unreachable());
    await browser.advance(30_000);
    expect(held(tabs)).toEqual([true, false]);
    release?.();
  },
);

test('never has two holders, whatever hangs, hides, thaws and closes', async () => {
  const acts = ['hang', 'thaw', 'hide', 'show', 'keep', 'release', 'crash', 'open', 'wait'] as const;
  const act = fc.record({
    what: fc.constantFrom(...acts),
    who: fc.nat({ max: 20 }),
    afterMs: fc.integer({ min: 0, max: 9_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 15 }), async (history) => {
      const browser = createFakeBrowser();
      let tabs = openAll(browser, 3).map((holder) => ({ ...holder, release: () => {}, isHung: false }));
      for (const { what, who, afterMs } of history) {
        const one = tabs[who % tabs.length];
        if (what === 'open' && tabs.length < 6)
          tabs.push({ ...open(browser, startMs + (who - 10) * hourMs), release: () => {}, isHung: false });
        else if (one && what === 'hang') {
          one.isHung = true;
          one.tab.hang();
        } else if (one && what === 'thaw') {
          one.isHung = false;
          one.tab.thaw();
        } else if (one && !one.isHung) {
          if (what === 'hide' || what === 'show') one.tab.show(what === 'show');
          if (what === 'keep' && one.lease.isHeld()) one.release = one.lease.keep(() => {});
          if (what === 'release') one.release();
          if (what === 'crash' && tabs.length > 1) {
            one.tab.crash();
            tabs = tabs.filter((other) => other !== one);
          }
        }
        for (let passedMs = 0; passedMs <= afterMs; passedMs += 1_000) {
          const running = tabs.filter(({ isHung }) => !isHung);
          expect(held(running).filter(Boolean).length).toBeLessThanOrEqual(1);
          await browser.advance(1_000, 1_000);
        }
      }
      for (const { lease, isHung, tab } of tabs) {
        if (isHung) tab.thaw();
        lease.close();
      }
    }),
    { numRuns: 15 },
  );
}, 60_000);
