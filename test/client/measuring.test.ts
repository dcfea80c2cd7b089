import { describe, expect, test, vi } from 'vitest';
import { createFaults } from '../../src/client/faults.js';
import { createMeasuring, type MeasuringOptions } from '../../src/client/measuring.js';
import type { Emit } from '../../src/client/episode.js';
import { createMeter } from '../../src/client/meter.js';
import type { Observation } from '../../src/observe/observe.js';
import { createFakeClock } from '../harness/fakeClock.js';

function createCase(options: Partial<MeasuringOptions> = {}) {
  const clock = createFakeClock();
  const faults: string[] = [];
  const observed: Parameters<Emit>[0][] = [];
  const found: Observation[] = [];
  const measuring = createMeasuring({
    clock,
    faults: createFaults((operation, error) => void faults.push(`${operation}: ${(error as Error).message}`)),
    observe: (observation) => void found.push(observation),
    features: { panel: { silentMs: 8_000 } },
    settleMs: 2_000,
    hostOf: () => {
      throw new Error('nothing here is decided');
    },
    ...options,
  });
  const emit: Emit = (one) => void observed.push(one);
  /** What became of everything so far. */
  const done = () => clock.advance(0);
  const time = <T>(name: string, work: T | (() => T)): T => measuring.time('panel', name, work, emit);
  return { measuring, emit, time, observed, found, faults, clock, done };
}

describe('a measure', () => {
  test('is a histogram of ms where nothing else is said', async () => {
    const { measuring, emit, observed, faults, done } = createCase();
    measuring.measure('panel', 'searchMs', 12, undefined, emit);
    measuring.measure('panel', 'payload', 2_048, 'By', emit);
    measuring.measure('panel', 'clicks', 3, { kind: 'counter' }, emit);
    measuring.measure('panel', 'cart.size', -2, { kind: 'gauge', unit: '{item}' }, emit);
    measuring.measure('panel', 'constructor', 0, undefined, emit);
    await done();
    expect(observed).toEqual([
      { kind: 'measure', name: 'searchMs', measure: 'histogram', unit: 'ms', value: 12 },
      { kind: 'measure', name: 'payload', measure: 'histogram', unit: 'By', value: 2_048 },
      { kind: 'measure', name: 'clicks', measure: 'counter', unit: '1', value: 3 },
      { kind: 'measure', name: 'cart.size', measure: 'gauge', unit: '{item}', value: -2 },
      { kind: 'measure', name: 'constructor', measure: 'histogram', unit: 'ms', value: 0 },
    ]);
    expect(faults).toEqual([]);
  });

  const proxy = new Proxy(
    {},
    {
      get: () => {
        throw new Error('touched');
      },
    },
  );
  test.each([
    ['NaN', Number.NaN],
    ['a negative value', -1],
    ['an infinite value', Number.POSITIVE_INFINITY],
    ['a huge value', 1e16],
    ['a BigInt', 5n],
    ['text', '5'],
    ['an object', { valueOf: () => 5 }],
    ['an object that throws', proxy],
    ['nothing', undefined],
    ['null', null],
  ])('of %s is left out, and development is told', async (_, value) => {
    const { measuring, emit, observed, faults, done } = createCase();
    measuring.measure('panel', 'searchMs', value as number, undefined, emit);
    measuring.measure('panel', 'cartSize', value === -1 ? -1e16 : (value as number), { kind: 'gauge' }, emit);
    await done();
    expect(observed).toEqual([]);
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(
      /^measure: \[switchback\] measure "searchMs" must be a number from 0 to 1000000000000000, found /,
    );
  });

  test.each([
    ['a name that is no text', 7, 1, undefined, 'a measure must be named by a letter'],
    ['an empty name', '', 1, undefined, 'a measure must be named by a letter'],
    ['__proto__', '__proto__', 1, undefined, 'a measure must be named by a letter'],
    ['a long name', 'x'.repeat(65), 1, undefined, 'a measure must be named by a letter'],
    ['an unknown kind', 'm', 1, { kind: 'meter' }, 'must be a counter, gauge or histogram, found "meter"'],
    ['a unit with a space', 'm', 1, 'a b', 'must be in a unit such as'],
    ['a long unit', 'm', 1, { unit: 'x'.repeat(17) }, 'must be in a unit such as'],
    ['a unit that is no text', 'm', 1, { unit: 7 }, 'must be in a unit such as'],
    ['options that throw', 'm', 1, proxy, 'touched'],
  ])('with %s is left out, and development is told', async (_, name, value, given, problem) => {
    const { measuring, emit, observed, faults, done } = createCase();
    measuring.measure('panel', name as string, value, given as string, emit);
    await done();
    expect(observed).toEqual([]);
    expect(faults).toEqual([expect.stringContaining(problem)]);
  });

  test('has ten names in a feature, each of one kind and unit', async () => {
    const { measuring, emit, observed, faults, done } = createCase();
    for (let at = 0; at < 12; at++) measuring.measure('panel', `m${at}`, 1, undefined, emit);
    measuring.measure('list', 'm11', 1, undefined, emit);
    measuring.measure('panel', 'm0', 1, 'By', emit);
    measuring.measure('panel', 'm0', 1, { kind: 'counter', unit: 'ms' }, emit);
    measuring.measure('panel', 'm0', 2, undefined, emit);
    await done();
    expect(observed.map((one) => (one.kind === 'measure' ? one.name : ''))).toEqual([
      ...Array.from({ length: 10 }, (_, at) => `m${at}`),
      'm11',
      'm0',
    ]);
    expect(faults).toHaveLength(4);
    expect(faults[2]).toContain('measure "m0" must be a histogram in ms as before, found "histogram in By"');
  });
});

describe('time', () => {
  test('measures what a promise takes, whatever becomes of it', async () => {
    const { time, observed, done } = createCase();
    const boom = new Error('boom');
    expect(await time('okMs', Promise.resolve(7))).toBe(7);
    expect(await time('okMs', async () => 8)).toBe(8);
    expect(time('syncMs', () => 9)).toBe(9);
    await expect(time('badMs', Promise.reject(boom))).rejects.toBe(boom);
    const fail = () => {
      throw boom;
    };
    expect(() => time('neverMs', fail)).toThrow(boom);
    await done();
    expect(observed).toMatchObject(
      ['okMs', 'okMs', 'syncMs', 'badMs'].map((name) => ({ name, measure: 'histogram', unit: 'ms' })),
    );
    for (const one of observed) expect(one).toMatchObject({ value: expect.any(Number) });
  });

  test('takes as long as the work', async () => {
    const { time, observed, done } = createCase();
    await time('waitMs', () => new Promise((resolve) => setTimeout(resolve, 40)));
    await done();
    const [one] = observed;
    expect(one?.kind === 'measure' && one.value >= 39 && one.value < 10_000).toBe(true);
  });

  test('leaves a rejection to whoever awaits it', async () => {
    const { time } = createCase();
    const rejections: unknown[] = [];
    const listener = (reason: unknown) => void rejections.push(reason);
    process.on('unhandledRejection', listener);
    void time('lostMs', async () => {
      throw 'nobody awaits this';
    });
    await time('caughtMs', Promise.reject(new Error('caught'))).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', listener);
    expect(rejections).toEqual(['nobody awaits this']);
  });
});

describe('a request', () => {
  test.each([
    ['an answer', 200, undefined, ['fetchMs', 0]],
    ['an answer of its caller’s fault', 404, undefined, ['fetchMs', 0]],
    ['an error of the server', 503, undefined, ['fetchMs', 1]],
    ['no answer', 0, undefined, [1]],
    ['no answer to one that goes on', 0, new AbortController().signal, [1]],
    ['one that its caller gave up', 0, AbortSignal.abort('gone'), []],
    ['one whose time was over', 0, AbortSignal.abort(new DOMException('late', 'TimeoutError')), [1]],
    ['an answer that came before its caller gave up', 200, AbortSignal.abort(), ['fetchMs', 0]],
  ] as const)('with %s counts as such', async (_, status, signal, expected) => {
    const { measuring, observed, emit, done } = createCase();
    await measuring.time(
      'panel',
      '',
      async () => {},
      emit,
      (ms, of) => (meter) => meter.fetched(of, ms, status, signal),
    );
    await done();
    expect(observed.map((one) => (one.kind === 'sum' ? one.value : 'name' in one && one.name))).toEqual(expected);
  });
});

describe('the code that measures', () => {
  test('is fetched with the first use, and what waits for it is bounded', async () => {
    let arrive: (chunk: { createMeter: typeof createMeter }) => void = () => {};
    const load = vi.fn(() => new Promise<{ createMeter: typeof createMeter }>((resolve) => (arrive = resolve)));
    const { measuring, emit, observed, done } = createCase({ load });
    expect(load).not.toHaveBeenCalled();
    for (let at = 0; at < 1_000; at++) measuring.measure('panel', 'searchMs', at, undefined, emit);
    expect(load).toHaveBeenCalledTimes(1);
    arrive({ createMeter });
    await done();
    expect(observed).toHaveLength(500);
    measuring.measure('panel', 'searchMs', 1_000, undefined, emit);
    expect(observed).toHaveLength(501);
  });

  test('that cannot be had leaves the host’s work as it is', async () => {
    const load = vi.fn(() => Promise.reject(new Error('404')));
    const { time, faults, clock } = createCase({ load });
    expect(await time('okMs', async () => 7)).toBe(7);
    await clock.advance(120_000);
    expect(load).toHaveBeenCalledTimes(4);
    expect(faults).toEqual(['measure: 404']);
    expect(clock.waiting()).toBe(0);
  });

  test('is not asked for any more once the client is closed', async () => {
    const load = vi.fn(() => Promise.reject(new Error('404')));
    const { measuring, emit, clock } = createCase({ load });
    measuring.measure('panel', 'searchMs', 1, undefined, emit);
    await clock.advance(0);
    measuring.close();
    await clock.advance(120_000);
    expect(load).toHaveBeenCalledTimes(1);
    expect(clock.waiting()).toBe(0);
  });

  test('finds slow and silent users on the way', async () => {
    const { measuring, found, clock, done } = createCase();
    const saw = (more: object) =>
      measuring.saw(
        {
          feature: 'panel',
          version: 'v1',
          arm: 'v1',
          reason: 'SPLIT',
          epoch: 7,
          revision: 1,
          stage: 's1',
          atMs: clock.now(),
          ...more,
        } as Observation,
        'a'.repeat(24),
      );
    const labels = { feature: 'panel', version: 'v1', arm: 'v1', reason: 'SPLIT', epoch: 7, revision: 1, stage: 's1' };
    const exposedAtMs = clock.now();
    saw({ kind: 'exposure' });
    saw({ kind: 'timing', name: 'commitMs', valueMs: 1_500 });
    clock.jump(10_500);
    saw({ kind: 'settled' });
    await done();
    expect(found).toEqual([
      { ...labels, kind: 'slow', atMs: exposedAtMs },
      { ...labels, kind: 'silent', atMs: exposedAtMs },
    ]);
  });
});
