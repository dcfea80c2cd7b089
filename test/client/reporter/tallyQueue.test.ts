import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxBatchBytes, writeBatch, type Dropped } from '../../../src/client/reporter/batch.js';
import { createTallyQueue, type TallyQueue } from '../../../src/client/reporter/tallyQueue.js';
import type { Observation } from '../../../src/observe/observe.js';

const labels = { version: 'v2', arm: 'v2', reason: 'SPLIT', epoch: 1, revision: 1, stage: null } as const;
const failure = { phase: 'render', name: 'Error', message: '' } as const;
const observationOf = (more: object): Observation =>
  ({ ...labels, feature: 'panel', kind: 'exposure', atMs: 0, failure, ...more }) as Observation;
/** The last 8 digits decide about the sample: 0 is in every one, 0.5 in those above a half. */
const subjectAt = (place: number) =>
  `${'a'.repeat(16)}${Math.floor(place * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;
const totalOf = ({ queueFull, expired, storage }: Dropped) => queueFull + expired + storage;
const takeAll = (queue: TallyQueue) => queue.take(10 ** 9, 0);

test('brings or counts every observation, whatever comes, and stays in its bounds', () => {
  const observation = fc.record({
    kind: fc.constantFrom('attempt', 'exposure', 'settled', 'failure', 'suppressedByBreaker', 'timing', 'slow'),
    feature: fc.nat(40).map((at) => `feature${at}`),
    atMs: fc.nat(9).map((at) => at * 10_000),
    times: fc.constantFrom(1, 1, 1, 30, 6_000),
    user: fc.nat(3),
  });
  const step = fc.oneof(
    { weight: 30, arbitrary: observation },
    { weight: 1, arbitrary: fc.record({ takeBytes: fc.integer({ min: 1_000, max: maxBatchBytes }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 300, maxLength: 900 }), (steps) => {
      const queue = createTallyQueue(0, () => {});
      let given = 0;
      let brought = 0;
      const bring = (taken: ReturnType<TallyQueue['take']>) => {
        if (!taken) return;
        const envelope = { senderId: 'f'.repeat(32), seq: 1, sentAtMs: 0, build: undefined, final: false };
        const { text, observations, dropped } = writeBatch(taken.tallies, { ...envelope, dropped: taken.dropped });
        brought += observations + totalOf(dropped);
        return text;
      };
      for (const one of steps) {
        if ('takeBytes' in one) {
          const text = bring(queue.take(one.takeBytes, 1));
          if (text) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBatchBytes);
        } else {
          given += one.times;
          queue.add(observationOf({ ...one, name: 'commitMs', valueMs: 7 }), subjectAt(one.user / 10));
        }
        expect(queue.bytes()).toBeLessThan(80 * 1_024);
      }
      for (let left = 0; left < 900; left++) bring(queue.take(maxBatchBytes, 0));
      expect(brought).toBe(given);
    }),
    { numRuns: 30 },
  );
});

test('critical ones come first, whenever they happened', () => {
  const queue = createTallyQueue(0, () => {});
  queue.add(observationOf({ kind: 'timing', name: 'commitMs', valueMs: 1, feature: 'first' }), subjectAt(0));
  queue.add(observationOf({ kind: 'failure', feature: 'second' }), subjectAt(0));
  queue.add(observationOf({ kind: 'suppressedByBreaker', feature: 'third' }), subjectAt(0));
  expect(takeAll(queue)?.tallies.map(({ tally }) => tally.feature)).toEqual(['second', 'third', 'first']);
});

test('drops the oldest that is not critical, and critical ones only for critical ones', () => {
  const queue = createTallyQueue(0, () => {});
  queue.add(observationOf({ kind: 'failure', feature: 'critical' }), subjectAt(0));
  for (let at = 0; at < 600; at++) queue.add(observationOf({ kind: 'attempt', feature: `feature${at}` }), subjectAt(0));
  const features = () => takeAll(queue)?.tallies.map(({ tally }) => tally.feature) ?? [];
  const taken = queue.take(10 ** 9, 0)!;
  const names = taken.tallies.map(({ tally }) => tally.feature);
  expect([names[0], names.at(-1)]).toEqual(['critical', 'feature599']);
  expect(names).not.toContain('feature0');
  expect(taken.dropped.queueFull).toBe(601 - names.length);

  for (let at = 0; at < 600; at++) queue.add(observationOf({ kind: 'failure', feature: `failed${at}` }), subjectAt(0));
  queue.add(observationOf({ kind: 'attempt', feature: 'late' }), subjectAt(0));
  const failed = features();
  expect([failed[0] !== 'failed0', failed.at(-1)]).toEqual([true, 'failed599']);
});

test('asks for room before it drops anything', () => {
  let asked = 0;
  const aside: unknown[] = [];
  const queue: TallyQueue = createTallyQueue(0, () => {
    asked++;
    aside.push(...(queue.take(16 * 1_024, 1)?.tallies ?? []));
  });
  for (let at = 0; at < 600; at++) queue.add(observationOf({ kind: 'attempt', feature: `feature${at}` }), subjectAt(0));
  const taken = takeAll(queue)!;
  expect(asked).toBeGreaterThan(1);
  expect([taken.tallies.length + aside.length, totalOf(taken.dropped)]).toEqual([600, 0]);
});

test('a unit that was dropped counts with the next exposure', () => {
  const queue = createTallyQueue(0, () => {});
  const see = (more: object = {}) => queue.add(observationOf({ feature: 'seen', ...more }), subjectAt(0));
  see();
  for (let at = 0; at < 600; at++) queue.add(observationOf({ kind: 'failure', feature: `failed${at}` }), subjectAt(0));
  expect(takeAll(queue)?.tallies.some(({ tally }) => tally.feature === 'seen')).toBe(false);
  see();
  see({ atMs: 10_000 });
  expect(takeAll(queue)?.tallies.map(({ units }) => units)).toEqual([1, 0]);
});

test('no count of one bucket is higher than the service takes', () => {
  const queue = createTallyQueue(0, () => {});
  for (let count = 0; count < 25_000; count++) queue.add(observationOf({ kind: 'failure' }), subjectAt(0));
  const counts: number[] = [];
  for (let taken = queue.take(maxBatchBytes, 1); taken; taken = queue.take(maxBatchBytes, 1))
    counts.push(...taken.tallies.map(({ tally }) => tally.counts.failed.render));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(25_000);
  expect(Math.max(...counts)).toBeLessThanOrEqual(10_000);
});

test('sampling takes values alone: counts, failures, the breaker and units are whole for a user who is out', () => {
  const queue = createTallyQueue(0, () => {});
  const kinds = ['attempt', 'exposure', 'settled', 'aborted', 'failure', 'suppressedByBreaker', 'slow'];
  const values = ['timing', 'measure', 'sum'];
  const more = { name: 'commitMs', valueMs: 5, measure: 'counter', unit: '1', value: 1, sampling: 0.1 };
  for (const kind of [...kinds, ...values]) queue.add(observationOf({ kind, ...more }), subjectAt(0.5));
  const { tallies, dropped } = takeAll(queue)!;
  expect(tallies).toHaveLength(1);
  expect(tallies[0]).toMatchObject({
    sampling: 1,
    units: 0b0111,
    tally: {
      counts: { attempts: 1, exposures: 1, settled: 1, aborted: 1, failed: { render: 1 }, suppressedByBreaker: 1 },
      histograms: {},
      measures: {},
      sums: {},
    },
  });
  expect(totalOf(dropped), 'what is sampled out is not lost').toBe(0);
});

test('the values of a user in the sample say by what share, in a bucket beside that of the counts', () => {
  const queue = createTallyQueue(0, () => {});
  for (const kind of ['attempt', 'exposure', 'timing', 'failure'])
    queue.add(observationOf({ kind, name: 'commitMs', valueMs: 5, sampling: 0.25 }), subjectAt(0.2));
  expect(
    takeAll(queue)?.tallies.map(({ sampling, units, tally: { counts, histograms } }) => [
      sampling,
      units,
      counts.attempts + counts.exposures + counts.failed.render,
      histograms.commitMs?.n ?? 0,
    ]),
  ).toEqual([
    [1, 3, 3, 0],
    [0.25, 0, 0, 1],
  ]);
});

test('a new rate holds from the next observation on', () => {
  const queue = createTallyQueue(0, () => {});
  for (const sampling of [undefined, 0.5, 0, 0.3])
    queue.add(observationOf({ kind: 'timing', name: 'commitMs', valueMs: 5, sampling }), subjectAt(0.2));
  expect(takeAll(queue)?.tallies.map(({ sampling, tally }) => [sampling, tally.histograms.commitMs?.n])).toEqual([
    [1, 1],
    [0.5, 1],
    [0.3, 1],
  ]);
});

test('a larger share keeps who was in, and takes the share of all users', () => {
  const users = Array.from({ length: 20_000 }, (_, at) => subjectAt((at * 0.618_033_988_749) % 1));
  const inAt = (sampling: number) => {
    const kept = new Set<string>();
    for (const subject of users) {
      const queue = createTallyQueue(0, () => {});
      queue.add(observationOf({ kind: 'timing', name: 'commitMs', valueMs: 5, sampling }), subject);
      if (queue.bytes() > 0) kept.add(subject);
    }
    return kept;
  };
  const [few, many] = [inAt(0.1), inAt(0.4)];
  expect(few.size / users.length).toBeCloseTo(0.1, 2);
  expect(many.size / users.length).toBeCloseTo(0.4, 2);
  for (const subject of few) expect(many.has(subject)).toBe(true);
});

test("a host's rule may make a timing critical; a failure that it makes informational is counted all the same", () => {
  const queue = createTallyQueue(0, () => {});
  const more = { name: 'commitMs', valueMs: 5, sampling: 0 };
  queue.add(
    observationOf({ kind: 'failure', ...more, feature: 'noisy', arm: 'none' }),
    subjectAt(0.5),
    'informational',
  );
  queue.add(observationOf({ kind: 'timing', ...more }), subjectAt(0.5), 'critical');
  expect(takeAll(queue)?.tallies.map(({ tally, sampling }) => [tally.feature, sampling])).toEqual([
    ['panel', 1],
    ['noisy', 1],
  ]);
});
