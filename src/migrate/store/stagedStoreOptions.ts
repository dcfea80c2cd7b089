import type { SwitchbackClient } from '../../client/switchbackClient.js';
import { refuseOption } from '../../error.js';
import { isObject } from '../../evaluate/kind.js';
import type { Version } from '../../evaluate/snapshot.js';
import type { Difference } from '../sameValue.js';
import { checkClient } from '../safelyOptions.js';
import type { RecordStore } from './recordStore.js';
import type { RepairLog } from './repairLog.js';
import { isStage, stages, type Behind, type Stage } from './stage.js';

/** Two stores that do not hold the same under a key; values are described, not shown. */
export interface RecordMismatch {
  readonly feature: string;
  readonly key: string;
  readonly differences: readonly Difference[];
}

/** The two stores, how far they are, and how they are compared. */
export interface StagedStoreOptions<Value> {
  /** Whose config of the feature says the stage. */
  readonly client: SwitchbackClient;
  /** The store that has everything at the beginning. */
  readonly v1: RecordStore<Value>;
  /** The store that has everything at the end. */
  readonly v2: RecordStore<Value>;
  /** Where what a store still has to get is kept; default: in memory. */
  readonly repairLog?: RepairLog | undefined;
  /** The setting of the feature's config that holds the wanted stage; default `stage`. */
  readonly stageSetting?: string | undefined;
  /** The stage where nothing was kept yet; default `off`. */
  readonly initialStage?: Stage | undefined;
  /** v2 holds all that v1 holds already, such as when both are empty; default: it lacks what v1 has until it was reconciled. */
  readonly startsEqual?: boolean | undefined;
  /**
   * Whether others write to the same stores (default): then a stage that was skipped is refused, since they may still be in the one
   * before. false: a store of one user alone, such as in a browser; it goes through what it missed, stage by stage.
   */
  readonly isShared?: boolean | undefined;
  /** Whether two values are the same; default: they hold the same. */
  readonly compare?: ((v1: Value, v2: Value) => boolean) | undefined;
  /** Hears of reads that found different values. */
  readonly onMismatch?: ((mismatch: RecordMismatch) => void) | undefined;
  /** Repairs that may wait, 1–1,000,000; default 10,000. With more of them the store counts as behind. */
  readonly maxRepairs?: number | undefined;
  /** Returns 0–1, like `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** How things stand. */
export interface StagedStoreStatus {
  /** Whether the repair log was read; until then the stage is the initial one, and no repair is known. */
  readonly isReady: boolean;
  readonly stage: Stage;
  /** Why the wanted stage is not the one it is in. */
  readonly refused?: string;
  /** A kill is in force: back to v1, as far as v1 has what was written. */
  readonly isRolledBack: boolean;
  /** Records each store still has to get. */
  readonly repairs: Readonly<Record<Version, number>>;
  readonly behind: Behind;
}

/** What became of the calls. */
export interface StagedStoreMetrics {
  readonly reads: Readonly<Record<Version, SideCalls>>;
  readonly writes: Readonly<Record<Version, SideCalls>>;
  readonly compared: number;
  readonly mismatched: number;
  readonly repaired: number;
}

/** Calls of one store; a call is a read or a write of one record. */
export interface SideCalls {
  readonly succeeded: number;
  readonly failed: number;
  /** The sum over those that succeeded. */
  readonly totalMs: number;
}

/** @throws SwitchbackError `invalid-option` */
export function checkStagedStoreOptions(options: unknown): void {
  if (!isObject(options)) return refuseOption('options', 'an object', options);
  checkClient(options['client']);
  for (const side of ['v1', 'v2']) checkStore(side, options[side]);
  const { initialStage, maxRepairs, repairLog, stageSetting } = options;
  if (initialStage !== undefined && !isStage(initialStage))
    refuseOption('initialStage', `one of ${stages.join(', ')}`, initialStage);
  if (
    maxRepairs !== undefined &&
    !(Number.isInteger(maxRepairs) && Number(maxRepairs) >= 1 && Number(maxRepairs) <= 1e6)
  )
    refuseOption('maxRepairs', 'a whole number, 1 to 1000000', maxRepairs);
  if (stageSetting !== undefined && typeof stageSetting !== 'string')
    refuseOption('stageSetting', 'text', stageSetting);
  if (repairLog !== undefined)
    for (const name of ['load', 'put', 'remove', 'saveState'])
      if (typeof Object(repairLog)[name] !== 'function') refuseOption(`repairLog.${name}`, 'a function', repairLog);
  for (const name of ['startsEqual', 'isShared'])
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      refuseOption(name, 'true or false', options[name]);
  for (const name of ['compare', 'onMismatch', 'random'])
    if (options[name] !== undefined && typeof options[name] !== 'function')
      refuseOption(name, 'a function', options[name]);
}

/** @throws SwitchbackError `invalid-option`, naming the method that is missing */
export function checkStore(name: string, store: unknown, methods = ['get', 'set', 'delete']): void {
  for (const method of methods)
    if (typeof Object(store)[method] !== 'function')
      refuseOption(`${name}.${method}`, 'a function', Object(store)[method]);
}
