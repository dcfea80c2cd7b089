// Comes in: how to read v1 and to write v2. Goes out: v2's copy of v1's records, verified, or none. Who calls: hosts, the CLI.
import { showValue, SwitchbackError } from '../../error.js';
import { differencesOf } from '../sameValue.js';
import { checksumOf } from '../store/stamp.js';
import { checkOrder } from './checkOrder.js';
import { loadCheckpoint, newCheckpoint, type Checkpoint } from './checkpoint.js';
import {
  checkDataMigrationOptions,
  type DataMigrationOptions,
  type DataMigrationProgress,
  type DataProblem,
  type DataRecord,
} from './dataMigrationOptions.js';

/** A copy of v1's data in v2's shape, made once and beside it. */
export interface DataMigration {
  /**
   * Copies and verifies; goes on where an earlier run was left.
   * @returns how it ended: `verified`, or `failed` with the problems
   * @throws what `read`, `write` or `verify` threw at last; SwitchbackError `call-refused` for a bad record; the signal's reason
   */
  run(options?: RunOptions): Promise<DataMigrationProgress>;
  /** Verifies again what was copied, from the beginning. */
  verify(options?: RunOptions): Promise<DataMigrationProgress>;
  /** Removes v2's copy alone. A later `run` begins anew. */
  rollback(): Promise<DataMigrationProgress>;
  /** Reads where it was left. */
  load(): Promise<DataMigrationProgress>;
  /** The same object until something changed. */
  getProgress(): DataMigrationProgress;
  /** Calls back when the progress changed. Returns what ends it. */
  subscribe(listener: () => void): () => void;
}

/** What ends a run early; a later one resumes. */
export interface RunOptions {
  /** Ends the run before its next call of the host's functions; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const maxProblems = 100;
const notVerified = { phase: 'verifying', after: undefined, verified: 0, compared: 0, wrong: 0 } as const;
const firstDelayMs = 100;

/**
 * Copies data from v1 to v2: v1 is only read, memory holds one batch, and a crash costs no more than a batch. v2 may be read when
 * the outcome is `verified`. Not for two processes at once.
 * @throws SwitchbackError `invalid-option`
 */
export function migrateData<From, To>(options: DataMigrationOptions<From, To>): DataMigration {
  checkDataMigrationOptions(options);
  const { name, batchSize = 1_000, sampling = 0.01, retries = 3, random = Math.random } = options;
  const listeners = new Set<() => void>();
  let checkpoint: Checkpoint = newCheckpoint(name);
  let total: number | null = null;
  let running: Promise<DataMigrationProgress> | undefined;
  let progress = progressOf(checkpoint, total, false);

  const tell = (): void => {
    progress = progressOf(checkpoint, total, running !== undefined);
    for (const listener of listeners) {
      try {
        listener();
      } catch {
        // Who watches does not hold up what is watched.
      }
    }
  };
  const save = async (next: Checkpoint): Promise<void> => {
    await options.checkpoint.save(JSON.stringify(next));
    checkpoint = next;
    tell();
  };
  const again = async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        if (attempt >= retries) throw error;
        await new Promise((resolve) => setTimeout(resolve, random() * firstDelayMs * 2 ** attempt));
      }
    }
  };

  /** v1's records after the checkpoint, batch by batch. */
  const batches = async function* (signal?: AbortSignal): AsyncGenerator<readonly DataRecord<From>[]> {
    for (;;) {
      const { after } = checkpoint;
      const batch = await again(() => options.read({ after, limit: batchSize }), signal);
      checkOrder(batch, after, batchSize);
      if (batch.length === 0) return;
      yield batch;
    }
  };
  const transformAll = async (batch: readonly DataRecord<From>[]) => {
    const records: (DataRecord<To> & { readonly checksum: string })[] = [];
    const problems: DataProblem[] = [];
    for (const record of batch) {
      try {
        const value = await options.transform(record);
        if (value !== undefined) records.push({ key: record.key, value, checksum: checksumOf(value) });
      } catch (error) {
        const detail = error instanceof Error ? error.message.slice(0, 200) : showValue(error);
        if (options.onBadRecord !== 'skip')
          throw new SwitchbackError(
            'call-refused',
            `${name}: the record ${showValue(record.key)} cannot be copied: ${detail}`,
            { cause: error },
          );
        problems.push({ key: record.key, problem: 'bad', detail });
      }
    }
    return { records, problems };
  };
  const withProblems = (of: Checkpoint, problems: readonly DataProblem[]): readonly DataProblem[] =>
    [...of.problems, ...problems].slice(0, maxProblems);

  const copy = async (signal?: AbortSignal): Promise<void> => {
    for await (const batch of batches(signal)) {
      const { records, problems } = await transformAll(batch);
      if (records.length > 0)
        await again(() => options.write(records.map(({ key, value }) => ({ key, value }))), signal);
      await save({
        ...checkpoint,
        after: batch.at(-1)?.key,
        read: checkpoint.read + batch.length,
        written: checkpoint.written + records.length,
        skipped: checkpoint.skipped + batch.length - records.length,
        problems: withProblems(checkpoint, problems),
      });
    }
    await save({ ...checkpoint, ...notVerified });
  };
  const compareBatch = async (batch: readonly DataRecord<From>[], signal?: AbortSignal) => {
    const { records } = await transformAll(batch);
    const copies = new Map<string, To>();
    if (records.length > 0)
      for (const { key, value } of await again(() => options.verify(records.map(({ key: wanted }) => wanted)), signal))
        copies.set(key, value);
    const problems = records.flatMap(({ key, value, checksum }, at): DataProblem[] => {
      if (!copies.has(key)) return [{ key, problem: 'missing' }];
      const copied = copies.get(key);
      // A checksum may meet another one by chance: some are looked at as they are.
      const isSame = safeChecksum(copied) === checksum;
      if (isSame && at > 0 && random() >= sampling) return [];
      const differences = differencesOf(value, copied).filter((one) => !isAbsent(one.v1) || !isAbsent(one.v2));
      return isSame && differences.length === 0 ? [] : [{ key, problem: 'different', differences }];
    });
    return { compared: records.length, problems };
  };
  const verify = async (signal?: AbortSignal): Promise<void> => {
    for await (const batch of batches(signal)) {
      const { compared, problems } = await compareBatch(batch, signal);
      await save({
        ...checkpoint,
        after: batch.at(-1)?.key,
        verified: checkpoint.verified + batch.length,
        compared: checkpoint.compared + compared,
        wrong: checkpoint.wrong + problems.length,
        problems: withProblems(checkpoint, problems),
      });
    }
    const problems: DataProblem[] = [];
    const { read, written, verified, compared, wrong } = checkpoint;
    if (verified !== read)
      problems.push({
        key: '',
        problem: 'count',
        detail: `v1 held ${read} records when they were copied, and ${verified} since`,
      });
    else if (compared !== written)
      problems.push({
        key: '',
        problem: 'count',
        detail: `${written} records were written, and ${compared} of them compared`,
      });
    const held = options.count && (await again(options.count, signal));
    if (held !== undefined && held !== written)
      problems.push({ key: '', problem: 'count', detail: `v2 holds ${held} records where ${written} were written` });
    await save({
      ...checkpoint,
      phase: wrong + problems.length > 0 ? 'failed' : 'verified',
      after: undefined,
      problems: withProblems(checkpoint, problems),
    });
  };

  /** One after the other. */
  const start = (work: () => Promise<void>): Promise<DataMigrationProgress> => {
    const before = running ?? Promise.resolve();
    const mine = before
      .then(work, work)
      .finally(() => {
        if (running === mine) running = undefined;
        tell();
      })
      .then(() => progress);
    running = mine;
    tell();
    return mine;
  };
  const load = async (): Promise<void> => {
    checkpoint = await loadCheckpoint(options.checkpoint, name);
    tell();
  };
  const countTotal = async (): Promise<void> => {
    // Only the progress needs it.
    try {
      total = options.total ? await options.total() : null;
    } catch {
      total = null;
    }
    tell();
  };
  const startVerifying = (): Promise<void> =>
    save({
      ...checkpoint,
      ...notVerified,
      problems: checkpoint.problems.filter(({ problem }) => problem === 'bad'),
    });

  return {
    run: ({ signal } = {}) =>
      start(async () => {
        await load();
        await countTotal();
        if (checkpoint.phase === 'verified') return;
        if (checkpoint.phase === 'new' || checkpoint.phase === 'removed' || checkpoint.phase === 'failed')
          await save({ ...newCheckpoint(name), phase: 'copying' });
        if (checkpoint.phase === 'copying') await copy(signal);
        await verify(signal);
      }),
    verify: ({ signal } = {}) =>
      start(async () => {
        await load();
        await countTotal();
        if (checkpoint.phase === 'new' || checkpoint.phase === 'removed' || checkpoint.phase === 'copying')
          throw new SwitchbackError('invalid-option', `${name} is ${checkpoint.phase}: run it before it is verified`);
        await startVerifying();
        await verify(signal);
      }),
    rollback: () =>
      start(async () => {
        await load();
        // First, so that a crash in between leaves nothing that counts as verified.
        await save({ ...newCheckpoint(name), phase: 'copying' });
        await again(options.remove);
        await save({ ...newCheckpoint(name), phase: 'removed' });
      }),
    load: async () => {
      await load();
      await countTotal();
      return progress;
    },
    getProgress: () => progress,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** JSON knows no difference. */
const isAbsent = (described: string): boolean => described === 'absent' || described === 'undefined';

function safeChecksum(value: unknown): string | undefined {
  try {
    return checksumOf(value);
  } catch {
    return undefined;
  }
}

function progressOf(checkpoint: Checkpoint, counted: number | null, isRunning: boolean): DataMigrationProgress {
  const { phase, read, written, skipped, verified, problems } = checkpoint;
  // People go on writing: what was counted before may be less than what was read.
  const total = counted === null ? null : Math.max(counted, read, verified);
  const isDone = phase === 'verified' || phase === 'failed';
  const fraction = isDone ? 1 : total === null || total === 0 ? null : Math.min((read + verified) / (2 * total), 1);
  return { phase, isRunning, total, read, written, skipped, verified, fraction, problems };
}
