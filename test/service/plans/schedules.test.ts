import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { drawn } from '../../harness/drawn.js';
import { byAda, openStore } from '../store/openStore.js';
import { holdClock, judgeOf, stagesOf } from './openPlans.js';

const opened = openStore();
const judge = judgeOf();
const holdMinutes = 10;
const percentages = [1, 10, 25, 50, 100];

type Store = Awaited<ReturnType<typeof createPostgresStore>>;

type Act =
  | { readonly kind: 'pass'; readonly minutes: number }
  | { readonly kind: 'jump'; readonly minutes: number }
  | { readonly kind: 'tick'; readonly by: 0 | 1 }
  | {
      readonly kind:
        | 'tickBoth'
        | 'restart'
        | 'rollback'
        | 'rollbackWhileTicking'
        | 'sqlOff'
        | 'emergency'
        | 'undo'
        | 'lower'
        | 'pause'
        | 'resume';
    };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.nat({ max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.constant(9_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('jump' as const), minutes: fc.integer({ min: -500, max: -1 }) }),
  },
  {
    weight: 7,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), by: fc.constantFrom(0 as const, 1 as const) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tickBoth' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('undo' as const, 'resume' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'restart',
        'rollback',
        'rollbackWhileTicking',
        'sqlOff',
        'emergency',
        'lower',
        'pause' as const,
      ),
    }),
  },
);

/** To the third stage, whatever else is drawn. */
const climb: Act[] = Array.from({ length: 4 }, (_, at) =>
  at % 2 === 0 ? { kind: 'pass', minutes: 9_000 } : { kind: 'tick', by: 0 },
);

test(
  'whatever comes between, stages come in order, each held for its time, and nothing rises while it must not',
  { timeout: 300_000 },
  async () => {
    const clock = await holdClock(opened);
    const stores: Store[] = await Promise.all(
      [0, 1].map(() => createPostgresStore({ connectionString: opened.connectionString })),
    );
    onTestFinished(() => Promise.all(stores.map((store) => store.close())).then(() => {}));
    let runs = 0;
    let highest = 0;

    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
        const feature = `feature${(runs += 1)}`;
        await stores[0]!.createFeature(feature, {}, byAda);
        const { id } = await stores[0]!.plans.create(feature, stagesOf(percentages, holdMinutes), byAda);
        await stores[0]!.plans.start(id, byAda);
        // Minutes that went by in this stage while the plan ran; a clock that is set back takes none of them away.
        let stayed = 0;
        let [stage, percentage] = [1, 1];

        for (const one of acts) {
          const before = await stores[0]!.plans.read(id);
          const killed = (await stores[0]!.readState()).rollbacks.some(
            (kill) => kill.feature === feature || kill.feature === null,
          );
          const isRunning = before.status === 'running';
          await run(one, feature, id);
          if (one.kind === 'pass' && isRunning) stayed += one.minutes;

          const after = await stores[0]!.plans.read(id);
          const { features } = await stores[0]!.readState();
          const now = features.get(feature)!;
          const at = 'stage' in after ? (after.stage ?? 0) : 0;
          if (at !== stage) {
            expect(at).toBe(stage + 1);
            expect(['tick', 'tickBoth', 'rollbackWhileTicking']).toContain(one.kind);
            expect(isRunning && !killed).toBe(true);
            expect(stayed).toBeGreaterThanOrEqual(holdMinutes);
            stayed = 0;
          }
          if (after.status === 'completed')
            expect([at, before.status === 'completed' || stayed >= holdMinutes]).toEqual([5, true]);
          // A resumed plan goes back up to its stage; nothing else but a stage raises anything.
          if (now.percentage > percentage && one.kind !== 'resume') expect(at).toBe(stage + 1);
          if (now.percentage > percentage) expect(killed).toBe(false);
          expect(now.percentage).toBeLessThanOrEqual(percentages[at - 1]!);
          if (after.status === 'running') expect([now.enabled, now.percentage]).toEqual([true, percentages[at - 1]]);
          [stage, percentage] = [at, now.percentage];
          highest = Math.max(highest, at);
        }
        await stores[0]!.plans.cancel(id, byAda).catch(() => {});
        await undoAll();
      }),
      { numRuns: drawn(15, 200), examples: [[climb]] },
    );
    // The schedules were long enough to say something.
    expect(highest).toBeGreaterThanOrEqual(3);

    async function undoAll(): Promise<void> {
      const { rollbacks, features } = await stores[0]!.readState();
      for (const kill of [...rollbacks].sort((a, b) => Number(a.feature === null) - Number(b.feature === null)))
        await stores[0]!.undoRollback(kill.id, kill.feature === null ? [...features.keys()] : null, byAda);
    }

    async function run(one: Act, feature: string, id: number): Promise<void> {
      const [store, other] = stores as [Store, Store];
      // What a person may not do in this phase is refused, and changes nothing.
      const refused = (error: unknown) => expect(error).toMatchObject({ code: 'conflict' });
      switch (one.kind) {
        case 'pass':
        case 'jump':
          return clock.move(one.minutes);
        case 'tick':
          return void (await stores[one.by]!.plans.tick(judge));
        case 'tickBoth':
          return void (await Promise.all([store.plans.tick(judge), other.plans.tick(judge)]));
        case 'restart':
          await other.close();
          stores[1] = await createPostgresStore({ connectionString: opened.connectionString });
          return;
        case 'rollback':
          return void (await store.rollback(feature, byAda));
        case 'rollbackWhileTicking':
          await Promise.all([store.plans.tick(judge), store.rollback(feature, byAda), other.plans.tick(judge)]);
          await store.plans.tick(judge);
          expect((await store.plans.read(id)).status).not.toBe('running');
          return;
        case 'sqlOff':
          return void (await opened.sql('UPDATE feature_flags SET enabled = false WHERE feature = $1', [feature]));
        case 'emergency':
          return void (await store.emergencyRollback(byAda));
        case 'undo':
          return undoAll();
        case 'lower':
          return void (await store.changeFeature(feature, { percentage: 0.5 }, null, byAda));
        case 'pause':
          return void (await store.plans.pause(id, byAda).catch(refused));
        case 'resume':
          return void (await store.plans.resume(id, byAda).catch(refused));
      }
    }
  },
);
