import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import type { SwitchbackClient } from '../../src/client/switchbackClient.js';
import type { SwitchbackOptions } from '../../src/client/options.js';
import type { Source, SourceListener } from '../../src/client/source/source.js';
import { SwitchbackError } from '../../src/error.js';
import { defineFeatures } from '../../src/features.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { rulesSnapshot } from '../harness/snapshot.js';
import { FakeStorage } from './fakeStorage.js';

const features = defineFeatures({ panel: { config: { pageSize: 20 } }, list: {}, constructor: {} });
const startMs = Date.parse('2026-01-01T00:00:00Z');

/** A source that does what the test says. */
function manualSource(storageKey: string | null = 'manual') {
  const listeners: SourceListener[] = [];
  const confirmed: unknown[] = [];
  let starts = 0;
  let stops = 0;
  const source: Source = {
    name: 'manual',
    storageKey,
    dependsOnContext: false,
    start(listener) {
      starts++;
      listeners.push(listener);
      return () => void stops++;
    },
    confirm: (order) => void confirmed.push(order),
  };
  return { source, confirmed, say: () => listeners.at(-1)!, counts: () => ({ starts, stops }), listeners };
}

function make(options: Partial<SwitchbackOptions> = {}) {
  const faults: [string, unknown][] = [];
  const client = createSwitchback({
    features,
    context: { targetingKey: 'user-1' },
    storage: false,
    sinks: [],
    clock: createFakeClock(startMs),
    onInternalFault: (...fault) => void faults.push(fault),
    ...options,
  });
  return { client, faults };
}

const reasonOf = (client: SwitchbackClient) => client.getDecision('panel').reason;

describe('options', () => {
  test.each<[string, unknown, RegExp]>([
    ['a url that is empty', { url: '  ' }, /url must be a path or URL, found "  "/],
    ['a url that is no text', { url: 42 }, /url must be .*42/],
    ['url and source together', { url: '/api', source: manualSource().source }, /source must be absent/],
    ['a source that is none', { source: {} }, /source must be a source/],
    ['features that are a list', { features: [] }, /features must be .*\[\]/],
    ['an unknown option', { urll: '/api' }, /"urll"/],
    ['a waitMs out of range', { waitMs: -1 }, /waitMs must be 0 to 60000, found -1/],
    ['a waitMs that is no number', { waitMs: Number.NaN }, /waitMs must be .*NaN/],
    ['a settleMs as text', { settleMs: '2s' }, /settleMs must be .*"2s"/],
    ['a targeting key that is no text', { context: { targetingKey: 7 } }, /context.targetingKey must be text, found 7/],
    ['a context that is text', { context: 'me' }, /context must be an object or null, found "me"/],
    ['sinks that are no list', { sinks: {} }, /sinks must be/],
    ['a breaker field nobody knows', { breaker: { limit: 3 } }, /breaker must be any of .*"limit"/],
    ['a breaker field out of range', { breaker: { windowMs: 0 } }, /breaker.windowMs must be .*0/],
    ['an override policy that makes no sense', { overrides: { allow: 7 } }, /overrides must be/],
    ['a callback that is none', { onFallback: 'log' }, /onFallback must be a function/],
  ])('refuses %s, naming it and showing the value', (_name, options, message) => {
    const attempt = () => createSwitchback({ features, storage: false, ...(options as object) });
    expect(attempt).toThrow(SwitchbackError);
    expect(attempt).toThrow(message);
  });

  test.each([null, undefined])('takes %s as no initial snapshot, without a word', (initial) => {
    const { client, faults } = make({ initial });
    expect(client.getDecision('panel').reason).toBe('DEFAULT');
    expect(faults).toEqual([]);
  });

  test('takes an initial snapshot that is rubbish as none, and says so', () => {
    const { client, faults } = make({ initial: { nonsense: true } });
    expect(client.getDecision('panel')).toMatchObject({ version: 'v1', reason: 'DEFAULT' });
    expect(faults.map(([operation]) => operation)).toContain('initial');
  });
});

describe('decisions', () => {
  test('are v1 DEFAULT before anything is known, and the same object while they say the same', () => {
    const { client } = make();
    const before = client.getDecision('panel');
    expect(before).toEqual({ feature: 'panel', version: 'v1', enabled: false, reason: 'DEFAULT' });
    expect(client.getDecision('panel')).toBe(before);
    client.applySnapshot(rulesSnapshot({ panel: {}, list: {} }));
    const after = client.getDecision('panel');
    expect(after).toMatchObject({ version: 'v2', enabled: true, reason: 'SPLIT' });
    client.applySnapshot(rulesSnapshot({ panel: {}, list: { percentage: 3 } }, { revision: 2 }));
    expect(client.getDecision('panel')).toBe(after);
  });

  test('of an unknown feature are v1, with one fault that lists the known ones', () => {
    const { client, faults } = make({ initial: rulesSnapshot({ pannel: {} }) });
    expect(client.getDecision('pannel')).toMatchObject({ version: 'v1', reason: 'ERROR' });
    for (let time = 0; time < 5; time++) client.isEnabled('pannel');
    client.getConfig('pannel');
    expect(faults).toHaveLength(1);
    expect(String(faults[0]![1])).toMatch(/unknown feature "pannel".*panel, list, constructor/);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('treat %s as any other key', (key) => {
    const json = `{"schema":1,"kind":"rules","epoch":1,"revision":1,"kills":[],"features":{"${key}":{"enabled":true,"percentage":100,"config":{"__proto__":{"polluted":1}}}}}`;
    const { client } = make({ initial: JSON.parse(json) });
    expect(client.isEnabled(key)).toBe(key === 'constructor');
    expect(client.getConfig(key)).not.toHaveProperty('polluted');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('tell the listeners of what changed, and nobody else', () => {
    const { client } = make({ initial: rulesSnapshot({ panel: {}, list: {} }) });
    const panel = vi.fn();
    const list = vi.fn();
    const stop = client.subscribe('panel', panel);
    client.subscribe('list', list);
    client.applySnapshot(rulesSnapshot({ panel: { percentage: 0 }, list: {} }, { revision: 2 }));
    expect([panel.mock.calls.length, list.mock.calls.length]).toEqual([1, 0]);
    stop();
    client.applySnapshot(rulesSnapshot({ panel: {}, list: {} }, { revision: 3 }));
    expect(panel).toHaveBeenCalledTimes(1);
  });

  test('follow a feature’s window by the service’s clock, without being asked', async () => {
    const clock = createFakeClock(startMs);
    const { source, say } = manualSource();
    const { client } = make({ clock, source });
    client.start();
    const serviceNowMs = startMs + 3_600_000;
    say().contact(serviceNowMs);
    const from = new Date(serviceNowMs + 60_000).toISOString();
    const until = new Date(serviceNowMs + 120_000).toISOString();
    say().snapshot(rulesSnapshot({ panel: { from, until } }));
    const changed = vi.fn();
    client.subscribe('panel', changed);
    expect(reasonOf(client)).toBe('DISABLED');
    await clock.advance(60_000);
    expect(client.isEnabled('panel')).toBe(true);
    await clock.advance(60_000);
    expect(reasonOf(client)).toBe('DISABLED');
    expect(changed).toHaveBeenCalledTimes(2);
    client.close();
  });
});

describe('a snapshot applied by hand', () => {
  test('with one malformed feature counts for the others, and the fault names the field', () => {
    const { client, faults } = make();
    expect(client.applySnapshot(rulesSnapshot({ panel: { percentage: 'all' }, list: {} }))).toBe(true);
    expect([client.getDecision('panel').reason, client.isEnabled('list')]).toEqual(['ERROR', true]);
    expect(String(faults[0]![1])).toMatch(/\/features\/panel\/percentage must be .*found "all"/);
  });

  test('that is none throws, naming the field and showing the value, and changes nothing', () => {
    const { client } = make({ initial: rulesSnapshot({ panel: {} }) });
    expect(() => client.applySnapshot(rulesSnapshot({ panel: {} }, { revision: -1 }))).toThrow(
      /\/revision must be .*-1/,
    );
    expect(client.isEnabled('panel')).toBe(true);
  });
});

describe('order', () => {
  test('an older pair is never applied, whatever order they come in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ epoch: fc.integer({ min: 1, max: 3 }), revision: fc.integer({ min: 0, max: 5 }) }), {
          minLength: 1,
        }),
        (orders) => {
          const { client } = make();
          for (const order of orders) client.applySnapshot(rulesSnapshot({ panel: {} }, order));
          const [newest] = [...orders].sort((a, b) => b.epoch - a.epoch || b.revision - a.revision);
          const { epoch, revision } = client.getStatus();
          expect({ epoch, revision }).toEqual(newest);
        },
      ),
    );
  });

  test('a kill that is announced holds until a snapshot of its order says otherwise', () => {
    const { source, say } = manualSource();
    const { client } = make({ source, initial: rulesSnapshot({ panel: {} }, { revision: 5 }) });
    client.start();
    say().kills({ epoch: 1, revision: 7 }, ['panel'], false);
    expect(reasonOf(client)).toBe('ROLLED_BACK');
    say().snapshot(rulesSnapshot({ panel: {} }, { revision: 6 }));
    expect(reasonOf(client)).toBe('ROLLED_BACK');
    say().snapshot(rulesSnapshot({ panel: {} }, { revision: 8 }));
    expect(reasonOf(client)).toBe('SPLIT');
    say().kills({ epoch: 1, revision: 8 }, ['panel'], true);
    expect(reasonOf(client)).toBe('SPLIT');
    client.close();
  });

  test('kills are confirmed once they are in the document, and nothing else is', async () => {
    const clock = createFakeClock(startMs);
    const { source, say, confirmed } = manualSource();
    const { client } = make({ clock, source });
    client.start();
    say().snapshot(rulesSnapshot({ panel: {} }, { revision: 1 }));
    await clock.advance(10);
    expect(confirmed).toEqual([]);
    say().snapshot(rulesSnapshot({ panel: {} }, { revision: 2, kills: ['panel'] }));
    await clock.advance(10);
    expect(confirmed).toMatchObject([{ epoch: 1, revision: 2 }]);
    client.close();
  });
});

describe('the last known good snapshot', () => {
  const visit = (storage: Storage, options: Partial<SwitchbackOptions> = {}) => {
    const manual = manualSource();
    return { ...manual, ...make({ storage, source: manual.source, ...options }) };
  };

  test('is used by the next visit at once, for the same user and source alone', () => {
    const storage = new FakeStorage();
    const first = visit(storage);
    first.client.start();
    first.say().snapshot(rulesSnapshot({ panel: {} }));
    first.client.close();

    expect(visit(storage).client.isEnabled('panel')).toBe(true);
    expect(visit(storage, { context: { targetingKey: 'user-2' } }).client.isEnabled('panel')).toBe(false);
    expect(visit(storage, { source: manualSource('elsewhere').source }).client.isEnabled('panel')).toBe(false);
  });

  test('keeps a kill that was only announced, for a page that is closed before its snapshot arrives', () => {
    const storage = new FakeStorage();
    const first = visit(storage);
    first.client.start();
    first.say().snapshot(rulesSnapshot({ panel: {}, list: {} }));
    first.say().kills({ epoch: 1, revision: 2 }, ['panel'], false);
    first.client.close();

    const { client } = visit(storage);
    expect([client.getDecision('panel').reason, client.getDecision('list').reason]).toEqual(['ROLLED_BACK', 'SPLIT']);
  });

  test('is forgotten on logout', () => {
    const storage = new FakeStorage();
    const { client, say } = visit(storage);
    client.start();
    say().snapshot(rulesSnapshot({ panel: {} }));
    client.setContext(null);
    client.close();
    expect(visit(storage).client.isEnabled('panel')).toBe(false);
    expect(JSON.stringify([...storage.items])).not.toContain('user-1');
  });

  test('gives no v2 any more after maxStaleMs without contact, while its kills hold', async () => {
    const storage = new FakeStorage();
    const delivery = { maxStaleMs: 60_000 };
    const first = visit(storage);
    first.client.start();
    first.say().snapshot(rulesSnapshot({ panel: {}, list: {} }, { delivery, kills: ['list'] }));
    first.client.close();

    const later = visit(storage, { clock: createFakeClock(startMs + 61_000) });
    expect(later.client.getDecision('panel')).toMatchObject({ version: 'v1', reason: 'DEFAULT' });
    expect(later.client.getDecision('list').reason).toBe('ROLLED_BACK');
  });

  test('that grows stale while the page is open gives no v2 either, until the service is heard again', async () => {
    const clock = createFakeClock(startMs);
    const { client, say } = visit(new FakeStorage(), { clock });
    client.start();
    say().contact();
    say().snapshot(rulesSnapshot({ panel: {} }, { delivery: { maxStaleMs: 60_000 } }));
    await clock.advance(59_000);
    expect(client.isEnabled('panel')).toBe(true);
    await clock.advance(2_000);
    expect(reasonOf(client)).toBe('DEFAULT');
    say().contact();
    expect(client.isEnabled('panel')).toBe(true);
    client.close();
  });

  test('never throws for a storage that is full, denied or corrupt', () => {
    const storage = new FakeStorage();
    for (const operation of ['getItem', 'setItem', 'removeItem', 'key'] as const) storage.broken.add(operation);
    const { client, say, faults } = visit(storage, { context: null });
    client.start();
    say().snapshot(rulesSnapshot({ panel: {} }));
    expect(client.isEnabled('panel')).toBe(true);
    client.setContext(null);
    client.close();
    expect(faults.every(([operation]) => operation.startsWith('storage'))).toBe(true);
  });
});

describe('an anonymous user', () => {
  test('gets a random key that stays, and another one elsewhere', () => {
    const storage = new FakeStorage();
    const rule = { panel: { percentage: 50 } };
    const bucketIn = (place: Storage) =>
      make({ storage: place, context: null, initial: rulesSnapshot(rule) }).client.getDecision('panel').bucket;
    expect(bucketIn(storage)).toBe(bucketIn(storage));
    const elsewhere = new Set(Array.from({ length: 10 }, () => bucketIn(new FakeStorage())));
    expect(elsewhere.size).toBeGreaterThan(5);
  });
});

describe('settings', () => {
  test('are the defaults with the published ones over them; a wrong type leaves the default and is reported once', () => {
    const { client, faults } = make({
      initial: rulesSnapshot({ panel: { config: { pageSize: 'many', theme: 'dark' } } }),
    });
    expect(client.getConfig('panel')).toEqual({ pageSize: 20, theme: 'dark' });
    expect(client.getConfig('panel')).toBe(client.getConfig('panel'));
    expect(faults).toHaveLength(1);
    expect(String(faults[0]![1])).toMatch(/panel: config.pageSize must be a number, found "many"/);
  });
});

describe('a broken part of ours', () => {
  test('a source that throws at start is reported, and everything else works', () => {
    const { client, faults } = make({
      source: {
        name: 'broken',
        storageKey: null,
        dependsOnContext: false,
        start: () => {
          throw new Error('no');
        },
      },
      initial: rulesSnapshot({ panel: {} }),
    });
    client.start();
    expect(client.isEnabled('panel')).toBe(true);
    expect(faults.map(([operation]) => operation)).toEqual(['source']);
    client.close();
  });

  test('a fault hook that throws is nobody’s problem', () => {
    const { client } = make({
      onInternalFault: () => {
        throw new Error('hook');
      },
    });
    expect(client.isEnabled('nothing')).toBe(false);
  });

  test('anything at all as a snapshot never breaks a client, and a later good one counts', () => {
    fc.assert(
      fc.property(fc.anything(), (rubbish) => {
        const { source, say } = manualSource();
        const { client } = make({ source });
        client.start();
        say().snapshot(rubbish);
        say().snapshot(rulesSnapshot({ panel: {} }, { epoch: 2 ** 52, revision: 1 }));
        expect(client.isEnabled('panel')).toBe(true);
        client.close();
      }),
    );
  });
});

describe('life', () => {
  test('a breaker that opened before a close ends its cool-down after the next start', async () => {
    const clock = createFakeClock(startMs);
    const breaker = { incidentLimit: 1, coolDownMs: 1_000 };
    const { client } = make({ clock, breaker, random: () => 0, initial: rulesSnapshot({ panel: {} }) });
    client.start();
    client.reportFailure('panel', new Error('broke'));
    expect(reasonOf(client)).toBe('CIRCUIT_OPEN');
    client.close();
    await clock.advance(500);
    client.start();
    await clock.advance(499);
    expect(reasonOf(client)).toBe('CIRCUIT_OPEN');
    await clock.advance(2);
    expect(reasonOf(client)).toBe('SPLIT');
    client.close();
    expect(clock.waiting()).toBe(0);
  });

  test('a client without a source is static again after a close and a start', () => {
    const { client } = make({ initial: rulesSnapshot({ panel: {} }) });
    expect(client.getStatus().status).toBe('static');
    client.start();
    client.close();
    expect(client.getStatus().status).toBe('closed');
    client.start();
    expect(client.getStatus().status).toBe('static');
    client.close();
  });

  test('start and close may be repeated, as StrictMode does; after close nothing is listened to', () => {
    const clock = createFakeClock(startMs);
    const { source, listeners, counts } = manualSource();
    const { client } = make({ source, clock });
    client.start();
    client.start();
    client.close();
    client.start();
    expect(counts()).toEqual({ starts: 2, stops: 1 });
    listeners[0]!.snapshot(rulesSnapshot({ panel: {} }));
    expect(client.isEnabled('panel')).toBe(false);
    listeners[1]!.snapshot(rulesSnapshot({ panel: {} }));
    expect(client.isEnabled('panel')).toBe(true);
    client.close();
    client.close();
    expect(counts()).toEqual({ starts: 2, stops: 2 });
    expect(client.getStatus().status).toBe('closed');
    expect(clock.waiting()).toBe(0);
  });
});

test('a context whose undefined attribute gives way to another is another context', () => {
  const { client } = make({
    initial: rulesSnapshot({ panel: { regions: ['eu'] } }),
    context: { targetingKey: 'user-1', plan: undefined },
  });
  expect(client.isEnabled('panel')).toBe(false);
  client.setContext({ targetingKey: 'user-1', region: 'eu' });
  expect(client.isEnabled('panel')).toBe(true);
});
