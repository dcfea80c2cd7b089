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
import { createCaller } from '../callers.js';
import { createFaultyStore, type Fate, type FaultyStore } from './faultyStore.js';

// More of both by hand: SWITCHBACK_SCHEDULES=200 SWITCHBACK_OPERATIONS=10000.
const schedules = Number(process.env['SWITCHBACK_SCHEDULES'] ?? 60);
const operations = Number(process.env['SWITCHBACK_OPERATIONS'] ?? 80);

const keys = ['a', 'b', 'c', '__proto__'];
const fate = fc.constantFrom<Fate>('works', 'works', 'works', 'works', 'refuses', 'fails', 'failsAfter');
const act = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constant('set' as const), key: fc.constantFrom(...keys) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('delete' as const), key: fc.constantFrom(...keys) }) },
  { weight: 6, arbitrary: fc.record({ what: fc.constant('get' as const), key: fc.constantFrom(...keys) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('step' as const), by: fc.constantFrom(1, 1, 1, -1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constantFrom('kill' as const, 'undo' as const, 'undo' as const, 'reconcile' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.constantFrom(100, 2_000, 60_000) }) },
  // In the middle of a write: what it still wanted to do does not happen.
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('crash' as const), key: fc.constantFrom(...keys), turns: fc.nat(6) }),
  },
);

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
    fc.asyncProperty(
      fc.array(act, { minLength: operations / 2, maxLength: operations }),
      fc.array(fate, { maxLength: operations * 2 }),
      fc.array(fate, { maxLength: operations * 2 }),
      async (acts, v1Fates, v2Fates) => {
        const { client, publish, clock } = createCaller({ config: { stage: 'off' } });
        const v1 = createFaultyStore([...v1Fates]);
        const v2 = createFaultyStore([...v2Fates]);
        const texts = new Map<string, string>();
        let wanted = 0;
        let isKilled = false;
        const tell = () => publish({ config: { stage: stages[wanted] } }, { kills: isKilled ? ['titles'] : [] });
        const start = () => {
          const life = { isGone: false };
          const log = textRepairLog(
            {
              getItem: (name) => texts.get(name) ?? null,
              setItem: (name, text) => void (life.isGone || texts.set(name, text)),
            },
            'log',
          );
          const sides = { v1: ofProcess(v1, life), v2: ofProcess(v2, life) };
          return { life, store: createStagedStore('titles', { client, ...sides, repairLog: log, startsEqual: true }) };
        };
        let running: { life: { isGone: boolean }; store: StagedStore<number> } = start();

        // What may be read of a key: the last acknowledged value, and those written since of which nobody knows.
        const allowed = new Map<string, Set<number | undefined>>(keys.map((key) => [key, new Set([undefined])]));
        let value = 0;
        const write = async (key: string, next: number | undefined): Promise<void> => {
          const isDone = await (next === undefined ? running.store.delete(key) : running.store.set(key, next)).then(
            () => true,
            () => false,
          );
          if (isDone) allowed.set(key, new Set([next]));
          else allowed.get(key)?.add(next);
        };
        const read = async (key: string): Promise<void> => {
          const got = await running.store.get(key).then(
            (found) => ({ found }),
            () => undefined,
          );
          if (got) expect([...(allowed.get(key) ?? [])]).toContain(got.found);
        };

        for (const one of acts) {
          if (one.what === 'set') await write(one.key, ++value);
          if (one.what === 'delete') await write(one.key, undefined);
          if (one.what === 'get') await read(one.key);
          if (one.what === 'step') {
            const at = stages.indexOf(running.store.getStatus().stage);
            wanted = Math.min(Math.max(at + one.by, 0), stages.length - 1);
          }
          if (one.what === 'kill' || one.what === 'undo') isKilled = one.what === 'kill';
          if (one.what === 'step' || one.what === 'kill' || one.what === 'undo') tell();
          if (one.what === 'wait') await clock.advance(one.ms);
          if (one.what === 'reconcile') await reconcile(running.store, { repair: true, windowSize: 3 }).catch(() => {});
          if (one.what === 'crash') {
            const next = ++value;
            allowed.get(one.key)?.add(next);
            void running.store.set(one.key, next).catch(() => {});
            for (let turn = 0; turn < one.turns; turn++) await Promise.resolve();
            running.life.isGone = true;
            running = start();
          }
        }

        v1.fates.length = 0;
        v2.fates.length = 0;
        await running.store.drain();
        for (const key of keys) {
          const before = allowed.get(key);
          await read(key);
          expect(before).toBeDefined();
        }
        // Both in step again where both are written: what reconcile finds is exactly what differs.
        const inBoth = new Set([...v1.records.keys(), ...v2.records.keys()]);
        const differing = [...inBoth].filter((key) => v1.records.get(key)?.value !== v2.records.get(key)?.value).sort();
        const found = await reconcile(running.store);
        expect(found.found.length + found.pending).toBe(differing.length);
      },
    ),
    { numRuns: schedules },
  );
}, 3_600_000);

test('no write is done twice, whatever stages follow each other', async () => {
  const steps = fc.array(
    fc.record({ key: fc.constantFrom(...keys), by: fc.constantFrom(-1, 0, 0, 1), isKilled: fc.boolean() }),
  );
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { client, publish } = createCaller({ config: { stage: 'off' } });
      const [v1, v2] = [createFaultyStore(), createFaultyStore()];
      const store = createStagedStore('titles', { client, v1, v2, startsEqual: true });
      let at = 0;
      for (const [value, { key, by, isKilled }] of all.entries()) {
        at = Math.min(Math.max(at + by, 0), stages.length - 1);
        publish({ config: { stage: stages[at] } }, { kills: isKilled ? ['titles'] : [] });
        await store.set(key, value);
        expect(await store.get(key)).toBe(value);
      }
      for (const { writes } of [v1, v2]) expect(new Set(writes.map(([, value]) => value)).size).toBe(writes.length);
      expect(v1.writes.length + v2.writes.length).toBeGreaterThanOrEqual(all.length);
    }),
  );
});
