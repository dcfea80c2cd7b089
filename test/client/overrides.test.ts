import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createOverrides, type OverridesOptions } from '../../src/client/overrides.js';
import { openStorage } from '../../src/client/storage.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { FakeStorage } from './fakeStorage.js';

afterEach(() => vi.unstubAllEnvs());

function create(options: Partial<OverridesOptions> & { items?: Record<string, string> } = {}) {
  const area = new FakeStorage();
  for (const [key, value] of Object.entries(options.items ?? {})) area.items.set(key, value);
  const overrides = createOverrides({
    storage: openStorage(area),
    policy: { allow: 'all' },
    knownFeatures: new Set(['memoryPanel', 'sessionsList', 'constructor']),
    context: () => ({}),
    clock: createFakeClock(),
    ...options,
  });
  return { area, overrides };
}

test('reads what is stored', () => {
  const { overrides } = create({ items: { 'switchback:override:memoryPanel': 'v2' } });
  expect(overrides.get('memoryPanel')).toEqual({ version: 'v2' });
  expect(overrides.get('sessionsList')).toBeUndefined();
  expect(overrides.get('constructor')).toBeUndefined();
});

test('stores what the program chose, and drops it again', () => {
  const { area, overrides } = create();
  expect(overrides.set('memoryPanel', 'v2')).toBe(true);
  expect(area.items.get('switchback:override:memoryPanel')).toBe('v2');
  expect(overrides.get('memoryPanel')).toEqual({ version: 'v2' });
  expect(overrides.set('memoryPanel', null)).toBe(true);
  expect(overrides.get('memoryPanel')).toBeUndefined();
  expect(area.items.size).toBe(0);
});

test('reads the URL, does not store it, and lets the program outrank it', () => {
  const { area, overrides } = create({
    search: '?switchback=memoryPanel:v2,unknown:v2,sessionsList:v3',
    items: { 'switchback:override:memoryPanel': 'v1' },
  });
  expect(overrides.get('memoryPanel')).toEqual({ version: 'v2' });
  expect(overrides.get('unknown')).toBeUndefined();
  expect(overrides.get('sessionsList')).toBeUndefined();
  expect(area.items.get('switchback:override:memoryPanel')).toBe('v1');
  const heard: (string | null)[] = [];
  overrides.subscribe((feature) => heard.push(feature));
  overrides.set('memoryPanel', 'v1');
  expect(overrides.get('memoryPanel')).toEqual({ version: 'v1' });
  expect(heard).toEqual(['memoryPanel']);
});

test("drops the URL's choice together with the others", () => {
  const { overrides } = create({ search: '?switchback=memoryPanel:v2' });
  overrides.set('memoryPanel', null);
  expect(overrides.get('memoryPanel')).toBeUndefined();
});

test('takes over what another tab stored later', () => {
  const { area, overrides } = create();
  overrides.set('memoryPanel', 'v2');
  area.items.set('switchback:override:memoryPanel', 'v1');
  expect(overrides.get('memoryPanel')).toEqual({ version: 'v1' });
});

test('is off in production and where the environment cannot be read', () => {
  const items = { 'switchback:override:memoryPanel': 'v2' };
  vi.stubEnv('NODE_ENV', 'production');
  const { area, overrides } = create({ policy: undefined, search: '?switchback=memoryPanel:v2', items });
  expect(overrides.get('memoryPanel')).toBeUndefined();
  expect(overrides.isAllowed('memoryPanel')).toBe(false);
  expect(overrides.set('memoryPanel', 'v1')).toBe(false);
  expect(area.items.get('switchback:override:memoryPanel')).toBe('v2');
  vi.stubEnv('NODE_ENV', 'development');
  expect(create({ policy: undefined, items }).overrides.get('memoryPanel')?.version).toBe('v2');
  vi.stubGlobal('process', undefined);
  try {
    expect(create({ policy: undefined, items }).overrides.get('memoryPanel')).toBeUndefined();
  } finally {
    vi.unstubAllGlobals();
  }
});

test('allows the listed features only', () => {
  const { overrides } = create({
    policy: { allow: ['memoryPanel', 'unknown'] },
    search: '?switchback=sessionsList:v2',
  });
  expect(overrides.set('memoryPanel', 'v2')).toBe(true);
  expect(overrides.set('sessionsList', 'v2')).toBe(false);
  expect(overrides.set('unknown', 'v2')).toBe(false);
  expect(overrides.get('sessionsList')).toBeUndefined();
});

test('asks a policy that is a function for the present context', () => {
  let region = 'eu';
  const { overrides } = create({
    policy: { allow: (context) => context.region === 'staff' },
    context: () => ({ region }),
    search: '?switchback=memoryPanel:v2',
  });
  expect(overrides.get('memoryPanel')).toBeUndefined();
  region = 'staff';
  expect(overrides.get('memoryPanel')?.version).toBe('v2');
});

test('allows nothing when the policy throws, and tells', () => {
  const onFault = vi.fn<(operation: string, error: unknown) => void>();
  const allow = () => {
    throw new Error('policy');
  };
  const { overrides } = create({ policy: { allow }, onFault, search: '?switchback=memoryPanel:v2' });
  expect(overrides.get('memoryPanel')).toBeUndefined();
  expect(onFault).toHaveBeenCalledWith('overrides.allow', expect.any(Error));
});

test.each([[true], ['all'], [{ allow: 'none' }], [{}]])('refuses the policy %j', (policy) => {
  expect(() => create({ policy: policy as never })).toThrow(/overrides must be .*, found/);
});

test('refuses a version that is not declared', () => {
  expect(() => create().overrides.set('memoryPanel', 'v3' as never)).toThrow(/found "v3"/);
});

test('tells of known features only, and survives listeners that throw', () => {
  const onFault = vi.fn<(operation: string, error: unknown) => void>();
  const storage = openStorage(false, onFault);
  const { overrides } = create({ storage });
  const heard: (string | null)[] = [];
  overrides.subscribe(() => {
    throw new Error('listener');
  });
  const stop = overrides.subscribe((feature) => heard.push(feature));
  storage.set('switchback:override:memoryPanel', 'v2');
  storage.set('switchback:override:unknown', 'v2');
  storage.set('other', 'v2');
  overrides.set('sessionsList', 'v2');
  stop();
  overrides.set('sessionsList', 'v1');
  expect(heard).toEqual(['memoryPanel', 'sessionsList']);
  expect(onFault).toHaveBeenCalledWith('get', expect.any(Error));
});

test('drops whatever is stored that is not a version', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constantFrom('V2', ' v2', '"v2"', 'true', '{}')), (value) => {
      fc.pre(value !== 'v1' && value !== 'v2');
      expect(
        create({ items: { 'switchback:override:memoryPanel': value } }).overrides.get('memoryPanel'),
      ).toBeUndefined();
    }),
  );
});

describe('what is kept for a while', () => {
  const start = 1_795_244_451_480;

  test('counts until it expires, and then tells', async () => {
    const clock = createFakeClock(start);
    const { area, overrides } = create({ clock });
    const heard: (string | null)[] = [];
    const stop = overrides.subscribe((feature) => heard.push(feature));
    overrides.set('memoryPanel', 'v2', 1_000);
    expect(area.items.get('switchback:override:memoryPanel')).toBe(`v2@${start + 1_000}`);
    expect(heard).toEqual(['memoryPanel']);
    await clock.advance(999);
    expect(overrides.get('memoryPanel')).toEqual({ version: 'v2', untilMs: start + 1_000 });
    await clock.advance(1);
    expect(overrides.get('memoryPanel')).toBeUndefined();
    expect(heard).toEqual(['memoryPanel', null]);
    stop();
    expect(clock.waiting()).toBe(0);
  });

  test('lets go of its timer', () => {
    const clock = createFakeClock(start);
    const { overrides } = create({ clock, items: { 'switchback:override:memoryPanel': `v2@${start + 5}` } });
    const stop = overrides.subscribe(() => {});
    expect(clock.waiting()).toBe(1);
    stop();
    expect(clock.waiting()).toBe(0);
  });

  test('counts no more on a later visit', () => {
    const items = { 'switchback:override:memoryPanel': `v2@${start}` };
    const { overrides } = create({ clock: createFakeClock(start), items });
    expect(overrides.get('memoryPanel')).toBeUndefined();
  });

  test('is as long as the policy says, unless the choice says otherwise', () => {
    const { area, overrides } = create({ clock: createFakeClock(start), policy: { allow: 'all', expiresInMs: 10 } });
    overrides.set('memoryPanel', 'v2');
    overrides.set('sessionsList', 'v1', Infinity);
    expect(Object.fromEntries(area.items)).toEqual({
      'switchback:override:memoryPanel': `v2@${start + 10}`,
      'switchback:override:sessionsList': 'v1',
    });
  });

  test.each([[0], [-1], [Number.NaN], ['soon']])('is not %j long', (expiresInMs) => {
    expect(() => create().overrides.set('memoryPanel', 'v2', expiresInMs as never)).toThrow(
      /expiresInMs must be above 0/,
    );
  });
});

describe("the URL's choices", () => {
  test('outlast the page in their session, until they are dropped', () => {
    const area = new FakeStorage();
    const session = () => area;
    create({ session, search: '?switchback=memoryPanel:v2' });
    const { overrides } = create({ session, search: '?switchback=sessionsList:v1' });
    expect(overrides.get('memoryPanel')).toEqual({ version: 'v2' });
    expect(overrides.get('sessionsList')).toEqual({ version: 'v1' });
    overrides.set('memoryPanel', null);
    expect(create({ session }).overrides.get('memoryPanel')).toBeUndefined();
    expect(create({ session }).overrides.get('sessionsList')).toEqual({ version: 'v1' });
    expect(create({ session, policy: false }).overrides.get('sessionsList')).toBeUndefined();
  });

  test('hold for the page where there is no session to be had', () => {
    const session = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    const { overrides } = create({ session, search: '?switchback=memoryPanel:v2' });
    expect(overrides.get('memoryPanel')).toEqual({ version: 'v2' });
    expect(overrides.set('memoryPanel', null)).toBe(true);
  });

  test('are kept for a week where the URL asks for it', () => {
    const clock = createFakeClock();
    const { area, overrides } = create({ clock, search: '?switchback=memoryPanel:v2,keep,unknown:v2' });
    expect(area.items.size).toBe(0);
    overrides.keep();
    expect([...area.items]).toEqual([['switchback:override:memoryPanel', `v2@${clock.now() + 7 * 86_400_000}`]]);
    expect(overrides.get('memoryPanel')?.version).toBe('v2');
  });

  test('are not kept where it does not', () => {
    const { area, overrides } = create({ search: '?switchback=memoryPanel:v2' });
    overrides.keep();
    expect(area.items.size).toBe(0);
  });
});
