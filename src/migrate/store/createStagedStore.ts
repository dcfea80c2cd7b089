// Comes in: reads and writes of records, a stage from the feature's config. Goes out: the authoritative store's answers; both kept in step. Who calls: hosts.
import type { FeatureKey } from '../../features.js';
import type { Version } from '../../evaluate/snapshot.js';
import { NotApplied } from '../safelyOptions.js';
import { nowMs } from '../safely.js';
import { differencesOf } from '../sameValue.js';
import { createKeyQueue } from './keyQueue.js';
import type { RecordStore, StoredRecord } from './recordStore.js';
import { memoryRepairLog } from './repairLog.js';
import { createRepairs } from './repairs.js';
import { createStageKeeper } from './stageKeeper.js';
import { otherOf, planOf, type StagePlan } from './stage.js';
import {
  checkStagedStoreOptions,
  type SideCalls,
  type StagedStoreMetrics,
  type StagedStoreOptions,
  type StagedStoreStatus,
} from './stagedStoreOptions.js';
import { createSequence, stampOf } from './stamp.js';

/** Stands for v1's store while its records move to v2's. */
export interface StagedStore<Value> {
  /** The value in the store that the stage reads; undefined: there is none. */
  get(key: string): Promise<Value | undefined>;
  /**
   * Resolves when the authoritative store has it, and the other one too or it is known to lack it.
   * @throws what the authoritative store threw; SwitchbackError `invalid-option` for a value that is not JSON
   */
  set(key: string, value: Value): Promise<void>;
  /** As `set`, for taking a record away. */
  delete(key: string): Promise<void>;
  /** Which stage holds, and what each store still lacks. A wanted stage that may follow holds from here on, as with a read or a write. */
  getStatus(): StagedStoreStatus;
  /** What became of the calls since the start. */
  getMetrics(): StagedStoreMetrics;
  /** Tries all repairs now. */
  drain(): Promise<void>;
  /** Says that a store holds all that the other one holds, as `reconcile` and `migrateData` found. */
  markEqual(version: Version): Promise<void>;
  /** Ends its timers. What waits is kept by the repair log. */
  close(): Promise<void>;
  /** What `reconcile` works on; not for hosts. @internal */
  readonly internals: StagedStoreInternals<Value>;
}

export interface StagedStoreInternals<Value> {
  readonly feature: string;
  readonly sides: Readonly<Record<Version, RecordStore<Value>>>;
  /** Whose records count, and who is written. */
  plan(): Promise<StagePlan>;
  isSame(one: StoredRecord<Value> | undefined, other: StoredRecord<Value> | undefined): boolean;
  /** How often a store was left out of a write: the same number later means that it missed nothing since. */
  misses(version: Version): number;
  /** Looks at both records of a key between its writes, and copies it to `target` where that is asked for. */
  judge(key: string, target: Version, isRepaired: boolean): Promise<Judgement>;
}

/** `pending`: a repair waits for it already. `kept`: it differs, and was not copied since `target` counts by now. */
export type Judgement = 'same' | 'pending' | 'different' | 'repaired' | 'kept';

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
const noCalls = (): Mutable<SideCalls> => ({ succeeded: 0, failed: 0, totalMs: 0 });

/**
 * Moves a store from v1 to v2 in six stages, each one change of the feature's config away from the next and the last. The
 * authoritative store is written first; what the other one then misses is written down and made up for.
 * @throws SwitchbackError `invalid-option`
 */
export function createStagedStore<Value>(feature: FeatureKey, options: StagedStoreOptions<Value>): StagedStore<Value> {
  checkStagedStoreOptions(options);
  const { client, v1, v2, repairLog = memoryRepairLog(), compare, maxRepairs = 10_000, random = Math.random } = options;
  const { fault, parts } = client.internals;
  const sides = { v1, v2 };
  const queue = createKeyQueue();
  const sequence = createSequence(parts.clock.now);
  const metrics = {
    reads: { v1: noCalls(), v2: noCalls() },
    writes: { v1: noCalls(), v2: noCalls() },
    compared: 0,
    mismatched: 0,
    repaired: 0,
  };
  const keeper = createStageKeeper(feature, options, repairLog);
  const repairs = createRepairs({
    log: repairLog,
    clock: parts.clock,
    random,
    maxRepairs,
    isWritten: (target) => target === 'v1' || keeper.status().stage !== 'off',
    // A write that came in between made up for it, and may have left the other side behind.
    copy: ({ target, key }) =>
      queue.run(key, async () => {
        if (repairs.isPending(target, key)) await copyTo(target, key);
      }),
    fault,
  });
  const ready = keeper.load().then((kept) => repairs.restore(kept));

  const timed = async <T>(calls: Mutable<SideCalls>, work: () => Promise<T>): Promise<T> => {
    const startedMs = nowMs();
    try {
      const result = await work();
      calls.succeeded++;
      calls.totalMs += nowMs() - startedMs;
      return result;
    } catch (error) {
      calls.failed++;
      throw error;
    }
  };
  const read = (side: Version, key: string): Promise<StoredRecord<Value> | undefined> =>
    timed(metrics.reads[side], async () => sides[side].get(key));
  const write = (side: Version, change: Change<Value>): Promise<void> =>
    timed(metrics.writes[side], async () =>
      change.record ? sides[side].set(change.record) : sides[side].delete(change.key),
    );

  /** The other store has what this one lacks: its record is copied as it is now. */
  const copyTo = async (target: Version, key: string): Promise<void> => {
    const record = await sides[otherOf(target)].get(key);
    await write(target, { key, record });
    await repairs.done(target, key);
    metrics.repaired++;
  };
  const owe = async (target: Version, key: string): Promise<void> => {
    if (!(await repairs.add({ target, key, sequence: sequence.next() }))) await keeper.markBehind(target, true);
  };

  const apply = (change: Change<Value>): Promise<void> =>
    queue.run(change.key, async () => {
      await ready;
      const { key } = change;
      const [first, second] = planOf(await keeper.stage()).writes;
      let authoritative = first;
      let other = second;
      try {
        await write(first, change);
      } catch (error) {
        // Nothing was written to v2, so v1 may take it. v1's own errors are the caller's.
        if (first === 'v1' || !(error instanceof NotApplied) || (await keeper.isBehind('v1'))) throw error;
        await write('v1', change);
        await owe('v2', key);
        fault('migrate write', error);
        authoritative = 'v1';
        other = undefined;
      }
      // A later write makes up for an earlier one that failed.
      await repairs.done(authoritative, key);
      if (authoritative !== first) return;
      if (!other) return keeper.markBehind(otherOf(first), true);
      try {
        await write(other, change);
        await repairs.done(other, key);
      } catch (error) {
        fault('migrate second write', error);
        await owe(other, key);
      }
    });

  const isSame = (one: StoredRecord<Value> | undefined, other: StoredRecord<Value> | undefined): boolean =>
    one && other && compare ? compare(one.value, other.value) : differencesOf(one?.value, other?.value).length === 0;
  const compareSides = (
    key: string,
    ofV1: StoredRecord<Value> | undefined,
    ofV2: StoredRecord<Value> | undefined,
  ): void => {
    metrics.compared++;
    try {
      if (isSame(ofV1, ofV2)) return;
      metrics.mismatched++;
      options.onMismatch?.({ feature, key, differences: differencesOf(ofV1?.value, ofV2?.value) });
    } catch (error) {
      fault('migrate compare', error);
    }
  };
  const readBoth = async (from: Version, key: string): Promise<StoredRecord<Value> | undefined> => {
    const [main, other] = await Promise.allSettled([read(from, key), read(otherOf(from), key)]);
    if (other.status === 'rejected') fault('migrate second read', other.reason);
    if (main.status === 'rejected') {
      // v1 may stand in for v2, not v2 for v1.
      if (from === 'v1' || other.status === 'rejected' || !(await canStandIn(key))) throw main.reason;
      fault('migrate read', main.reason);
      return other.value;
    }
    const isSettled = !repairs.isPending('v1', key) && !repairs.isPending('v2', key);
    if (other.status === 'fulfilled' && isSettled)
      compareSides(
        key,
        ...(from === 'v1' ? ([main.value, other.value] as const) : ([other.value, main.value] as const)),
      );
    return main.value;
  };
  const canStandIn = async (key: string): Promise<boolean> =>
    !repairs.isPending('v1', key) && !(await keeper.isBehind('v1'));

  return {
    async get(key) {
      await ready;
      const { reads, compares } = planOf(await keeper.stage());
      // Who lacks the last write of a key is not asked for it.
      const from = repairs.isPending(reads, key) ? otherOf(reads) : reads;
      if (compares) return (await readBoth(from, key))?.value;
      try {
        return (await read(from, key))?.value;
      } catch (error) {
        if (from === 'v1' || !(await canStandIn(key))) throw error;
        fault('migrate read', error);
        return (await read('v1', key))?.value;
      }
    },
    async set(key, value) {
      const record = { key, value, stamp: stampOf(value, sequence.next()) };
      await apply({ key, record });
    },
    delete: (key) => apply({ key, record: undefined }),
    getStatus: () => ({
      ...keeper.status(),
      repairs: { v1: repairs.count('v1'), v2: repairs.count('v2') },
    }),
    getMetrics: () => structuredClone(metrics),
    async drain() {
      await ready;
      await repairs.drain();
    },
    async markEqual(version) {
      await ready;
      await keeper.markBehind(version, false);
    },
    async close() {
      repairs.stop();
      await queue.idle();
    },
    internals: {
      feature,
      sides,
      async plan() {
        await ready;
        return planOf(await keeper.stage());
      },
      isSame,
      misses: keeper.misses,
      judge: (key, target, isRepaired) =>
        queue.run(key, async () => {
          const [one, other] = await Promise.all([v1.get(key), v2.get(key)]);
          if (isSame(one, other)) return 'same';
          if (repairs.isPending('v1', key) || repairs.isPending('v2', key)) return 'pending';
          if (!isRepaired) return 'different';
          if (planOf(await keeper.stage()).reads === target) return 'kept';
          await copyTo(target, key);
          return 'repaired';
        }),
    },
  };
}

interface Change<Value> {
  readonly key: string;
  /** undefined: it is deleted. */
  readonly record: StoredRecord<Value> | undefined;
}
