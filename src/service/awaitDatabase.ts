import { sqlStateOf } from './databaseError.js';
import type { PreparedDatabase } from './prepareDatabase.js';
import { StoreError } from './store.js';

export interface AwaitOptions {
  /** @param signal aborted when nobody waits any more */
  readonly prepare: (signal: AbortSignal) => Promise<PreparedDatabase>;
  /** How long the start waits for the first attempt; it goes on after that. */
  readonly firstMs: number;
  /** Whether the service starts although this went wrong. */
  readonly mayWait: (error: unknown) => boolean;
  readonly onReady: (database: PreparedDatabase) => void;
  /** Hears why it still waits. */
  readonly onFailure: (error: unknown) => void;
}

/** A database that is prepared as soon as it answers. */
export interface AwaitedDatabase {
  /** Null while it is waited for. */
  current(): PreparedDatabase | null;
  close(): Promise<void>;
}

const firstRetryMs = 500;
const maxRetryMs = 5_000;
const closeMs = 5_000;

/**
 * Prepares a database, and goes on trying where it is not there.
 * @throws what the first attempt failed with, where `mayWait` says no
 */
export async function awaitDatabase(options: AwaitOptions): Promise<AwaitedDatabase> {
  const { prepare, firstMs, mayWait, onReady, onFailure } = options;
  let database: PreparedDatabase | null = null;
  const closing = new AbortController();
  let isStarted = false;
  let attempts = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const attempt = async (): Promise<void> => {
    try {
      const prepared = await prepare(closing.signal);
      if (closing.signal.aborted) return await prepared.close();
      database = prepared;
      onReady(prepared);
    } catch (error) {
      if (closing.signal.aborted) return;
      if (!isStarted && !mayWait(error)) throw error;
      onFailure(error);
      // Spread, so that a database that comes back is not met by all of its replicas together.
      const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** attempts) * (0.5 + Math.random() / 2);
      attempts += 1;
      timer = setTimeout(run, delayMs);
      timer.unref();
    }
  };
  const run = (): void => {
    running = attempt();
  };

  run();
  const late = await Promise.race([running.then(() => false), after(firstMs)]);
  isStarted = true;
  if (late) onFailure(new StoreError('unavailable', `the database did not answer within ${firstMs} ms`));
  return {
    current: () => database,
    async close() {
      closing.abort();
      clearTimeout(timer);
      await Promise.race([running.catch(() => {}), after(closeMs)]);
      await database?.close();
    },
  };
}

const after = (ms: number): Promise<true> => new Promise((resolve) => setTimeout(resolve, ms, true).unref());

/** Whether a database may be there later without anybody changing a setting: it answered neither "no such role" nor "no such database". */
export const isWorthWaiting = (error: unknown): boolean =>
  error instanceof StoreError && error.code === 'unavailable' && !/^(28|3D)/.test(sqlStateOf(error.cause) ?? '');
