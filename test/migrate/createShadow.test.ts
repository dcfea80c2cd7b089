import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createShadow, type Mismatch } from '../../src/migrate/index.js';
import { createCaller, off } from './callers.js';

const boom = new Error('broke');
const fails =
  (error: unknown = boom) =>
  (): never => {
    throw error;
  };

/** Lets v2 begin and end. */
async function settle({ clock }: ReturnType<typeof createCaller>, shadow: { idle(): Promise<void> }): Promise<void> {
  await clock.advance(0);
  await shadow.idle();
}

test('v1 answers at once: v2 has not begun, and what it does changes nothing', async () => {
  const caller = createCaller();
  const v2 = vi.fn(() => 2);
  const mismatches: Mismatch[] = [];
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: () => 1,
    v2,
    onMismatch: (one) => mismatches.push(one),
  });
  expect(shadow.call()).toBe(1);
  expect(v2).not.toHaveBeenCalled();
  await settle(caller, shadow);
  expect(v2).toHaveBeenCalledTimes(1);
  expect(shadow.getMetrics()).toMatchObject({ compared: 1, mismatched: 1 });
  expect(mismatches).toMatchObject([
    { feature: 'titles', kind: 'answer', differences: [{ path: '', v1: 'number', v2: 'number' }] },
  ]);
  expect(shadow.getMismatchRate()).toMatchObject({ value: 1, sampleSize: 1 });
});

test('is only run where v2 is decided, and for the sampled share', async () => {
  const caller = createCaller(off);
  const v2 = vi.fn(() => 1);
  const draws = [0.05, 0.5, 0.09, 0.1];
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: () => 1,
    v2,
    sampling: 0.1,
    random: () => draws.shift() ?? 1,
  });
  shadow.call();
  caller.publish({});
  for (let at = 0; at < 4; at++) shadow.call();
  await settle(caller, shadow);
  expect(v2).toHaveBeenCalledTimes(2);
  expect(shadow.getMetrics()).toMatchObject({ compared: 2, matched: 2 });
});

test("the caller has v1's promise as soon as it settles, while v2 hangs; its time is limited and its signal aborted", async () => {
  const caller = createCaller();
  let signalOfV2: AbortSignal | undefined;
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: async (_: { signal: AbortSignal }) => 'v1',
    v2: ({ signal }) => {
      signalOfV2 = signal;
      return new Promise<string>(() => {});
    },
    timeoutMs: 1_000,
  });
  const { signal } = new AbortController();
  expect(await shadow.call({ signal })).toBe('v1');
  await caller.clock.advance(1_000);
  await shadow.idle();
  expect(shadow.getMetrics()).toMatchObject({ compared: 0, timedOut: 1 });
  expect([signalOfV2?.aborted, signal.aborted]).toEqual([true, false]);
  expect((await caller.counts()).v2.failed.event).toBe(1);
});

test("v1's error is the caller's; errors are compared by name and message, and one alone is a mismatch", async () => {
  const caller = createCaller();
  const mismatches: Mismatch[] = [];
  const common = { client: caller.client, onMismatch: (one: Mismatch) => mismatches.push(one) };
  const both = createShadow('titles', { ...common, v1: fails(), v2: fails(new Error('broke')) });
  expect(both.call).toThrow(boom);
  await settle(caller, both);
  expect(mismatches).toEqual([]);
  const other = createShadow('titles', { ...common, v1: fails(), v2: fails(new TypeError('broke')) });
  expect(other.call).toThrow(boom);
  await settle(caller, other);
  const v1Alone = createShadow('titles', {
    ...common,
    v1: (): Promise<number> => Promise.reject(boom),
    v2: async () => 1,
  });
  await expect(v1Alone.call()).rejects.toBe(boom);
  await settle(caller, v1Alone);
  const v2Alone = createShadow('titles', { ...common, v1: (): number => 1, v2: fails(null) });
  expect(v2Alone.call()).toBe(1);
  await settle(caller, v2Alone);
  expect(mismatches.map(({ kind }) => kind)).toEqual(['error', 'v1-failed', 'v2-failed']);
  expect(mismatches[0]?.differences).toEqual([{ path: '', v1: 'Error', v2: 'TypeError' }]);
});

test('no more than so many run at once; the others are v1 alone', async () => {
  const caller = createCaller();
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: () => 1,
    v2: () => new Promise<number>(() => {}) as never,
    maxConcurrent: 2,
    timeoutMs: 100,
  });
  for (let at = 0; at < 5; at++) shadow.call();
  expect(shadow.getMetrics().skipped).toBe(3);
  await caller.clock.advance(1_000);
  await shadow.idle();
  expect(caller.clock.waiting()).toBe(0);
});

test('differences tell kinds and sizes alone, unless they were cleaned', async () => {
  const caller = createCaller();
  const mismatches: Mismatch[] = [];
  const versions = {
    client: caller.client,
    v1: () => ({ name: 'Ada Lovelace', items: [1, 2], at: new Date(0) }),
    v2: () => ({ name: 'Ada Byron', items: [1], at: new Date(1) }),
    onMismatch: (one: Mismatch) => void mismatches.push(one),
  };
  const plain = createShadow('titles', versions);
  plain.call();
  await settle(caller, plain);
  expect(mismatches[0]?.differences).toEqual([
    { path: 'name', v1: 'string of 12', v2: 'string of 9' },
    { path: 'items.1', v1: 'number', v2: 'absent' },
    { path: 'at.time', v1: 'number', v2: 'number' },
  ]);
  expect(JSON.stringify(mismatches)).not.toContain('Ada');
  const cleaned = createShadow('titles', { ...versions, clean: ({ items }) => items });
  cleaned.call();
  await settle(caller, cleaned);
  expect(mismatches[1]?.differences).toEqual([{ path: '1', v1: '2', v2: 'Symbol(absent)' }]);
});

test('what is known to differ is ignored, and counted as that', async () => {
  const caller = createCaller();
  const onMismatch = vi.fn();
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: (id: number) => id,
    v2: (id) => id + 1,
    ignore: (_one, _other, id) => id === 7,
    onMismatch,
  });
  shadow.call(7);
  shadow.call(8);
  await settle(caller, shadow);
  expect(shadow.getMetrics()).toMatchObject({ compared: 2, ignored: 1, mismatched: 1 });
  expect(onMismatch).toHaveBeenCalledTimes(1);
});

test.each(['compare', 'ignore', 'clean', 'onMismatch', 'copyArgs', 'context'] as const)(
  'a %s that throws reaches nobody but onInternalFault',
  async (name) => {
    const caller = createCaller();
    const shadow = createShadow('titles', {
      client: caller.client,
      v1: () => 1 as number,
      v2: () => 2,
      [name]: fails(),
    });
    expect(shadow.call()).toBe(1);
    await settle(caller, shadow);
    expect(shadow.getMetrics().faulted).toBe(1);
    expect(caller.faults.map(({ error }) => error)).toEqual([boom]);
  },
);

test('in random order v2 begins first in half of the calls', async () => {
  const caller = createCaller();
  const began: string[] = [];
  const draws = [0.4, 0.6];
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: async () => void began.push('v1'),
    v2: async () => void began.push('v2'),
    order: 'random',
    random: () => draws.shift() ?? 0,
  });
  await shadow.call();
  await settle(caller, shadow);
  expect(began).toEqual(['v2', 'v1']);
  await shadow.call();
  await settle(caller, shadow);
  expect(began).toEqual(['v2', 'v1', 'v1', 'v2']);
});

test('arguments that are changed after the call can be copied for v2', async () => {
  const caller = createCaller();
  const seen: number[] = [];
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: (list: number[]) => list.push(2),
    v2: (list) => seen.push(list.length),
    copyArgs: ([list]): [number[]] => [[...list]],
  });
  const list = [1];
  shadow.call(list);
  list.push(3);
  await caller.clock.advance(0);
  await shadow.idle();
  expect(seen).toEqual([1]);
});

test('what is only read later stays v1’s, and is not compared', async () => {
  const caller = createCaller();
  async function* items(): AsyncGenerator<number> {
    yield 1;
  }
  const shadow = createShadow('titles', { client: caller.client, v1: items, v2: items });
  expect((await shadow.call().next()).value).toBe(1);
  await settle(caller, shadow);
  expect(shadow.getMetrics()).toMatchObject({ compared: 0, faulted: 1 });
});

test('whatever both versions do, the caller has what v1 alone would have given', async () => {
  const value = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.constant(null));
  const fate = fc.record({ throws: fc.boolean(), isAsync: fc.boolean(), value });
  await fc.assert(
    fc.asyncProperty(fate, fate, async (one, other) => {
      const caller = createCaller();
      const run =
        ({ throws, isAsync, value: given }: typeof one) =>
        () => {
          if (!throws) return isAsync ? Promise.resolve(given) : given;
          if (isAsync) return Promise.reject(given);
          throw given;
        };
      const shadow = createShadow('titles', { client: caller.client, v1: run(one), v2: run(other) });
      const outcome = async (call: () => unknown) => {
        try {
          return { value: await call() };
        } catch (error) {
          return { error };
        }
      };
      expect(await outcome(shadow.call)).toEqual(await outcome(run(one)));
      await settle(caller, shadow);
      expect(shadow.getMetrics().compared).toBe(1);
      expect(caller.faults).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test.each([
  [{ sampling: 1.1 }, /sampling must be 0 to 1, found 1.1/],
  [{ maxConcurrent: 0 }, /maxConcurrent must be 1 to 1000, found 0/],
  [{ order: 'v2First' }, /order must be "v1First" or "random", found "v2First"/],
  [{ effect: 'write' }, /writesApart must be true where effect is "write"/],
  [{ compare: true }, /compare must be a function, found true/],
])('refuses %o', (wrong, message) => {
  const { client } = createCaller();
  expect(() => createShadow('titles', { client, v1: () => 1, v2: () => 2, ...wrong } as never)).toThrow(message);
});

test('the caller goes on before the answers are compared, also where v2 was the faster one', async () => {
  const caller = createCaller();
  const order: string[] = [];
  let answer = (_: number): void => {};
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: () => new Promise<number>((resolve) => (answer = resolve)),
    v2: async () => 1,
    compare() {
      order.push('compared');
      return true;
    },
  });
  // Through as many hands as an app has.
  const pass = async (answer: Promise<number>): Promise<number> => await answer;
  let passed = shadow.call();
  for (let hand = 0; hand < 20; hand++) passed = pass(passed);
  const going = passed.then(() => order.push('went on'));
  await caller.clock.advance(0);
  answer(1);
  await going;
  await settle(caller, shadow);
  expect(order).toEqual(['went on', 'compared']);
});

test('a v1 that never ends is not waited for for ever', async () => {
  const caller = createCaller();
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: () => new Promise<number>(() => {}),
    v2: async () => 1,
    timeoutMs: 100,
    maxConcurrent: 1,
  });
  void shadow.call();
  await caller.clock.advance(300);
  await shadow.idle();
  void shadow.call();
  expect(shadow.getMetrics()).toMatchObject({ compared: 0, skipped: 0 });
});

test('a call that its caller ended is not compared', async () => {
  const caller = createCaller();
  const until = (signal: AbortSignal, message: string) =>
    new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(new Error(message))));
  const shadow = createShadow('titles', {
    client: caller.client,
    v1: (signal: AbortSignal) => until(signal, 'v1 heard'),
    v2: (signal) => until(signal, 'v2 heard'),
  });
  const controller = new AbortController();
  const answer = shadow.call(controller.signal);
  await caller.clock.advance(0);
  controller.abort();
  await expect(answer).rejects.toThrow('v1 heard');
  await settle(caller, shadow);
  expect(shadow.getMetrics()).toMatchObject({ compared: 0, mismatched: 0 });
});

test('what v2 does in a shadow is no arm of the experiment: its users saw v1', async () => {
  const caller = createCaller({ percentage: 50 }, { context: { targetingKey: 'user-4' } });
  const shadow = createShadow('titles', { client: caller.client, v1: () => 1, v2: () => 1 });
  expect(caller.client.getDecision('titles')).toMatchObject({ version: 'v2', reason: 'SPLIT' });
  shadow.call();
  await settle(caller, shadow);
  const ofV2 = caller.sink.observations.filter(({ version }) => version === 'v2');
  expect(ofV2.length).toBeGreaterThan(0);
  expect(new Set(ofV2.map(({ arm }) => arm))).toEqual(new Set(['none']));
});

test('a v2 that fails in a shadow opens no breaker: nobody saw it', async () => {
  const caller = createCaller();
  const v2 = vi.fn(fails());
  const shadow = createShadow('titles', { client: caller.client, v1: () => 1, v2 });
  for (let at = 0; at < 10; at++) {
    expect(shadow.call()).toBe(1);
    await settle(caller, shadow);
  }
  expect(v2).toHaveBeenCalledTimes(10);
  expect([caller.fallbacks, caller.client.getDecision('titles').version]).toEqual([[], 'v2']);
});

test('`this`, name and length of what stands for v1 are those of v1', async () => {
  const caller = createCaller();
  class Store {
    name = 'store';
    read(this: Store, id: number): string {
      return `${this.name} ${id}`;
    }
  }
  const store = new Store();
  const seen: string[] = [];
  const { call, idle } = createShadow('titles', {
    client: caller.client,
    v1: Store.prototype.read,
    v2(id) {
      seen.push(`v2 ${this.name} ${id}`);
      return `${this.name} ${id}`;
    },
  });
  expect(call.call(store, 7)).toBe('store 7');
  await settle(caller, { idle });
  expect([seen, call.name, call.length]).toEqual([['v2 store 7'], 'read', 1]);
});

test('what counts as the same error may be said', async () => {
  const caller = createCaller();
  const compareErrors = vi.fn((one: unknown, other: unknown) => Object(one).code === Object(other).code);
  const coded = (code: number, message: string) => Object.assign(new Error(message), { code });
  const shadow = (code: number) =>
    createShadow('titles', {
      client: caller.client,
      v1: fails(coded(1, 'not found')),
      v2: fails(coded(code, 'no such record')),
      compareErrors,
    });
  for (const [code, mismatched] of [
    [1, 0],
    [2, 1],
  ] as const) {
    const one = shadow(code);
    expect(one.call).toThrow('not found');
    await settle(caller, one);
    expect(one.getMetrics()).toMatchObject({ compared: 1, mismatched });
  }
  expect(compareErrors).toHaveBeenCalledTimes(2);
});

test('a v2 that writes to a store of its own may be shadowed; each version runs once', async () => {
  const caller = createCaller();
  const [v1, v2] = [vi.fn(async (text: string) => text.length), vi.fn(async (text: string) => text.length)];
  const shadow = createShadow('titles', { client: caller.client, v1, v2, effect: 'write', writesApart: true });
  expect(await shadow.call('abc')).toBe(3);
  await settle(caller, shadow);
  expect([v1.mock.calls, v2.mock.calls]).toEqual([[['abc']], [['abc']]]);
});
