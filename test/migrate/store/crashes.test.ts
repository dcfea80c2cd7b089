import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createStagedStore,
  reconcile,
  stages,
  textRepairLog,
  type RecordStore,
  type StagedStore,
} from '../../../src/migrate/index.js';
import { planOf } from '../../../src/migrate/store/stage.js';
import { createCaller } from '../callers.js';
import { createFaultyStore, type Fate, type FaultyStore } from './faultyStore.js';

// More of both at night, or by hand: SWITCHBACK_SCHEDULES=200 SWITCHBACK_OPERATIONS=10000.
const isNightly = process.env['SWITCHBACK_NIGHTLY'] !== undefined;
const schedules = Number(process.env['SWITCHBACK_SCHEDULES'] ?? (isNightly ? 200 : 60));
const operations = Number(process.env['SWITCHBACK_OPERATIONS'] ?? (isNightly ? 10_000 : 80));

const keys = ['a', 'b', '__proto__'];
const key = fc.constantFrom(...keys);
const fate = fc.constantFrom<Fate>('works', 'works', 'refuses', 'fails', 'failsAfter');
/** What the next calls of a side meet: mostly nothing. */
const fates = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fate[]>([]) },
  { weight: 2, arbitrary: fc.array(fate, { maxLength: 3 }) },
);
const sides = { v1: fates, v2: fates };
/** A stage on or back, a rollback, its undoing. */
const moves = fc.constantFrom(1, 1, 1, 1, -1, -1, -1, -1, 'kill', 'undo', 'undo', 'undo');
const act = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constant('set' as const), key, ...sides }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('delete' as const), key, ...sides }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('get' as const), key, ...sides }) },
  // As far as it may go at once, or with writes in between; what is read right after it is what a caller would read.
  { weight: 12, arbitrary: fc.record({ what: fc.constant('move' as const), by: moves, isRead: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('reconcile' as const), ...sides }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.constantFrom(100, 2_000, 10_000), ...sides }),
  },
  // One side misses a write, and may be the one that is read a moment later.
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('miss' as const), key, by: moves }),
  },
  // As a runbook has it: what fails is mended, and stage follows stage.
  { weight: 2, arbitrary: fc.record({ what: fc.constant('go' as const), to: fc.constantFrom(...stages.keys()) }) },
  // A side that does not answer for some time.
  { weight: 1, arbitrary: fc.record({ what: fc.constant('outage' as const), of: fc.constantFrom('v1', 'v2') }) },
  // In the middle of a write: what it still wanted to do does not happen.
  { weight: 2, arbitrary: fc.record({ what: fc.constant('crash' as const), key, turns: fc.nat(16), ...sides }) },
);
const callsOfOutage = 12;
type Act = typeof act extends fc.Arbitrary<infer Drawn> ? Drawn : never;
const unread = (by: number): Act => ({ what: 'move', by, isRead: false });
const goOff: Act = { what: 'go', to: 0 };
/** Stages in which nobody reads or writes: before what was kept is read, and after it there and back. */
const idle: [Act[]][] = [
  [[unread(1), goOff]],
  [[{ what: 'get', key: 'a', v1: [], v2: [] }, ...[1, 1, 1, -1, -1].map(unread), goOff]],
];

/** A store as one process sees it: nothing reaches it once the process is gone. */
function ofProcess(store: FaultyStore, process: { isGone: boolean }): RecordStore<number> {
  const alive = <T>(run: () => Promise<T>): Promise<T> =>
    process.isGone
      ? new Promise<T>(() => {})
      : run().then((result) => (process.isGone ? new Promise<T>(() => {}) : result));
  return {
    get: (key) => alive(() => store.get(key)),
    set: (record) => alive(() => store.set(record)),
    delete: (key) => alive(() => store.delete(key)),
    list: (page) => alive(() => store.list(page)),
  };
}

test('whatever fails or crashes in whatever stage, no acknowledged write is lost, and reconcile finds exactly what differs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: operations / 2, maxLength: operations }), async (acts) => {
      const { client, publish, clock } = createCaller({ config: { stage: 'off' } });
      const [v1, v2] = [createFaultyStore(), createFaultyStore()];
      const both = { v1, v2 };
      const texts = new Map<string, string>();
      let wanted = 0;
      let isKilled = false;
      const move = (by: number | string): void => {
        const { stage, isReady } = running.store.getStatus();
        const at = stages.indexOf(stage);
        if (typeof by === 'number') wanted = Math.min(Math.max(at + by, 0), stages.length - 1);
        else isKilled = by === 'kill';
        publish({ config: { stage: stages[wanted] } }, { kills: isKilled ? ['titles'] : [] });
        // A step from the stage that the status says skips none, whoever used the store in it.
        if (typeof by === 'number' && isReady)
          expect(running.store.getStatus().refused ?? '').not.toContain('may follow');
      };
      /** Until then the status says the initial stage, whatever is wanted. */
      const beReady = async (): Promise<void> => {
        while (!running.store.getStatus().isReady) await Promise.resolve();
      };
      const start = () => {
        const life = { isGone: false };
        const log = textRepairLog(
          {
            getItem: (name) => texts.get(name) ?? null,
            setItem: (name, text) => void (life.isGone || texts.set(name, text)),
          },
          'log',
        );
        const ofLife = { v1: ofProcess(v1, life), v2: ofProcess(v2, life) };
        return { life, store: createStagedStore('titles', { client, ...ofLife, repairLog: log, startsEqual: true }) };
      };
      let running: { life: { isGone: boolean }; store: StagedStore<number> } = start();

      // What may be read of a key: the last acknowledged value, and those written since of which nobody knows.
      const allowed = new Map<string, Set<number | undefined>>(keys.map((one) => [one, new Set([undefined])]));
      let value = 0;
      const write = async (to: string, next: number | undefined): Promise<void> => {
        const isDone = await (next === undefined ? running.store.delete(to) : running.store.set(to, next)).then(
          () => true,
          () => false,
        );
        if (isDone) allowed.set(to, new Set([next]));
        else allowed.get(to)?.add(next);
      };
      const expectAllowed = (of: string, found: number | undefined): void =>
        expect([...(allowed.get(of) ?? [])], `${of} at ${running.store.getStatus().stage}`).toContain(found);
      const read = async (of: string): Promise<void> => {
        const got = await running.store.get(of).then(
          (found) => ({ found }),
          () => undefined,
        );
        if (got) expectAllowed(of, got.found);
      };
      /** With nothing in its way every key is answered, and rightly. */
      const readAll = async (): Promise<void> => {
        const later = [v1.fates.splice(0), v2.fates.splice(0)] as const;
        for (const of of keys) expectAllowed(of, await running.store.get(of));
        v1.fates.push(...later[0]);
        v2.fates.push(...later[1]);
      };

      for (const one of acts) {
        if ('v1' in one) {
          v1.fates.unshift(...one.v1);
          v2.fates.unshift(...one.v2);
        }
        if (one.what === 'set') await write(one.key, ++value);
        if (one.what === 'delete') await write(one.key, undefined);
        if (one.what === 'get') await read(one.key);
        if (one.what === 'move') {
          move(one.by);
          if (one.isRead) await readAll();
        }
        if (one.what === 'miss') {
          const [, second] = planOf(running.store.getStatus().stage).writes;
          if (second) both[second].fates.unshift('fails');
          await write(one.key, ++value);
          move(one.by);
          await readAll();
        }
        if (one.what === 'go') {
          v1.fates.length = 0;
          v2.fates.length = 0;
          await beReady();
          move('undo');
          for (let steps = 0; steps < stages.length; steps++) {
            const at = stages.indexOf(running.store.getStatus().stage);
            if (at === one.to) break;
            move(Math.sign(one.to - at));
            await running.store.drain();
            await reconcile(running.store, { repair: true, windowSize: 2 });
          }
          await readAll();
          expect(running.store.getStatus().stage).toBe(stages[one.to]);
        }
        if (one.what === 'wait') await clock.advance(one.ms);
        if (one.what === 'reconcile') await reconcile(running.store, { repair: true, windowSize: 2 }).catch(() => {});
        if (one.what === 'outage') both[one.of].fates.push(...Array<Fate>(callsOfOutage).fill('fails'));
        if (one.what === 'crash') {
          const next = ++value;
          allowed.get(one.key)?.add(next);
          void running.store.set(one.key, next).catch(() => {});
          for (let turn = 0; turn < one.turns; turn++) await Promise.resolve();
          running.life.isGone = true;
          running = start();
          await beReady();
        }
        for (const side of [v1, v2]) side.fates.length = Math.min(side.fates.length, callsOfOutage);
      }

      await readAll();
      v1.fates.length = 0;
      v2.fates.length = 0;
      await running.store.drain();
      await readAll();
      const { stage, repairs } = running.store.getStatus();
      const { reads } = planOf(stage);
      // Nothing is left to wait for, but a v2 that was rolled back is left alone; who is read has everything itself.
      expect(repairs).toEqual({ v1: 0, v2: stage === 'off' ? repairs.v2 : 0 });
      for (const of of keys) expectAllowed(of, both[reads].records.get(of)?.value);
      // What reconcile finds is exactly what differs.
      const differing = keys.filter((of) => v1.records.get(of)?.value !== v2.records.get(of)?.value).sort();
      const { found, pending } = await reconcile(running.store);
      const names = found.map((one) => one.key);
      expect(differing).toEqual(expect.arrayContaining(names));
      expect(names.length + pending).toBe(differing.length);
    }),
    { numRuns: schedules, endOnFailure: isNightly, examples: idle },
  );
}, 7_200_000);

test('no write is done twice, and those of a key come in their order, whatever stages follow each other', async () => {
  const steps = fc.array(
    fc.record({
      // All at once.
      of: fc.array(key, { minLength: 1, maxLength: 5 }),
      by: fc.constantFrom(-1, 0, 0, 1),
      isKilled: fc.boolean(),
      isReconciled: fc.boolean(),
    }),
  );
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { client, publish } = createCaller({ config: { stage: 'off' } });
      const [v1, v2] = [createFaultyStore(), createFaultyStore()];
      const store = createStagedStore('titles', { client, v1, v2, startsEqual: true });
      let at = 0;
      let value = 0;
      let copied = 0;
      for (const { of, by, isKilled, isReconciled } of all) {
        at = Math.min(Math.max(at + by, 0), stages.length - 1);
        publish({ config: { stage: stages[at] } }, { kills: isKilled ? ['titles'] : [] });
        const last = new Map<string, number>();
        await Promise.all(
          of.map((one) => {
            last.set(one, ++value);
            return store.set(one, value);
          }),
        );
        for (const [one, written] of last) expect(await store.get(one)).toBe(written);
        if (isReconciled) copied += (await reconcile(store, { repair: true })).repaired;
      }
      for (const { writes } of [v1, v2]) {
        expect(new Set(writes.map(([one, written]) => `${one} ${written}`)).size).toBe(writes.length);
        for (const one of keys) {
          const values = writes.flatMap(([of, written]) => (of === one ? [Number(written)] : []));
          expect(values).toEqual([...values].sort((a, b) => a - b));
        }
      }
      expect(v1.writes.length + v2.writes.length).toBeGreaterThanOrEqual(value + copied);
    }),
    { endOnFailure: isNightly },
  );
});
