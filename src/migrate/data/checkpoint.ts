import { showValue, SwitchbackError } from '../../error.js';
import { isObject } from '../../evaluate/kind.js';
import type { CheckpointStore, DataMigrationPhase, DataProblem } from './dataMigrationOptions.js';

/** Where a migration is. */
export interface Checkpoint {
  readonly migration: string;
  readonly phase: DataMigrationPhase;
  /** The last key that is done in this phase. */
  readonly after?: string | undefined;
  readonly read: number;
  readonly written: number;
  readonly skipped: number;
  readonly verified: number;
  /** Records of v2 that were looked at, and those that were not as they should be. */
  readonly compared: number;
  readonly wrong: number;
  readonly problems: readonly DataProblem[];
}

const phases: readonly DataMigrationPhase[] = ['new', 'copying', 'verifying', 'verified', 'failed', 'removed'];

export const newCheckpoint = (migration: string): Checkpoint => ({
  migration,
  phase: 'new',
  read: 0,
  written: 0,
  skipped: 0,
  verified: 0,
  compared: 0,
  wrong: 0,
  problems: [],
});

/**
 * Reads where a migration was left.
 * @throws SwitchbackError `invalid-option` for a checkpoint of another migration, or one that cannot be read: to go on from it would
 *   leave records out
 */
export async function loadCheckpoint(store: CheckpointStore, migration: string): Promise<Checkpoint> {
  const text = await store.load();
  if (text === null) return newCheckpoint(migration);
  const found = parse(text);
  if (!found)
    throw new SwitchbackError(
      'invalid-option',
      `the checkpoint of ${showValue(migration)} cannot be read, found ${showValue(text)}`,
    );
  if (found.migration !== migration)
    throw new SwitchbackError(
      'invalid-option',
      `the checkpoint is of the migration ${showValue(found.migration)}, not of ${showValue(migration)}`,
    );
  return found;
}

function parse(text: string): Checkpoint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { migration, phase, after, read, written, skipped, verified, compared, wrong, problems } = value;
  const counts = { read, written, skipped, verified, compared, wrong };
  const isSound =
    typeof migration === 'string' &&
    phases.some((known) => known === phase) &&
    (after === undefined || typeof after === 'string') &&
    Object.values(counts).every((count) => Number.isSafeInteger(count) && Number(count) >= 0) &&
    Array.isArray(problems);
  return isSound ? (value as Partial<Checkpoint> as Checkpoint) : undefined;
}
