import { describe, expect, test } from 'vitest';
import { createBreakers, type Breakers, type BreakersOptions } from '../../src/client/breakers.js';
import { createSwitchback } from '../../src/client/client.js';
import { createLease } from '../../src/client/lease.js';
import { defineFeatures } from '../../src/features.js';
import { defaultBreakerPolicy } from '../../src/guard/breaker.js';
import { rulesSnapshot } from '../harness/snapshot.js';
import { createFakeBrowser, type FakeBrowser, type FakeTab } from './fakeBrowser.js';
import { FakeStorage } from './fakeStorage.js';

const key = 'switchback:breaker:panel';

interface Tab extends FakeTab {
  readonly breakers: Breakers;
  readonly faults: string[];
  readonly changes: string[];
  state(): string;
}

function open(browser: FakeBrowser, options: Partial<BreakersOptions> = {}, startMs?: number): Tab {
  const tab = browser.open(startMs);
  const faults: string[] = [];
  const changes: string[] = [];
  const breakers = createBreakers({
    ...tab,
    features: new Set(['panel', 'list', '__proto__']),
    policy: defaultBreakerPolicy,
    build: 'b1',
    random: () => 0,
    loadLease: async () => ({ createLease }),
    onChange: (feature) => changes.push(feature),
    onFault: (operation) => void faults.push(operation),
    ...options,
  });
  breakers.start();
  return { ...tab, breakers, faults, changes, state: () => breakers.stateOf('panel').state };
}

const states = (tabs: readonly Tab[]) => tabs.map(({ state }) => state());
const fail = ({ breakers }: Tab, times = 3) => {
  for (let incident = 0; incident < times; incident++) breakers.move('panel', 'incident');
};

describe('across reloads', () => {
  test('a user who reloads after each crash trips it all the same', async () => {
    const browser = createFakeBrowser();
    for (let visit = 0; visit < 3; visit++) {
      const tab = open(browser);
      expect(tab.state()).toBe('closed');
      fail(tab, 1);
      tab.breakers.close();
      tab.crash();
    }
    const { breakers } = open(browser);
    expect(breakers.tripOf('panel')).toMatchObject({ feature: 'panel' });
    expect(breakers.tripOf('list')).toBeUndefined();
  });

  test('is known before start, for the first paint', async () => {
    const browser = createFakeBrowser();
    fail(open(browser));
    const tab = browser.open();
    const client = createSwitchback({
      features: defineFeatures({ panel: {} }),
      initial: rulesSnapshot({ panel: {} }),
      storage: Object.assign(new FakeStorage(), { items: browser.items }),
      build: 'b1',
      clock: tab.clock,
    });
    expect(client.getDecision('panel').reason).toBe('CIRCUIT_OPEN');
  });

  test('the cool-down goes on, and doubles after it', async () => {
    const browser = createFakeBrowser();
    fail(open(browser));
    const next = open(browser);
    await browser.advance(30_000);
    expect(next.state()).toBe('halfOpen');
    next.breakers.move('panel', 'incident');
    expect(next.breakers.stateOf('panel')).toMatchObject({ state: 'open', openings: 2 });
    const last = open(browser, {}, next.clock.now());
    await browser.advance(59_000);
    expect(last.state()).toBe('open');
    await browser.advance(1_000);
    expect(last.state()).toBe('halfOpen');
  });

  test('another build starts anew and leaves the record where it is', async () => {
    const browser = createFakeBrowser();
    const old = open(browser);
    fail(old);
    const record = browser.items.get(key);
    const next = open(browser, { build: 'b2' });
    expect(next.state()).toBe('closed');
    expect(browser.items.get(key)).toBe(record);
    fail(next, 1);
    await browser.advance(0);
    expect(old.state(), 'what another build writes is nothing to it').toBe('open');
    browser.open().storage.remove(key);
    await browser.advance(0);
    expect(old.state(), 'nor what it removes').toBe('open');
  });

  test('what closes here leaves the record of another build', async () => {
    const browser = createFakeBrowser();
    const [here, other] = [open(browser, { locks: null }), open(browser, { build: 'b2' })] as const;
    fail(here);
    await browser.advance(30_000);
    fail(other);
    await browser.advance(0);
    here.breakers.takeProbe('panel');
    here.breakers.move('panel', 'settled');
    await browser.advance(0);
    expect([here.state(), other.state()]).toEqual(['closed', 'open']);
    expect(open(browser, { build: 'b2' }, other.clock.now()).state()).toBe('open');
  });

  test('a record that somebody removes by hand closes it', async () => {
    const browser = createFakeBrowser();
    const tab = open(browser);
    fail(tab);
    browser.open().storage.remove(key);
    await browser.advance(0);
    expect(tab.state()).toBe('closed');
  });

  test('what is stored for others than the features is not read, and an unknown feature has no breaker', () => {
    const browser = createFakeBrowser();
    const tab = open(browser);
    for (let incident = 0; incident < 5; incident++) tab.breakers.move('constructor', 'incident');
    expect(tab.breakers.stateOf('constructor').state).toBe('closed');
    for (let incident = 0; incident < 3; incident++) tab.breakers.move('__proto__', 'incident');
    expect(tab.breakers.tripOf('__proto__')).toBeDefined();
    expect(tab.breakers.tripOf('panel')).toBeUndefined();
    expect([...browser.items.keys()]).toEqual(['switchback:breaker:__proto__']);
  });

  test('nothing is written for healthy versions, and of users with an override', async () => {
    const area = new FakeStorage();
    const client = createSwitchback({
      features: defineFeatures({ panel: {} }),
      initial: rulesSnapshot({ panel: {} }),
      storage: area,
      context: { targetingKey: 'user-1' },
      overrides: { allow: 'all' },
      sinks: [],
    });
    client.start();
    client.setOverride('panel', 'v2');
    for (let incident = 0; incident < 5; incident++) client.reportFailure('panel', new Error(`broke ${incident}`));
    expect(area.items.has(key)).toBe(false);
    client.setOverride('panel', null);
    client.reportFailure('panel', new Error('broke'));
    expect(area.items.has(key)).toBe(true);
    client.close();
  });
});

describe('across tabs', () => {
  test('opens, is half-open and closes everywhere, and only one tab writes', async () => {
    const browser = createFakeBrowser();
    const tabs = Array.from({ length: 4 }, () => open(browser));
    const [first] = tabs as [Tab];
    fail(first);
    expect(first.writes()).toBe(3);
    await browser.advance(0);
    expect(states(tabs)).toEqual(['open', 'open', 'open', 'open']);
    await browser.advance(30_000);
    expect(states(tabs)).toEqual(['halfOpen', 'halfOpen', 'halfOpen', 'halfOpen']);
    const release = first.breakers.takeProbe('panel');
    expect(release).toBeDefined();
    expect(tabs.slice(1).map(({ breakers }) => breakers.takeProbe('panel'))).toEqual([undefined, undefined, undefined]);
    first.breakers.move('panel', 'settled');
    await browser.advance(0);
    expect(states(tabs)).toEqual(['closed', 'closed', 'closed', 'closed']);
    expect(tabs.map(({ changes }) => changes.length)).toEqual([3, 3, 3, 3]);
    expect(browser.items.size).toBe(0);
    for (const tab of tabs.slice(1)) expect(tab.writes()).toBe(0);
    for (const tab of tabs) tab.breakers.close();
    expect(tabs.map(({ clock }) => clock.waiting())).toEqual([0, 0, 0, 0]);
  });

  test('incidents of all tabs count together', async () => {
    const browser = createFakeBrowser();
    const tabs = Array.from({ length: 3 }, () => open(browser));
    // Without waiting: what another tab wrote is there before the event is.
    for (const tab of tabs) fail(tab, 1);
    await browser.advance(0);
    expect(states(tabs)).toEqual(['open', 'open', 'open']);
  });

  test.each([3_600_000, -3_600_000])('a clock that is %i ms apart changes nothing', async (apartMs) => {
    const browser = createFakeBrowser();
    const startMs = 1_795_244_451_480;
    const tabs = [open(browser, {}, startMs + apartMs), open(browser, {}, startMs)] as const;
    fail(tabs[0]);
    await browser.advance(29_000);
    expect(states(tabs)).toEqual(['open', 'open']);
    await browser.advance(1_500);
    expect(states(tabs)).toEqual(['halfOpen', 'halfOpen']);
  });

  test('who empties the storage says nothing of v2', async () => {
    const browser = createFakeBrowser();
    const [here, there] = [open(browser), open(browser)] as const;
    fail(here);
    await browser.advance(0);
    there.storage.remove('not ours');
    browser.items.clear();
    await browser.advance(30_000);
    expect(states([here, there])).toEqual(['halfOpen', 'halfOpen']);
    expect(browser.items.has(key)).toBe(true);
  });

  test('what happened while a client was closed counts when it starts again', async () => {
    const browser = createFakeBrowser();
    const [here, there] = [open(browser), open(browser)] as const;
    here.breakers.close();
    fail(there);
    await browser.advance(0);
    expect(here.state()).toBe('closed');
    here.breakers.start();
    expect(here.state()).toBe('open');
  });
});

describe('the probe', () => {
  const halfOpenTabs = async (count: number, options: Partial<BreakersOptions> = {}) => {
    const browser = createFakeBrowser();
    const tabs = Array.from({ length: count }, () => open(browser, options));
    fail(tabs[0]!);
    await browser.advance(30_000);
    expect(states(tabs)).toEqual(tabs.map(() => 'halfOpen'));
    return { browser, tabs: tabs as [Tab, Tab] };
  };
  const taken = (tabs: readonly Tab[]) => tabs.map(({ breakers }) => breakers.takeProbe('panel') !== undefined);

  test('is for one gate of the browser, and is given back by it', async () => {
    const { tabs, browser } = await halfOpenTabs(2);
    const release = tabs[0].breakers.takeProbe('panel');
    expect(taken(tabs)).toEqual([false, false]);
    release?.();
    release?.();
    expect(taken(tabs)).toEqual([true, false]);
    await browser.advance(20_000);
    expect(taken(tabs)).toEqual([false, false]);
  });

  test('only what a probe finds out closes it', async () => {
    const { tabs } = await halfOpenTabs(2);
    tabs[1].breakers.move('panel', 'settled');
    tabs[0].breakers.move('panel', 'settled');
    expect(tabs[0].state()).toBe('halfOpen');
    tabs[0].breakers.takeProbe('panel');
    tabs[0].breakers.move('panel', 'settled');
    expect(tabs[0].state()).toBe('closed');
  });

  test('in a tab that hung it is lost, and what it finds out later does not count', async () => {
    const { tabs, browser } = await halfOpenTabs(2);
    let lost = 0;
    tabs[0].breakers.takeProbe('panel', () => void lost++);
    tabs[0].hang();
    await browser.advance(14_500);
    expect(tabs[1].breakers.takeProbe('panel')).toBeDefined();
    tabs[0].thaw();
    tabs[0].breakers.move('panel', 'settled');
    expect(taken(tabs)).toEqual([false, false]);
    await browser.advance(0);
    tabs[0].deliver();
    await browser.advance(0);
    expect(lost).toBe(1);
    expect(states(tabs)).toEqual(['halfOpen', 'halfOpen']);
    tabs[1].breakers.move('panel', 'settled');
    await browser.advance(0);
    expect(states(tabs)).toEqual(['closed', 'closed']);
  });

  test('in a tab that thaws after another one found v2 broken, nothing goes back', async () => {
    const { tabs, browser } = await halfOpenTabs(2);
    tabs[0].breakers.takeProbe('panel');
    tabs[0].hang();
    await browser.advance(14_500);
    tabs[1].breakers.takeProbe('panel');
    tabs[1].breakers.move('panel', 'incident');
    tabs[0].thaw();
    tabs[0].breakers.move('panel', 'settled');
    expect(states(tabs)).toEqual(['open', 'open']);
  });

  test('a tab that starts while it is half-open waits for the lease', async () => {
    const { tabs, browser } = await halfOpenTabs(2);
    const late = open(browser, {}, tabs[0].clock.now());
    expect(late.state()).toBe('halfOpen');
    expect(late.breakers.takeProbe('panel')).toBeUndefined();
    tabs[0].crash();
    tabs[1].crash();
    await browser.advance(0);
    expect(late.breakers.takeProbe('panel')).toBeDefined();
  });

  test('without locks each tab is alone, also before it starts', async () => {
    const { tabs, browser } = await halfOpenTabs(2, { locks: null, loadLease: () => expect.unreachable() });
    expect(taken(tabs)).toEqual([true, true]);
    expect(taken(tabs)).toEqual([false, false]);
    const tab = browser.open(tabs[0].clock.now());
    const breakers = createBreakers({
      ...tab,
      features: new Set(['panel']),
      policy: defaultBreakerPolicy,
      build: 'b1',
      random: () => 0,
      locks: null,
      onChange: () => {},
      onFault: () => {},
    });
    expect(breakers.takeProbe('panel')).toBeDefined();
    expect(tab.clock.waiting()).toBe(0);
  });

  test('without the code of the lease each tab is alone, and that is told of once', async () => {
    const { tabs, browser } = await halfOpenTabs(2, { loadLease: () => Promise.reject(new TypeError('blocked')) });
    expect(taken(tabs)).toEqual([true, true]);
    await browser.advance(30_000);
    expect(tabs.map(({ faults }) => faults)).toEqual([['lease'], ['lease']]);
    tabs[0].breakers.move('panel', 'settled');
    expect(tabs[0].state()).toBe('closed');
  });

  test('of a tab that was alone counts also when the code arrives in between', async () => {
    let tries = 0;
    const loadLease = () =>
      ++tries === 1 ? Promise.reject(new TypeError('blocked')) : Promise.resolve({ createLease });
    const browser = createFakeBrowser();
    fail(open(browser, { locks: null }));
    await browser.advance(30_000);
    const late = open(browser, { loadLease });
    late.clock.jump(30_000);
    await browser.advance(0);
    late.breakers.move('panel', 'tick');
    expect(late.breakers.takeProbe('panel')).toBeDefined();
    await browser.advance(1_000);
    expect(tries).toBe(2);
    late.breakers.move('panel', 'settled');
    expect(late.state()).toBe('closed');
  });

  test('is fetched during the cool-down and not before', async () => {
    const browser = createFakeBrowser();
    let fetched = 0;
    const loadLease = async () => (fetched++, { createLease });
    const tab = open(browser, { loadLease });
    fail(tab, 2);
    tab.breakers.move('panel', 'settled');
    await browser.advance(0);
    expect(fetched).toBe(0);
    fail(tab, 1);
    await browser.advance(0);
    expect(fetched).toBe(1);
  });

  test('is let go of by a client that closes, and asked for by one that starts again', async () => {
    const { tabs, browser } = await halfOpenTabs(2);
    tabs[0].breakers.takeProbe('panel');
    tabs[0].breakers.close();
    await browser.advance(0);
    expect(tabs[0].clock.waiting()).toBe(0);
    expect(taken(tabs)).toEqual([false, true]);
    tabs[0].breakers.start();
    tabs[1].crash();
    await browser.advance(0);
    expect(taken([tabs[0]])).toEqual([true]);
  });
});

describe('a trip', () => {
  test('opens at once, also a half-open breaker, and is over after the cool-down', async () => {
    const browser = createFakeBrowser();
    const tab = open(browser);
    tab.breakers.move('panel', 'incident', true);
    expect(tab.breakers.stateOf('panel')).toMatchObject({ state: 'open', openings: 1 });
    expect(tab.breakers.isTripped('panel')).toBe(true);
    await browser.advance(31_000);
    expect([tab.state(), tab.breakers.isTripped('panel')]).toEqual(['halfOpen', false]);
    tab.breakers.move('panel', 'incident', true);
    expect(tab.breakers.stateOf('panel')).toMatchObject({ state: 'open', openings: 2 });
  });

  test('is told at once, also of a breaker that is open already', () => {
    const tab = open(createFakeBrowser());
    fail(tab);
    const { length } = tab.changes;
    expect(tab.breakers.isTripped('panel')).toBe(false);
    const { untilMs } = tab.breakers.tripOf('panel')!;
    tab.breakers.move('panel', 'incident', true);
    tab.breakers.move('nobody', 'incident', true);
    expect(tab.changes.length).toBeGreaterThan(length);
    expect(new Set(tab.changes)).toEqual(new Set(['panel']));
    expect(tab.breakers.isTripped('panel')).toBe(true);
    expect(tab.breakers.tripOf('panel')).toMatchObject({ untilMs });
  });

  test('holds other tabs from trying v2, and leaves them the one they show', async () => {
    const browser = createFakeBrowser();
    const [tripping, other] = [open(browser), open(browser)];
    tripping.breakers.move('panel', 'incident', true);
    await browser.advance(0);
    expect([other.state(), other.breakers.isTripped('panel')]).toEqual(['open', false]);
  });
});
