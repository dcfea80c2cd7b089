import { SwitchbackError } from '../../error.js';
import type { Version } from '../../evaluate/snapshot.js';
import type { FeatureKey } from '../../features.js';
import type { MigrationState, Repair, RepairLog } from './repairLog.js';
import { catchUp, isStage, moveStage, otherOf, planOf, rolledBack, type Behind, type Stage } from './stage.js';
import type { StagedStoreOptions, StagedStoreStatus } from './stagedStoreOptions.js';

/** Keeps the stage: what the feature's config wants, as far as nothing is lost by it. */
export interface StageKeeper {
  /** @returns what still has to be repaired */
  load(): Promise<readonly Repair[]>;
  /** The stage to work in now, kept before anything is done in it. */
  stage(): Promise<Stage>;
  isBehind(version: Version): Promise<boolean>;
  markBehind(version: Version, isBehind: boolean): Promise<void>;
  /** How often a store was marked as behind. */
  misses(version: Version): number;
  /** Enters the stage it says, as the next read or write would. */
  status(): Omit<StagedStoreStatus, 'repairs'>;
}

export function createStageKeeper(
  feature: FeatureKey,
  {
    client,
    stageSetting = 'stage',
    initialStage = 'off',
    startsEqual = false,
    isShared = true,
  }: Pick<StagedStoreOptions<unknown>, 'client' | 'stageSetting' | 'initialStage' | 'startsEqual' | 'isShared'>,
  log: RepairLog,
): StageKeeper {
  const { fault, parts } = client.internals;
  const host = parts.hostOf(feature);
  let state: MigrationState = { stage: initialStage, behind: { v1: false, v2: !startsEqual } };
  const misses = { v1: 0, v2: 0 };
  let refused: string | undefined;
  let isReady = false;
  let last: Promise<unknown> = Promise.resolve();
  let moving: Promise<void> | undefined;

  const isRolledBack = (): boolean => host.isKill();
  const wanted = (): unknown =>
    (client.getConfig(feature) as Readonly<Record<string, unknown>>)[stageSetting] ?? state.stage;
  const save = async (next: MigrationState): Promise<void> => {
    state = next;
    // In order: an older state must not be written over a newer one.
    const saved = last.then(() => log.saveState(next));
    last = saved.catch(() => {});
    await saved.catch((error: unknown) => fault('migrate repair log', error));
  };
  /** Nobody knows what either store lacks: it stays where it is wanted, and goes nowhere until it was reconciled. */
  const distrust = (error: unknown): void => {
    const stage = wanted();
    state = { stage: isStage(stage) ? stage : state.stage, behind: { v1: true, v2: true } };
    fault('migrate repair log', error);
  };
  /** Who is written no more may be emptied or removed from now on, whether or not the other one is written. */
  const left = (stage: Stage): Behind => {
    const [only, second] = planOf(stage).writes;
    if (second) return state.behind;
    const other = otherOf(only);
    misses[other]++;
    return { ...state.behind, [other]: true };
  };
  const move = (): Stage => {
    if (isRolledBack()) {
      refused = undefined;
      const back = rolledBack(state.stage, state.behind);
      if (back !== 'off') refused = `v1 lacks what was written to v2 alone: a rollback leads to ${back}`;
      return back;
    }
    const outcome = (isShared ? moveStage : catchUp)(state.stage, wanted(), state.behind);
    const why = outcome.status === 'refused' ? `${outcome.wanted}: ${outcome.why}` : undefined;
    if (why !== undefined && why !== refused)
      fault('migrate stage', new SwitchbackError('invalid-option', `${feature} stays in ${outcome.stage}; ${why}`));
    refused = why;
    return outcome.stage;
  };
  const enter = (): Stage => {
    const stage = move();
    if (stage !== state.stage) moving = save({ stage, behind: left(stage) });
    return stage;
  };

  return {
    async load() {
      try {
        const kept = await log.load();
        if (kept.state) ({ state } = kept);
        if (kept.isDamaged) distrust(new SwitchbackError('storage-failed', `the repair log of ${feature} is damaged`));
        return kept.repairs;
      } catch (error) {
        distrust(error);
        return [];
      } finally {
        isReady = true;
      }
    },
    async stage() {
      const stage = enter();
      // Also for whoever comes while it is being kept.
      await moving;
      return stage;
    },
    isBehind: (version) => Promise.resolve(state.behind[version]),
    misses: (version) => misses[version],
    async markBehind(version, isBehind) {
      if (isBehind) misses[version]++;
      if (state.behind[version] === isBehind) return void (await last);
      await save({ ...state, behind: { ...state.behind, [version]: isBehind } });
    },
    status: () => ({
      isReady,
      // Whoever reads it goes on from it with the next stage, though nobody may have read or written in this one.
      stage: isReady ? enter() : state.stage,
      ...(refused !== undefined && { refused }),
      isRolledBack: isRolledBack(),
      behind: state.behind,
    }),
  };
}
