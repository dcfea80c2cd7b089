// Every source of overrides against everything that holds for overrides.
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createSwitchback,
  overrideCookie,
  type OverridePolicy,
  type SwitchbackClient,
} from '../../src/client/index.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { recordingSink } from '../harness/recordingSink.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const features = { panel: {}, list: {} };
const rules = { panel: { percentage: 0 }, list: { percentage: 0 } };
const cookie = overrideCookie();
const clock = createFakeClock(Date.now());

interface OverrideSource {
  readonly name: string;
  /** Forces before a client is made; its text is such as `v2` or `v2@1770000000000`. */
  readonly before?: (feature: string, text: string) => void;
  /** Forces by the client. */
  readonly by?: (client: SwitchbackClient, feature: string, expiresInMs?: number) => boolean;
  /** Whether another tab that is open follows at once, as it reads next, or not at all. */
  readonly otherTab: 'at once' | 'next read' | 'never';
  readonly isKept: boolean;
}

const search = (text: string) => {
  const url = new URL(location.href);
  if (text) url.searchParams.set('switchback', text);
  else url.searchParams.delete('switchback');
  history.replaceState(null, '', url);
};

const sources: readonly OverrideSource[] = [
  {
    name: 'localStorage',
    before: (feature, text) => localStorage.setItem(`switchback:override:${feature}`, text),
    otherTab: 'at once',
    isKept: true,
  },
  { name: 'URL', before: (feature, text) => search(`${feature}:${text}`), otherTab: 'never', isKept: false },
  {
    name: 'URL earlier in the session',
    before: (feature, text) => sessionStorage.setItem('switchback:overrides', `${feature}:${text}`),
    otherTab: 'never',
    isKept: false,
  },
  {
    name: 'cookie',
    before(feature, text) {
      document.cookie = `switchback=${encodeURIComponent(`${feature}:${text}`)}; path=/`;
    },
    otherTab: 'next read',
    isKept: true,
  },
  {
    name: 'program',
    by: (client, feature, expiresInMs) => client.setOverride(feature, 'v2', expiresInMs),
    otherTab: 'at once',
    isKept: true,
  },
];

const forget = () => {
  localStorage.clear();
  sessionStorage.clear();
  search('');
  document.cookie = 'switchback=; path=/; max-age=0';
};
beforeEach(forget);
afterEach(forget);

function open(policy: OverridePolicy = { allow: 'all' }, context: Record<string, string> = {}) {
  const sink = recordingSink();
  const client = createSwitchback({
    features,
    initial: rulesSnapshot(rules),
    context: { targetingKey: 'user-1', ...context },
    overrides: policy && { cookie, ...policy },
    sinks: [sink],
    clock,
  });
  client.start();
  onTestFinished(() => client.close());
  return { client, sink };
}

describe.each(sources)('an override by $name', ({ before, by, otherTab, isKept }) => {
  const force = (policy?: OverridePolicy, context?: Record<string, string>) => {
    before?.('panel', 'v2');
    const opened = open(policy, context);
    const isTaken = by?.(opened.client, 'panel');
    return { ...opened, isTaken };
  };

  test('forces the version, and says so', () => {
    const { client } = force();
    expect(client.getDecision('panel')).toMatchObject({ version: 'v2', reason: 'OVERRIDE' });
    expect(client.getOverride('panel')).toEqual({ version: 'v2', allowed: true });
    expect(client.getDecision('list')).toMatchObject({ version: 'v1', reason: 'SPLIT' });
  });

  test.each([
    ['the key is listed', { allow: ['panel'] }, {}, 'v2'],
    ['another key is listed', { allow: ['list'] }, {}, 'v1'],
    ['the context passes', { allow: ({ region }) => region === 'staff' }, { region: 'staff' }, 'v2'],
    ['the context does not pass', { allow: ({ region }) => region === 'staff' }, { region: 'eu' }, 'v1'],
    ['nobody may', false, {}, 'v1'],
  ] as [string, OverridePolicy, Record<string, string>, string][])('where %s', (_, policy, context, version) => {
    const { client, isTaken } = force(policy, context);
    expect(client.getDecision('panel').version).toBe(version);
    expect(client.getOverride('panel')).toMatchObject({ allowed: version === 'v2' });
    if (by) expect(isTaken).toBe(version === 'v2');
  });

  test('counts for features that exist and versions that are declared alone', () => {
    before?.('pannel', 'v2');
    before?.('panel', 'v3');
    const { client } = open();
    if (by) {
      expect(() => client.setOverride('panel', 'v3' as never)).toThrow(/found "v3"/);
      expect(client.internals.parts.overrides.set('__proto__', 'v2')).toBe(false);
    }
    expect(client.getDecision('panel').reason).toBe('SPLIT');
  });

  test('counts until it expires, and the page follows', async () => {
    before?.('panel', `v2@${clock.now() + 1_000}`);
    const { client } = open();
    by?.(client, 'panel', 1_000);
    const heard = vi.fn<() => void>();
    client.subscribe('panel', heard);
    await clock.advance(999);
    expect(client.isEnabled('panel')).toBe(true);
    await clock.advance(1);
    expect(client.isEnabled('panel')).toBe(false);
    expect(heard).toHaveBeenCalledOnce();
    expect(open().client.isEnabled('panel')).toBe(false);
  });

  test(`reaches another tab: ${otherTab}`, () => {
    const other = open().client;
    other.getDecision('panel');
    force();
    // As the browser tells other tabs.
    const key = 'switchback:override:panel';
    const event = new StorageEvent('storage', { key, newValue: 'v2', storageArea: localStorage });
    if (otherTab === 'at once') dispatchEvent(event);
    expect(other.isEnabled('panel')).toBe(otherTab === 'at once');
    if (otherTab === 'next read') other.applySnapshot(rulesSnapshot(rules, { revision: 2 }));
    expect(other.isEnabled('panel')).toBe(otherTab !== 'never');
  });

  test(`is ${isKept ? 'there' : 'gone'} in another session`, () => {
    force();
    sessionStorage.clear();
    search('');
    expect(open().client.isEnabled('panel')).toBe(isKept);
  });

  test('is counted as overridden, and in nothing else', async () => {
    const { client, sink } = force();
    const host = client.internals.parts.hostOf('panel');
    const decision = client.getDecision('panel');
    const observe = host.observer('v2', decision);
    const failure = { phase: 'render', name: 'Error', message: 'broke' } as const;
    observe({ kind: 'attempt' });
    observe({ kind: 'exposure' });
    for (let count = 0; count < 5; count++) host.failed(decision, { ...failure, message: `${count}` });
    await vi.waitFor(() => expect(sink.observations.map(({ kind }) => kind)).toEqual(['overridden']));
    expect(client.internals.parts.breakers.stateOf('panel').state).toBe('closed');
  });

  test('is beaten by a kill, and counts again after it', () => {
    const { client } = force();
    client.applySnapshot(rulesSnapshot(rules, { revision: 2, kills: ['panel'] }));
    expect(client.getDecision('panel')).toMatchObject({ version: 'v1', reason: 'ROLLED_BACK' });
    client.applySnapshot(rulesSnapshot(rules, { revision: 3 }));
    expect(client.getDecision('panel').reason).toBe('OVERRIDE');
    client.applySnapshot(rulesSnapshot(rules, { revision: 4, emergency: { since: '2026-01-01T00:00:00Z' } }));
    expect(client.getDecision('panel').reason).toBe('ROLLED_BACK');
  });

  test('is dropped for good by the program', () => {
    const { client } = force();
    expect(client.setOverride('panel', null)).toBe(true);
    expect(client.isEnabled('panel')).toBe(false);
    search('');
    expect(open().client.isEnabled('panel')).toBe(false);
    expect(document.cookie).not.toContain('panel');
  });
});

test('ranks the URL before what is stored, and that before the cookie', () => {
  search('panel:v2');
  localStorage.setItem('switchback:override:panel', 'v1');
  localStorage.setItem('switchback:override:list', 'v2');
  document.cookie = 'switchback=panel:v1,list:v1; path=/';
  const { client } = open();
  expect([client.isEnabled('panel'), client.isEnabled('list')]).toEqual([true, true]);
});

test('tells servers what is kept', () => {
  const { client } = open();
  client.setOverride('panel', 'v2');
  client.setOverride('list', 'v1', 5_000);
  expect(decodeURIComponent(document.cookie)).toContain(`switchback=panel:v2,list:v1@${clock.now() + 5_000}`);
});

test.each([[{ name: 'a b' }], [{ name: '' }], [{ path: '/; x=1' }], [{ domain: 'a;b' }]])(
  'refuses the cookie %j',
  (options) => {
    expect(() => overrideCookie(options)).toThrow(/must be .*, found/);
  },
);
