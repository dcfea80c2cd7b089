import { expect, onTestFinished, test, vi } from 'vitest';
import { createMigration } from '../../src/migrate/index.js';
import { createCaller, off } from './callers.js';

interface Memory {
  readonly id: string;
  readonly text: string;
}

/** The chat memory as it was: functions of a module, and a client that is an instance of a class. */
function createOldMemory() {
  const memories: Memory[] = [];
  class ChatClient {
    sent = 0;
    private readonly greeting = 'v1';
    send(text: string): Promise<string> {
      this.sent++;
      return Promise.resolve(`${this.greeting} ${text}`);
    }
    get count(): number {
      return this.sent;
    }
  }
  return {
    version: 1,
    saveChatMemory: async (memory: Memory): Promise<string> => {
      memories.push(memory);
      return memory.id;
    },
    getRecentMemories: async (userId: string, _topic: string): Promise<readonly Memory[]> =>
      memories.filter(({ id }) => id.startsWith(userId)),
    countOf: (text: string): number => text.length,
    chatClient: new ChatClient(),
  };
}

function createEnhancedMemory() {
  const calls: string[] = [];
  const state = { isBroken: false };
  const answer = <T>(name: string, value: T): T => {
    calls.push(name);
    if (state.isBroken) throw new Error(`${name} is broken`);
    return value;
  };
  return {
    calls,
    state,
    saveChatMemory: async (memory: Memory) => answer('save', memory.id),
    getRecentMemories: async (userId: string) => answer('recent', [{ id: userId, text: 'v2' }]),
    countOf: (text: string) => answer('count', text.length),
    chatClient: { send: async (text: string) => answer('send', `v2 ${text}`) },
  };
}

test('call sites change one import: the same names and signatures, on v2 where it is decided', async () => {
  const { client, publish } = createCaller();
  const v1 = createOldMemory();
  const v2 = createEnhancedMemory();
  const { saveChatMemory, getRecentMemories, chatClient, countOf } = createMigration('titles', { client, v1, v2 }).api;
  expect(await saveChatMemory({ id: 'user-1', text: 'a' })).toBe('user-1');
  expect(await getRecentMemories('user-1', 'market')).toEqual([{ id: 'user-1', text: 'v2' }]);
  expect(await chatClient.send('a')).toBe('v2 a');
  expect(countOf('abc')).toBe(3);
  expect(v2.calls).toEqual(['save', 'recent', 'send', 'count']);
  publish(off);
  expect(await chatClient.send('a')).toBe('v1 a');
  expect([v1.chatClient.sent, chatClient.sent, chatClient.count]).toEqual([1, 1, 1]);
  expect(countOf.name).toBe('countOf');
});

test('a v2 that breaks is answered by v1, also where methods were taken out of their object', async () => {
  const { client } = createCaller();
  const v2 = createEnhancedMemory();
  v2.state.isBroken = true;
  const { send } = createMigration('titles', { client, v1: createOldMemory(), v2 }).api.chatClient;
  expect(await send('a')).toBe('v1 a');
});

test('options of a method hold for that method', async () => {
  const { client } = createCaller();
  const v2 = createEnhancedMemory();
  const { api } = createMigration('titles', {
    client,
    v1: createOldMemory(),
    v2,
    methods: { saveChatMemory: { effect: 'write' }, countOf: { validate: (count) => count > 10 } },
  });
  expect(api.countOf('abc')).toBe(3);
  v2.state.isBroken = true;
  await expect(api.saveChatMemory({ id: 'user-1', text: 'a' })).rejects.toThrow('save is broken');
  expect(await api.getRecentMemories('user-1', 'a')).toEqual([]);
});

test('v2 is for one user alone, and for nobody after a rollback; nothing is counted for it', async () => {
  const { client, publish, counts } = createCaller(off);
  const users = ['user-1', 'user-2'];
  const migration = createMigration('titles', {
    client,
    v1: { who: (user: string) => `v1 ${user}` },
    v2: { who: (user: string) => `v2 ${user}` },
    context: (_, [user]) => ({ targetingKey: String(user) }),
  });
  const answers = () => users.map((user) => migration.api.who(user));
  migration.enableFor('user-1');
  expect(answers()).toEqual(['v2 user-1', 'v1 user-2']);
  publish({ percentage: 100 });
  migration.disableFor('user-2');
  expect(answers()).toEqual(['v2 user-1', 'v1 user-2']);
  publish({}, { kills: ['titles'] });
  expect(answers()).toEqual(['v1 user-1', 'v1 user-2']);
  publish({ percentage: 100 });
  migration.clearFor('user-2');
  expect(answers()).toEqual(['v2 user-1', 'v2 user-2']);
  const { v1, v2 } = await counts();
  expect([v2.attempts, v2.overridden, v1.overridden]).toEqual([1, 3, 1]);
  expect(() => migration.enableFor('')).toThrow('targetingKey must be text, found ""');
});

test('good calls of forced users do not outweigh the failures of the others', () => {
  const { client } = createCaller();
  const v2 = vi.fn((user: string) => {
    if (user !== 'tester') throw new Error('broken');
    return user;
  });
  const migration = createMigration('titles', {
    client,
    v1: { who: (user: string) => user },
    v2: { who: v2 },
    context: (_, [user]) => ({ targetingKey: String(user) }),
  });
  migration.enableFor('tester');
  for (let at = 0; at < 40; at++) migration.api.who('tester');
  for (let at = 0; at < 10; at++) migration.api.who('user-1');
  expect(v2).toHaveBeenCalledTimes(43);
  expect(migration.api.who('tester')).toBe('tester');
  expect(v2).toHaveBeenCalledTimes(44);
});

test("the client's own user can be forced as well", () => {
  const { client } = createCaller(off);
  const migration = createMigration('titles', { client, v1: { get: (): string => 'v1' }, v2: { get: () => 'v2' } });
  expect(migration.api.get()).toBe('v1');
  migration.enableFor('user-1');
  expect(migration.api.get()).toBe('v2');
  migration.clearFor('user-1');
  expect(migration.api.get()).toBe('v1');
});

test('says how often v2 ran, how often it succeeded and how sure that is', () => {
  const { client, publish } = createCaller();
  let at = 0;
  const migration = createMigration('titles', {
    client,
    v1: { get: (): string => 'v1' },
    v2: {
      get() {
        if (++at % 10 === 0) throw new Error('one in ten');
        return 'v2';
      },
    },
  });
  expect(migration.getSuccessRate()).toEqual({ value: null, low: null, high: null, sampleSize: 0 });
  for (let call = 0; call < 100; call++) migration.api.get();
  publish(off);
  for (let call = 0; call < 100; call++) migration.api.get();
  expect(migration.getMetrics()).toMatchObject({
    v1: { calls: 110, succeeded: 110, failed: 0 },
    v2: { calls: 100, succeeded: 90, failed: 10 },
    fallbacks: 10,
    methods: { get: { fallbacks: 10 } },
  });
  expect(migration.getSuccessRate()).toMatchObject({ value: 0.9, sampleSize: 100 });
  expect(migration.getSuccessRate().low).toBeCloseTo(0.8256, 3);
  expect(migration.getAdoption()).toMatchObject({ value: 0.45, sampleSize: 200 });
});

test('a write that v2 failed and v1 did not repeat is a call of which v2 answered none', async () => {
  const { client } = createCaller();
  let isBroken = false;
  const { api, getAdoption, getMetrics } = createMigration('titles', {
    client,
    v1: { save: async (): Promise<number> => 1, load: async (): Promise<number> => 1 },
    v2: {
      save: async () => (isBroken ? Promise.reject(new Error('broken')) : 2),
      load: async () => (isBroken ? Promise.reject(new Error('broken')) : 2),
    },
    methods: { save: { effect: 'write' } },
  });
  expect(getAdoption()).toEqual({ value: null, low: null, high: null, sampleSize: 0 });
  for (let at = 0; at < 8; at++) await api.save();
  isBroken = true;
  await expect(api.save()).rejects.toThrow('broken');
  await api.load();
  expect(getMetrics()).toMatchObject({ fallbacks: 1, v1: { succeeded: 1 }, v2: { succeeded: 8, failed: 2 } });
  expect(getAdoption()).toMatchObject({ value: 0.8, sampleSize: 10 });
});

test('what is read later, or begins when it is asked, is not timed: how long it takes is the caller’s doing', async () => {
  const { client, publish } = createCaller();
  class Query extends Promise<number> {}
  const module = {
    async *items(): AsyncGenerator<number> {
      yield 1;
    },
    query: () => new Query((resolve) => resolve(1)),
  };
  const { api, getPerformanceGain, getMetrics } = createMigration('titles', { client, v1: module, v2: module });
  const call = async () => {
    for await (const one of api.items()) expect(one).toBe(1);
    await api.query();
  };
  for (let at = 0; at < 40; at++) await call();
  publish(off);
  for (let at = 0; at < 640; at++) await call();
  expect(getMetrics()).toMatchObject({ v1: { succeeded: 1_280 }, v2: { succeeded: 80 } });
  // Queries of v2 alone are waited for.
  expect(getPerformanceGain()).toMatchObject({ value: null, sampleSize: 40 });
});

test('names a gain once both versions were timed often enough, with its interval', () => {
  const { client, publish } = createCaller();
  let timeMs = 0;
  const realNow = performance.now;
  performance.now = () => timeMs;
  onTestFinished(() => void (performance.now = realNow));
  const take = (ms: number) => () => void (timeMs += ms * (1 + Math.sin(timeMs) / 10));
  const migration = createMigration('titles', { client, v1: { get: take(100) }, v2: { get: take(50) } });
  for (let call = 0; call < 40; call++) migration.api.get();
  expect(migration.getPerformanceGain()).toMatchObject({ value: null, sampleSize: 40 });
  publish(off);
  for (let call = 0; call < 16 * 40; call++) migration.api.get();
  const { value, low, high, sampleSize } = migration.getPerformanceGain();
  expect(value).toBeCloseTo(0.5, 1);
  expect(Number(low)).toBeLessThan(Number(value));
  expect(Number(high)).toBeGreaterThan(Number(value));
  expect(sampleSize).toBe(80);
});

test('a gain compares each method with itself: having had the slower ones is no loss', () => {
  const { client, publish } = createCaller();
  let timeMs = 0;
  const realNow = performance.now;
  performance.now = () => timeMs;
  onTestFinished(() => void (performance.now = realNow));
  const take = (ms: number) => () => void (timeMs += ms);
  const module = { fast: take(1), slow: take(1_000) };
  const { api, getPerformanceGain } = createMigration('titles', { client, v1: module, v2: module });
  for (let call = 0; call < 100; call++) api.slow();
  for (let call = 0; call < 30; call++) api.fast();
  publish(off);
  for (let call = 0; call < 16 * 30; call++) api.slow();
  for (let call = 0; call < 16 * 100; call++) api.fast();
  const { value, sampleSize } = getPerformanceGain();
  expect(value).toBeCloseTo(0, 6);
  expect(sampleSize).toBe(260);
});

test('a health check says what is wrong, and never rejects', async () => {
  const { client } = createCaller();
  let isBroken = false;
  let check: () => unknown = () => true;
  const migration = createMigration('titles', {
    client,
    v1: { get: (): string => 'v1' },
    v2: {
      get() {
        if (isBroken) throw new Error('broken');
        return 'v2';
      },
    },
    check: () => check(),
  });
  expect(await migration.performHealthCheck()).toEqual({ status: 'healthy', details: [] });
  check = () => Promise.reject(new Error('no such table'));
  expect(await migration.performHealthCheck()).toEqual({
    status: 'critical',
    details: ['the check of v2 failed: no such table'],
  });
  check = () => false;
  expect((await migration.performHealthCheck()).details).toEqual(['the check of v2 failed: it gave false']);
  check = () => true;
  isBroken = true;
  for (let call = 0; call < 3; call++) migration.api.get();
  const { status, details } = await migration.performHealthCheck();
  expect(status).toBe('critical');
  expect(details).toEqual([
    'v2 succeeds in 0 % of 3 calls (95 % interval 0 % to 56.1 %), wanted are 95 %',
    'the breaker is open: v1 answers',
  ]);
});

test('a check of v2 that never answers is critical once its time is up, and hears of it', async () => {
  const { client, clock } = createCaller();
  const signals: AbortSignal[] = [];
  const migration = createMigration('titles', {
    client,
    v1: { get: (): string => 'v1' },
    v2: { get: () => 'v2' },
    check(signal) {
      signals.push(signal);
      return new Promise(() => {});
    },
  });
  const byDefault = migration.performHealthCheck();
  await clock.advance(4_999);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  await clock.advance(1);
  expect(await byDefault).toEqual({
    status: 'critical',
    details: ['the check of v2 failed: no answer within 5000 ms'],
  });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  const sooner = migration.performHealthCheck({ timeoutMs: 100 });
  await clock.advance(100);
  expect((await sooner).details).toEqual(['the check of v2 failed: no answer within 100 ms']);
});

test('a check that answers in time, or throws, leaves no timer', async () => {
  const { client, clock } = createCaller();
  for (const check of [() => true, async () => false, () => Promise.reject(new Error('broken'))]) {
    const migration = createMigration('titles', { client, v1: { get: (): number => 1 }, v2: { get: () => 2 }, check });
    await migration.performHealthCheck();
    expect(clock.waiting()).toBe(0);
  }
});

test.each([0, 600_001, Number.NaN, '5s'])('a health check refuses the timeoutMs %s', async (timeoutMs) => {
  const { client } = createCaller();
  const migration = createMigration('titles', { client, v1: { get: (): number => 1 }, v2: { get: () => 2 } });
  await expect(migration.performHealthCheck({ timeoutMs: timeoutMs as number })).rejects.toThrow(
    /timeoutMs must be 1 to 600000, found /,
  );
  await expect(migration.performHealthCheck(5 as never)).rejects.toThrow('options must be an object, found 5');
});

test.each([
  [{ v2: { get: () => 2 } }, /v2 must be a module with all of v1's methods \(missing: set, inner.run\)/],
  [{ v1: null }, /v1 must be a module: an object with methods, found null/],
  [{ v1: { a: 1 }, v2: {} }, /v1 must be a module with methods/],
  [{ methods: { gets: {} } }, /methods must be by the names of v1's methods \(get, set, inner.run\), found "gets"/],
  [{ methods: { get: { timeoutMs: -1 } } }, /methods.get.timeoutMs must be 1 to 600000, found -1/],
  [{ check: 1 }, /check must be a function/],
  [{ limits: 0.9 }, /limits must be an object, found 0.9/],
  [{ limits: { minSuccessRate: 95 } }, /limits.minSuccessRate must be 0 to 1, found 95/],
  [{ limits: { minGain: 2 } }, /limits.minGain must be -100 to 1, found 2/],
  [{ client: null }, /client must be from createSwitchback/],
])('refuses %o', (wrong, message) => {
  const { client } = createCaller();
  const module = { get: () => 1, set: () => {}, inner: { run: () => 1 } };
  expect(() => createMigration('titles', { client, v1: module, v2: module, ...wrong } as never)).toThrow(message);
});

test('names of the language are inert', () => {
  const { client } = createCaller();
  const v1 = JSON.parse('{"__proto__":{"polluted":true},"value":1}') as { value: number; get?: () => number };
  v1.get = () => 1;
  const { api } = createMigration('titles', { client, v1, v2: { value: 2, get: () => 2 } });
  expect(Object.keys(api).sort()).toEqual(['get', 'value']);
  expect('polluted' in api).toBe(false);
});

test('a getter of v1 runs when it is read, not when the module is made', () => {
  const { client } = createCaller();
  const read = vi.fn(() => 5);
  const v1 = {
    get: () => 1 as number,
    get count() {
      return read();
    },
  };
  const { api } = createMigration('titles', { client, v1, v2: { get: () => 2 } });
  expect(read).not.toHaveBeenCalled();
  expect([api.count, read.mock.calls.length]).toEqual([5, 1]);
});

test('versions of single users are bounded', () => {
  const { client } = createCaller();
  const { enableFor, disableFor, clearFor } = createMigration('titles', {
    client,
    v1: { get: () => 1 as number },
    v2: { get: () => 2 },
  });
  for (let at = 0; at < 10_000; at++) enableFor(`user-${at}`);
  expect(() => enableFor('one more')).toThrow('targetingKey must be one of at most 10000, found "one more"');
  disableFor('user-7');
  clearFor('user-7');
  enableFor('one more');
});
