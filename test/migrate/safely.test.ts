import { expect, test, vi } from 'vitest';
import { createMigration, NotApplied, safely } from '../../src/migrate/index.js';
import { createCaller, off } from './callers.js';

const boom = new Error('v2 broke');

test('runs v2 where it is decided, v1 where it is not, and follows a rollback with the next call', () => {
  const { client, publish } = createCaller();
  const title = safely('titles', { client, v1: (name: string) => `v1 ${name}`, v2: (name) => `v2 ${name}` });
  expect(title('a')).toBe('v2 a');
  publish({}, { kills: ['titles'] });
  expect(title('a')).toBe('v1 a');
  publish({});
  expect(title('a')).toBe('v2 a');
  publish(off);
  expect(title('a')).toBe('v1 a');
});

test('v1 answers when v2 throws, and both are counted once', async () => {
  const { client, counts, fallbacks } = createCaller({ percentage: 50 }, { context: { targetingKey: 'user-4' } });
  const v1 = vi.fn(() => 'v1');
  const title = safely('titles', {
    client,
    v1,
    v2: () => {
      throw boom;
    },
  });
  expect(client.getDecision('titles')).toMatchObject({ version: 'v2', reason: 'SPLIT' });
  expect(title()).toBe('v1');
  expect(v1).toHaveBeenCalledTimes(1);
  expect(fallbacks).toEqual([boom]);
  const { v1: ofV1, v2: ofV2 } = await counts();
  expect(ofV2).toMatchObject({ attempts: 1, exposures: 1, settled: 0, failed: { event: 1 } });
  expect(ofV1).toMatchObject({ attempts: 1, exposures: 1, settled: 1 });
});

test.each([null, undefined, 0, 'text', Object.freeze({ a: 1 })])('v1 answers when v2 throws %s', (thrown) => {
  const { client, faults } = createCaller();
  const run = safely('titles', {
    client,
    v1: () => 'v1',
    v2: () => {
      throw thrown;
    },
  });
  expect(run()).toBe('v1');
  expect(faults).toEqual([]);
});

test("v1's own error reaches the caller untouched, alone and after v2 failed", async () => {
  const { client, counts } = createCaller();
  const v1Error = Object.freeze(new Error('v1 broke'));
  const fails = (error: unknown) => () => {
    throw error;
  };
  const run = safely('titles', { client, v1: fails(v1Error), v2: fails(boom) });
  expect(run).toThrow(v1Error);
  const rejects = safely('titles', { client, v1: () => Promise.reject(v1Error), v2: () => Promise.reject(boom) });
  await expect(rejects()).rejects.toBe(v1Error);
  expect((await counts()).v1).toMatchObject({ failed: { event: 2 }, settled: 0 });
  const offClient = createCaller(off);
  expect(safely('titles', { client: offClient.client, v1: fails(v1Error), v2: fails(boom) })).toThrow(v1Error);
  expect((await offClient.counts()).v1).toMatchObject({ attempts: 1, failed: { event: 1 } });
});

test('a v2 whose v1 fails as well is not blamed: the breaker stays closed', () => {
  const { client } = createCaller();
  const fail = () => {
    throw boom;
  };
  const run = safely('titles', { client, v1: fail, v2: fail });
  for (let at = 0; at < 10; at++) expect(run).toThrow(boom);
  expect(client.getDecision('titles').version).toBe('v2');
});

test('three failures in a row open the breaker; after the cool-down one probe decides', async () => {
  const { client, clock, counts } = createCaller();
  let isBroken = true;
  const v2 = vi.fn(() => {
    if (isBroken) throw boom;
    return 'v2';
  });
  const run = safely('titles', { client, v1: () => 'v1', v2 });
  client.start();
  for (let at = 0; at < 5; at++) expect(run()).toBe('v1');
  expect(v2).toHaveBeenCalledTimes(3);
  expect((await counts()).v1.suppressedByBreaker).toBe(2);
  isBroken = false;
  await clock.advance(40_000);
  await vi.waitFor(() => expect(run()).toBe('v2'));
  expect(run()).toBe('v2');
  client.close();
});

test('a function that fails now and then opens no breaker; one that fails often does', () => {
  const { client } = createCaller();
  let calls = 0;
  const run = safely('titles', {
    client,
    v1: () => 'v1',
    v2: () => {
      if (++calls % 10 === 0) throw boom;
      return 'v2';
    },
  });
  for (let at = 0; at < 500; at++) run();
  expect(calls).toBe(500);
});

test('synchronous calls stay synchronous, and `this`, arguments, name and length are those of v1', () => {
  const { client } = createCaller();
  class Store {
    name = 'store';
    read(this: Store, id: number, more = 1): string {
      return `v1 ${this.name} ${id} ${more}`;
    }
  }
  const store = new Store();
  const read = safely('titles', {
    client,
    v1: Store.prototype.read,
    v2(id: number, more?: number) {
      return `v2 ${this.name} ${id} ${more}`;
    },
  });
  expect(read.call(store, 7, 8)).toBe('v2 store 7 8');
  expect([read.name, read.length]).toEqual(['read', 1]);
});

test('v1 answers when v2 rejects, and a v2 that throws before its first await', async () => {
  const { client, counts } = createCaller();
  const rejects = safely('titles', { client, v1: async () => 'v1', v2: () => Promise.reject(boom) });
  const throws = safely('titles', {
    client,
    v1: async () => 'v1',
    v2: () => {
      throw boom;
    },
  });
  expect(await rejects()).toBe('v1');
  expect(await throws()).toBe('v1');
  expect((await counts()).v2.failed.event).toBe(2);
});

test('v1 answers when v2 takes too long; a late answer or rejection of v2 changes nothing', async () => {
  const { client, clock, counts } = createCaller();
  const late: ((value: string) => void)[] = [];
  const lateErrors: ((error: unknown) => void)[] = [];
  const run = safely('titles', {
    client,
    v1: async () => 'v1',
    v2: () => new Promise<string>((resolve, reject) => late.push(resolve) && lateErrors.push(reject)),
    timeoutMs: 500,
  });
  const answers = [run(), run()];
  await clock.advance(500);
  expect(await Promise.all(answers)).toEqual(['v1', 'v1']);
  late[0]?.('v2');
  lateErrors[1]?.(boom);
  const { v2 } = await counts();
  expect(v2).toMatchObject({ attempts: 2, settled: 0, failed: { event: 2 } });
  expect(clock.waiting()).toBe(0);
});

test('a signal that was aborted before the call is aborted for v2, also under a time limit', async () => {
  const { client } = createCaller();
  const v1 = vi.fn(async (_: AbortSignal) => 'v1');
  const v2 = async (signal: AbortSignal) => {
    signal.throwIfAborted();
    return 'v2';
  };
  const run = safely('titles', { client, v1, v2, timeoutMs: 100 });
  await expect(run(AbortSignal.abort(new Error('gone before')))).rejects.toThrow('gone before');
  expect(v1).not.toHaveBeenCalled();
});

test('a signal that outlives its calls holds none of them', async () => {
  const { client } = createCaller();
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  const run = safely('titles', { client, v1: async (_: AbortSignal) => 1, v2: async () => 2, timeoutMs: 100 });
  for (let at = 0; at < 5; at++) await run(signal);
  expect(added).toHaveBeenCalledTimes(5);
  expect(removed).toHaveBeenCalledTimes(5);
});

test('a probe that never ends lets another one have its turn after a minute', async () => {
  const { client, clock } = createCaller();
  let answer: () => Promise<string> = () => Promise.reject(boom);
  const v2 = vi.fn(() => answer());
  const run = safely('titles', { client, v1: async () => 'v1', v2 });
  client.start();
  for (let at = 0; at < 3; at++) await run();
  expect(v2).toHaveBeenCalledTimes(3);
  await clock.advance(40_000);
  answer = () => new Promise<string>(() => {});
  await vi.waitFor(() => {
    void run();
    expect(v2).toHaveBeenCalledTimes(4);
  });
  answer = async () => 'v2';
  expect(await run()).toBe('v1');
  await clock.advance(60_000);
  expect(await run()).toBe('v2');
  client.close();
});

test('a second of a thousand users and more is told of in part, and counted in whole', async () => {
  const { client, clock, sink } = createCaller();
  const { api, getMetrics } = createMigration('titles', {
    client,
    v1: { get: (user: string) => user },
    v2: { get: (user: string) => user },
    context: (_, [user]) => ({ targetingKey: String(user) }),
  });
  for (let at = 0; at < 1_500; at++) api.get(`user-${at}`);
  await clock.advance(1_000);
  expect(sink.counts('v2').attempts).toBe(1_000);
  expect(getMetrics().v2).toMatchObject({ calls: 1_500, succeeded: 1_500 });
});

test('errors of many kinds are told of by their first twenty, and all are counted', async () => {
  const { client, clock, sink } = createCaller();
  let at = 0;
  const run = safely('titles', {
    client,
    v1: () => 1,
    v2(): number {
      if (at++ % 5 === 4) throw new Error(`number ${at}`);
      return 2;
    },
  });
  for (let call = 0; call < 150; call++) run();
  await clock.advance(1_000);
  const failures = sink.observations.flatMap((one) => (one.kind === 'failure' ? [one] : []));
  expect(failures).toHaveLength(20);
  expect(failures.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(30);
});

test('an answer in time leaves no timer', async () => {
  const { client, clock } = createCaller();
  const run = safely('titles', { client, v1: async () => 'v1', v2: async () => 'v2', timeoutMs: 500 });
  expect(await run()).toBe('v2');
  await clock.advance(1_000);
  expect(clock.waiting()).toBe(0);
});

test('v1 answers when validate refuses, with text or without, at once or later, or throws', async () => {
  const { client, faults, sink, clock } = createCaller();
  const versions = { v1: (name: string) => `v1 ${name}`, v2: () => '' };
  const bool = safely('titles', { client, ...versions, validate: (answer) => answer !== '' });
  expect(bool('a')).toBe('v1 a');
  const text = safely('titles', {
    client,
    ...versions,
    validate: (answer, name) => answer.includes(name) || `no ${name} in it`,
  });
  expect(text('a')).toBe('v1 a');
  const throws = safely('titles', {
    client,
    ...versions,
    validate: () => {
      throw boom;
    },
  });
  expect(throws('a')).toBe('v1 a');
  expect(faults).toEqual([{ operation: 'migrate validate', error: boom }]);
  await clock.advance(1_000);
  expect(sink.observations.flatMap((one) => (one.kind === 'failure' ? one.failure.message : []))).toEqual([
    "[switchback] titles: v2's answer was refused: validate said no",
    "[switchback] titles: v2's answer was refused: no a in it",
    "[switchback] titles: v2's answer was refused: validate failed",
  ]);
  const later = createCaller();
  const slow = safely('titles', {
    client: later.client,
    v1: async () => 1,
    v2: async () => 2,
    validate: async (answer) => answer === 1,
  });
  expect(await slow()).toBe(1);
});

test('a good answer passes validate', () => {
  const { client } = createCaller();
  expect(safely('titles', { client, v1: () => 1, v2: () => 2, validate: (answer) => answer === 2 })()).toBe(2);
});

test("the caller's abort is no failure: nobody is asked again, and both versions hear it", async () => {
  const { client, counts } = createCaller();
  const v1 = vi.fn(async (_: { signal: AbortSignal }) => 'v1');
  const run = safely('titles', {
    client,
    v1,
    v2: ({ signal }) =>
      new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    timeoutMs: 60_000,
  });
  const controller = new AbortController();
  const answer = run({ signal: controller.signal });
  controller.abort(new Error('the user left'));
  await expect(answer).rejects.toThrow('the user left');
  expect(v1).not.toHaveBeenCalled();
  expect((await counts()).v2).toMatchObject({ attempts: 1, aborted: 1, failed: { event: 0 } });
});

test("when v2's time is up its signal is aborted, the caller's is not, and v1 gets the caller's own", async () => {
  const { client, clock } = createCaller();
  const controller = new AbortController();
  const seen: AbortSignal[] = [];
  const run = safely('titles', {
    client,
    v1: async (_name: string, signal: AbortSignal) => (seen.push(signal), 'v1'),
    v2: (_name, signal) => (seen.push(signal), new Promise<string>(() => {})),
    timeoutMs: 100,
  });
  const answer = run('a', controller.signal);
  await clock.advance(100);
  expect(await answer).toBe('v1');
  expect(seen.map(({ aborted }) => aborted)).toEqual([true, false]);
  expect(seen[1]).toBe(controller.signal);
});

test('a write that may have happened is not repeated: its error is the caller’s', async () => {
  const { client, counts } = createCaller();
  const v1 = vi.fn(async () => 'v1');
  const run = safely('titles', { client, v1, v2: () => Promise.reject(boom), effect: 'write' });
  await expect(run()).rejects.toBe(boom);
  expect(v1).not.toHaveBeenCalled();
  const refused = safely('titles', { client, v1, v2: async () => '', effect: 'write', validate: () => 'empty' });
  await expect(refused()).rejects.toMatchObject({ code: 'write-uncertain' });
  expect(v1).not.toHaveBeenCalled();
  expect((await counts()).v2.failed.event).toBe(2);
});

test('a write that took too long is uncertain, and not repeated', async () => {
  const { client, clock } = createCaller();
  const v1 = vi.fn(async () => 'v1');
  const run = safely('titles', { client, v1, v2: () => new Promise<string>(() => {}), effect: 'write', timeoutMs: 50 });
  const outcome = run().catch((error: unknown) => error);
  await clock.advance(50);
  expect(await outcome).toMatchObject({ code: 'write-uncertain' });
  expect(v1).not.toHaveBeenCalled();
});

test('a write that surely did nothing is done by v1', async () => {
  const { client } = createCaller();
  const refusing = (error: unknown) =>
    safely('titles', {
      client,
      v1: async () => 'v1',
      v2: () => Promise.reject(error),
      effect: 'write',
      failedBeforeEffect: (one) => Object(one).code === 'ECONNREFUSED',
    });
  expect(await refusing(new NotApplied('nothing was written'))()).toBe('v1');
  expect(await refusing({ code: 'ECONNREFUSED' })()).toBe('v1');
  await expect(refusing(boom)()).rejects.toBe(boom);
});

test('a write with an idempotency key is repeated by v1, one with an empty key or a key that throws is not', async () => {
  const { client, faults } = createCaller();
  const save = (idempotencyKey: (id: string) => string) =>
    safely('titles', {
      client,
      v1: async (id: string) => `v1 ${id}`,
      v2: () => Promise.reject(boom),
      effect: 'write',
      idempotencyKey,
    });
  expect(await save((id) => id)('a')).toBe('v1 a');
  await expect(save(() => '')('a')).rejects.toBe(boom);
  await expect(
    save(() => {
      throw new Error('no key');
    })('a'),
  ).rejects.toBe(boom);
  expect(faults.map(({ operation }) => operation)).toEqual(['migrate effect']);
});

test('decides for the user of each call, and counts for that user', async () => {
  const { client, clock, sink } = createCaller({ percentage: 50 });
  const run = safely('titles', {
    client,
    v1: (user: string) => `v1 ${user}`,
    v2: (user) => `v2 ${user}`,
    context: (user) => ({ targetingKey: user }),
  });
  const answers = Array.from({ length: 200 }, (_, at) => run(`user-${at}`));
  const onV2 = answers.filter((answer) => answer.startsWith('v2')).length;
  expect(onV2).toBeGreaterThan(60);
  expect(onV2).toBeLessThan(140);
  expect(answers).toEqual(Array.from({ length: 200 }, (_, at) => run(`user-${at}`)));
  await clock.advance(1_000);
  const { length } = sink.observations.filter(({ kind, version }) => kind === 'attempt' && version === 'v2');
  expect(length).toBe(onV2);
});

test('v1 runs, uncounted, when the context cannot be had', () => {
  const { client, faults } = createCaller();
  const run = safely('titles', {
    client,
    v1: () => 'v1',
    v2: () => 'v2',
    context: () => {
      throw boom;
    },
  });
  expect(run()).toBe('v1');
  expect(faults).toEqual([{ operation: 'migrate context', error: boom }]);
});

test('ten thousand calls are told of in a handful of observations', async () => {
  const { client, clock, sink } = createCaller();
  const run = safely('titles', { client, v1: () => 'v1', v2: () => 'v2' });
  for (let at = 0; at < 10_000; at++) run();
  await clock.advance(1_000);
  expect(sink.counts('v2')).toMatchObject({ attempts: 10_000, exposures: 10_000, settled: 10_000 });
  expect(sink.observations.length).toBeLessThan(20);
});

test('a call that ends after its beginning was told of is counted all the same', async () => {
  const { client, clock, counts } = createCaller();
  let answer = (_: string) => {};
  const run = safely('titles', {
    client,
    v1: async () => 'v1',
    v2: () => new Promise<string>((resolve) => (answer = resolve)),
  });
  const promise = run();
  await clock.advance(5_000);
  answer('v2');
  expect(await promise).toBe('v2');
  expect((await counts()).v2).toMatchObject({ attempts: 1, settled: 1 });
});

test('a v1 that gives something like a promise gives it untouched', async () => {
  const { client } = createCaller(off);
  class Query extends Promise<number> {
    where = () => this;
  }
  const query = new Query((resolve) => resolve(1));
  expect(safely('titles', { client, v1: () => query, v2: () => query })()).toBe(query);
  // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
  const lazy = { then: vi.fn() };
  expect(safely('titles', { client, v1: () => lazy, v2: () => lazy })()).toBe(lazy);
  expect(lazy.then).not.toHaveBeenCalled();
});

test.each([
  [{ v1: 1 }, /v1 must be a function, found 1/],
  [{ v2: null }, /v2 must be a function, found null/],
  [{ client: {} }, /client must be from createSwitchback, found \{\}/],
  [{ timeoutMs: 0 }, /timeoutMs must be 1 to 600000, found 0/],
  [{ timeoutMs: Number.NaN }, /timeoutMs must be/],
  [{ effect: 'both' }, /effect must be "read" or "write", found "both"/],
  [{ validate: 'yes' }, /validate must be a function/],
  [{ idempotencyKey: () => '1' }, /idempotencyKey must be absent where effect is not "write"/],
])('refuses %o', (wrong, message) => {
  const { client } = createCaller();
  const options = { client, v1: () => 1, v2: () => 2, ...wrong } as never;
  expect(() => safely('titles', options)).toThrow(message);
});

test('an unknown feature is v1, and told of', () => {
  const { client, faults } = createCaller();
  expect(safely('nothing', { client, v1: () => 'v1', v2: () => 'v2' })()).toBe('v1');
  expect(String(faults[0]?.error)).toContain('unknown feature "nothing"');
});

test('what v1 carries besides being called is kept', () => {
  const { client } = createCaller(off);
  const v1 = Object.assign((id: number) => id, { preload: () => 'loaded', cached: 0 });
  const run = safely('titles', { client, v1, v2: (id) => id });
  v1.cached = 2;
  expect([run.preload(), run.cached]).toEqual(['loaded', 2]);
});

test('an asynchronous v1 rejects, and never throws, also where a write of v2 throws at once', async () => {
  const { client } = createCaller();
  const v2 = (): Promise<number> => {
    throw new Error('v2');
  };
  const run = safely('titles', { client, v1: async () => 1, v2, effect: 'write' });
  await expect(run()).rejects.toThrow('v2');
  const { api } = createMigration('titles', {
    client,
    v1: { save: async () => 1 },
    v2: { save: v2 },
    methods: { save: { effect: 'write' } },
  });
  await expect(api.save()).rejects.toThrow('v2');
});

test('a v2 that failed is not asked for further items where v1 may not follow', async () => {
  const { client } = createCaller();
  let asked = 0;
  const items = (): AsyncIterable<number> => ({
    [Symbol.asyncIterator]: () => ({
      next: () => (++asked === 2 ? Promise.reject(new Error('v2')) : Promise.resolve({ done: false, value: 1 })),
    }),
  });
  const iterator = safely('titles', { client, v1: items, v2: items, effect: 'write' })()[Symbol.asyncIterator]();
  await iterator.next();
  await expect(iterator.next()).rejects.toThrow('v2');
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect(asked).toBe(2);
});
