import { describe, expect, test } from 'vitest';
import type { Sink } from '../../../src/client/reporter/sink.js';
import type { Observation } from '../../../src/observe/observe.js';
import type { FakeClock } from '../../harness/fakeClock.js';
import { subjectOf } from './sinkHarness.js';

/** How the other end of a sink may fail. */
export type Trouble = 'throws' | 'rejects' | 'answers 503' | 'answers 400' | 'never answers';

/** A sink of the suite, with the test's time, page and other end. */
export interface SinkCase {
  readonly sink: Sink;
  readonly clock: FakeClock;
  /** Exposures that are at the other end now. */
  readonly exposures: () => number;
  /** Requests or the like that the other end saw, whatever became of them. */
  readonly contacts: () => number;
  /** What the host was told of. */
  readonly faults: readonly unknown[];
  /** The sink's listeners to the page. */
  readonly hides: ReadonlySet<() => void>;
  /** Makes the other end fail from now on, or work again. */
  readonly setTrouble: (trouble: Trouble | null) => void;
}

/** The troubles of a sink whose other end is a server. */
export const networkTroubles: readonly Trouble[] = ['throws', 'rejects', 'answers 503', 'answers 400', 'never answers'];

/** A fetch that fails as told, and tells what arrived. */
export function troubledFetch(receive: (url: string, text: string) => void) {
  const end = { contacts: 0, trouble: null as Trouble | null };
  const fetch: typeof globalThis.fetch = (url, init) => {
    end.contacts++;
    if (end.trouble === 'throws') throw new TypeError('no fetch');
    if (end.trouble === 'rejects') return Promise.reject(new TypeError('failed to fetch'));
    if (end.trouble === 'never answers') return new Promise(() => {});
    if (end.trouble) return Promise.resolve(new Response('<html>', { status: Number(end.trouble.slice(-3)) }));
    receive(String(url), String(init?.body));
    return Promise.resolve(new Response('{}'));
  };
  return { fetch, end };
}

const labels = {
  feature: 'panel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
} as const;
const failure = { phase: 'render', name: 'Error', message: 'broken' } as const;

type Unlabelled<One> = One extends unknown ? Omit<One, keyof typeof labels | 'atMs' | 'sampling' | 'times'> : never;
// One of each: the compiler asks for a new kind.
const ofEachKind: Readonly<{ [Kind in Observation['kind']]: Unlabelled<Extract<Observation, { kind: Kind }>> }> = {
  attempt: { kind: 'attempt' },
  exposure: { kind: 'exposure' },
  settled: { kind: 'settled' },
  failure: { kind: 'failure', failure },
  aborted: { kind: 'aborted' },
  suppressedByBreaker: { kind: 'suppressedByBreaker' },
  overridden: { kind: 'overridden' },
  slow: { kind: 'slow' },
  silent: { kind: 'silent' },
  timing: { kind: 'timing', name: 'commitMs', valueMs: 12 },
  sum: { kind: 'sum', name: 'heapMb', value: 40 },
  measure: { kind: 'measure', name: 'rows', measure: 'counter', unit: '1', value: 3 },
};

/** What every sink must do, whatever it reports to. */
export function describeSink(name: string, create: () => SinkCase, troubles: readonly Trouble[]): void {
  describe(`what every sink does: ${name}`, () => {
    const observe = ({ sink, clock }: SinkCase, more: object = { kind: 'exposure' }, user = 1) =>
      sink.observe({ ...labels, atMs: clock.now(), ...more } as Observation, subjectOf(user));
    /** Lets everything arrive that is going to. */
    const drain = async (of: SinkCase): Promise<void> => {
      await of.clock.advance(0);
      of.sink.flush?.();
      await of.clock.advance(30_000);
    };

    test('has a name', () => {
      expect(create().sink.name).toMatch(/^[a-z]{1,20}$/);
    });

    test('holds and does nothing before the first observation', async () => {
      const of = create();
      of.sink.flush?.();
      of.sink.close?.();
      await of.clock.advance(60_000);
      expect([of.clock.waiting(), of.hides.size, of.contacts(), of.faults.length]).toEqual([0, 0, 0, 0]);
    });

    test('brings what it is given, each once', async () => {
      const of = create();
      for (let count = 0; count < 120; count++) observe(of, { kind: 'exposure' }, count % 3);
      await drain(of);
      expect(of.exposures()).toBe(120);
      observe(of);
      await drain(of);
      await drain(of);
      expect(of.exposures()).toBe(121);
    });

    test.each(Object.entries(ofEachKind))('takes "%s"', async (_, observation) => {
      const of = create();
      const frozen = Object.freeze({ ...labels, ...observation, atMs: of.clock.now() });
      expect(of.sink.observe(frozen, subjectOf(1))).toBeUndefined();
      await drain(of);
      expect([of.contacts() > 0, of.faults]).toEqual([true, []]);
    });

    test.each([
      ['a kind of a later version', { kind: 'teleported' }],
      ['names of every object', { kind: 'exposure', feature: '__proto__', stage: 'constructor' }],
      ['a measure called as a key of every object', { ...ofEachKind.measure, name: 'constructor' }],
      ['half a character', { kind: 'exposure', feature: '\ud800' }],
      ['a message of a megabyte', { kind: 'failure', failure: { ...failure, message: 'x'.repeat(2 ** 20) } }],
      ['a time that is none', { kind: 'exposure', atMs: Number.NaN }],
      ['a duration that is none', { ...ofEachKind.timing, valueMs: Number.NaN }],
    ])('lives through %s, and brings what follows', async (_, hostile) => {
      const of = create();
      expect(() => observe(of, hostile)).not.toThrow();
      observe(of, { kind: 'exposure', feature: 'other' });
      await drain(of);
      expect(of.exposures()).toBeGreaterThanOrEqual(1);
    });

    test('lets go of everything when it is closed, and can be used again', async () => {
      const of = create();
      observe(of);
      await of.clock.advance(0);
      of.sink.close?.();
      await of.clock.advance(0);
      expect([of.exposures(), of.clock.waiting(), of.hides.size]).toEqual([1, 0, 0]);
      observe(of);
      await drain(of);
      expect(of.exposures()).toBe(2);
    });

    test('sends when the page is hidden', async () => {
      const of = create();
      observe(of);
      await of.clock.advance(0);
      for (const hide of of.hides) hide();
      await of.clock.advance(0);
      expect(of.exposures()).toBe(1);
    });

    test('shares nothing with another one', async () => {
      const [one, other] = [create(), create()];
      observe(one);
      await drain(one);
      await drain(other);
      expect([one.exposures(), other.exposures()]).toEqual([1, 0]);
    });

    test.each(troubles)('lives through another end that %s, tells of it and recovers', async (trouble) => {
      const of = create();
      of.setTrouble(trouble);
      for (let minute = 0; minute < 5; minute++) {
        expect(() => observe(of)).not.toThrow();
        await of.clock.advance(60_000);
      }
      expect(of.faults.length).toBeGreaterThan(0);
      expect(of.faults.length).toBeLessThanOrEqual(5);
      for (const hide of of.hides) expect(hide).not.toThrow();
      expect(() => of.sink.flush?.()).not.toThrow();
      await of.clock.advance(0);
      of.setTrouble(null);
      const before = of.exposures();
      observe(of);
      for (let minute = 0; minute < 15; minute++) {
        await of.clock.advance(60_000);
        of.sink.flush?.();
      }
      await drain(of);
      expect(of.exposures()).toBeGreaterThan(before);
      of.sink.close?.();
      await of.clock.advance(20_000);
      expect([of.clock.waiting(), of.hides.size]).toEqual([0, 0]);
    });

    test.skipIf(troubles.length === 0)('takes 20,000 observations while nobody listens, and stays small', async () => {
      const of = create();
      of.setTrouble('rejects');
      observe(of);
      await of.clock.advance(0);
      for (let count = 0; count < 20_000; count++) observe(of, { kind: 'failure', failure }, count % 3);
      await of.clock.advance(60_000);
      expect(of.contacts()).toBeLessThan(100);
    });
  });
}
