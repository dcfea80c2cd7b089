import { refuseOption } from '../../error.js';
import { inRange, isObject, isText } from '../../evaluate/kind.js';
import type { Difference } from '../sameValue.js';

/** A record of either side. */
export interface DataRecord<Value> {
  readonly key: string;
  readonly value: Value;
}

/** How records are read from v1, changed, written to v2 and read back. */
export interface DataMigrationOptions<From, To> {
  /** Names the migration in its checkpoint: another name, another migration. 1–200 characters. */
  readonly name: string;
  /** Reads v1: at most `limit` records after a key, in the order of their keys by UTF-16 code units; fewer may be given, none only after the last. Nothing else is asked of v1. */
  readonly read: (page: {
    readonly after: string | undefined;
    readonly limit: number;
  }) => Promise<readonly DataRecord<From>[]>;
  /** Makes v2's value; undefined leaves the record out. */
  readonly transform: (record: DataRecord<From>) => To | undefined | Promise<To | undefined>;
  /** Writes to v2, over what is there under the same keys: after a crash the last batch is written again. */
  readonly write: (records: readonly DataRecord<To>[]) => Promise<unknown>;
  /** Reads back from v2 what is there under these keys, in any order. */
  readonly verify: (keys: readonly string[]) => Promise<readonly DataRecord<To>[]>;
  /** How many records v2 holds; where it is given, more than were written fail the verification. */
  readonly count?: (() => Promise<number>) | undefined;
  /** How many records v1 holds, for the progress. */
  readonly total?: (() => Promise<number>) | undefined;
  /** Removes v2's copy, and nothing else. */
  readonly remove: () => Promise<unknown>;
  /** Where the state of the migration is kept. */
  readonly checkpoint: CheckpointStore;
  /** Records of a batch, 1–100,000; default 1,000. This bounds the memory. */
  readonly batchSize?: number | undefined;
  /** The share of records that are compared deeply besides their checksum, 0–1; default 0.01, and at least the first of a batch. */
  readonly sampling?: number | undefined;
  /** How often a failed read or write is tried again, 0–20; default 3. */
  readonly retries?: number | undefined;
  /** Whether a record that cannot be transformed or is not JSON ends the run (default), or is left out and told of. */
  readonly onBadRecord?: 'stop' | 'skip' | undefined;
  /** Returns 0–1, like `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Where a migration's state outlives its process: one text. */
export interface CheckpointStore {
  /** What was saved last; null: nothing. */
  load(): Promise<string | null> | string | null;
  /** Replaces what was saved. */
  save(text: string): Promise<unknown> | void;
}

/** `copying`, `verifying`: under way or to be resumed. `verified`: v2 may be read. `removed`: rolled back. */
export type DataMigrationPhase = 'new' | 'copying' | 'verifying' | 'verified' | 'failed' | 'removed';

/** How far a migration is, in records. */
export interface DataMigrationProgress {
  readonly phase: DataMigrationPhase;
  readonly isRunning: boolean;
  /** Of v1, as far as it is known. */
  readonly total: number | null;
  readonly read: number;
  readonly written: number;
  /** Left out by `transform`, or bad. */
  readonly skipped: number;
  readonly verified: number;
  /** 0–1 of copying and verifying together; null where the total is not known. */
  readonly fraction: number | null;
  /** The first 100. */
  readonly problems: readonly DataProblem[];
}

/** What is wrong with a record. The values are described, not shown. */
export interface DataProblem {
  readonly key: string;
  readonly problem: 'bad' | 'missing' | 'different' | 'count';
  readonly detail?: string;
  readonly differences?: readonly Difference[];
}

const ranges = { batchSize: inRange(1, 100_000), sampling: inRange(0, 1), retries: inRange(0, 20) };

/** @throws SwitchbackError `invalid-option` */
export function checkDataMigrationOptions(options: unknown): void {
  if (!isObject(options)) return refuseOption('options', 'an object', options);
  const { name, onBadRecord = 'stop' } = options;
  if (!isText(name) || name === '' || name.length > 200) refuseOption('name', '1 to 200 characters', name);
  for (const needed of ['read', 'transform', 'write', 'verify', 'remove'])
    if (typeof options[needed] !== 'function') refuseOption(needed, 'a function', options[needed]);
  for (const optional of ['count', 'total', 'random'])
    if (options[optional] !== undefined && typeof options[optional] !== 'function')
      refuseOption(optional, 'a function', options[optional]);
  for (const method of ['load', 'save'])
    if (typeof Object(options['checkpoint'])[method] !== 'function')
      refuseOption(`checkpoint.${method}`, 'a function', Object(options['checkpoint'])[method]);
  for (const [range, { accepts, expected }] of Object.entries(ranges)) {
    const value = options[range];
    if (value !== undefined && (!accepts(value) || (range !== 'sampling' && !Number.isInteger(value))))
      refuseOption(range, expected, value);
  }
  if (onBadRecord !== 'stop' && onBadRecord !== 'skip') refuseOption('onBadRecord', '"stop" or "skip"', onBadRecord);
}
