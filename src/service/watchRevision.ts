import pg from 'pg';
import type { Queryable } from './database.js';
import { passChannel } from './postgresReplicas.js';

/** What was in the database at a revision. */
export interface Content {
  readonly revision: string;
  /** Of `switchback_digest()`. */
  readonly digest: string;
}

/** How a store hears of commits: by notification, and by asking, because notifications get lost. */
export interface WatchOptions {
  readonly config: pg.ClientConfig;
  /** For asking; another connection than the one that listens. */
  readonly database: Queryable;
  /** Publish what was changed with triggers off, but give it no revision. Default false. */
  readonly readOnly?: boolean;
  /** ms between two looks at the revision; default 2,000. */
  readonly pollMs?: number;
  /** At most so many ms between two looks at the content, which change when triggers are disabled; default 10,000. */
  readonly digestMs?: number;
  /** What was read first at the latest revision that was read; null: nothing was. */
  readonly contentRead?: () => Content | null;
  readonly onChange: () => void;
  readonly onHealth: (healthy: boolean, error?: unknown) => void;
  /** Hears what replicas pass on. */
  readonly onPassed: (text: string) => void;
}

const firstRetryMs = 100;
const maxRetryMs = 5_000;

/**
 * Calls `onChange` at the start, soon after each commit that changed the revision, and after every return of a lost
 * connection. Healthy means that listening and asking both work.
 * @returns stop
 */
export function watchRevision(options: WatchOptions): () => void {
  const {
    config,
    database,
    readOnly = false,
    pollMs = 2_000,
    digestMs = 10_000,
    contentRead = () => null,
    onChange,
    onHealth,
    onPassed,
  } = options;
  let stopped = false;
  let client: pg.Client | null = null;
  let isListening = false;
  let isAnswering = false;
  let isHealthy: boolean | null = null;
  let known: string | null = null;
  let knownEpoch: string | null = null;
  let wasMissed = false;
  let content: Content | null = null;
  // Of a clock that nobody sets: while it stood still, triggers could be off unnoticed.
  let digestAtMs = -Infinity;
  let attempts = 0;
  const timers = new Set<NodeJS.Timeout>();

  const later = (delayMs: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) run();
    }, delayMs);
    timer.unref();
    timers.add(timer);
  };
  const tellHealth = (error?: unknown) => {
    const next = isListening && isAnswering;
    // At the start one of the two comes first; that is no fault.
    const isStarting = isHealthy === null && error === undefined && !next;
    if (stopped || isStarting || next === isHealthy) return;
    isHealthy = next;
    onHealth(next, error);
  };
  const changed = (revision: string) => {
    known = revision;
    if (!stopped) onChange();
  };

  const lose = (lost: pg.Client, error: unknown) => {
    if (client !== lost) return;
    client = null;
    isListening = false;
    lost.end().catch(() => {});
    tellHealth(error);
    const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** attempts);
    attempts += 1;
    later(delayMs * (0.5 + Math.random() / 2), listen);
  };

  function listen(): void {
    const next = new pg.Client({
      ...config,
      application_name: 'switchback-listen',
      keepAlive: true,
      connectionTimeoutMillis: 2_000,
    });
    client = next;
    next.on('error', (error) => lose(next, error));
    next.on('end', () => lose(next, new Error('the connection that listens was closed')));
    next.on('notification', ({ channel, payload }) => {
      if (payload === undefined || client !== next) return;
      if (channel === passChannel) onPassed(payload);
      else changed(payload);
    });
    next
      .connect()
      .then(() => next.query(`LISTEN switchback; LISTEN ${passChannel}`))
      .then(() => {
        if (client !== next) return;
        attempts = 0;
        isListening = true;
        tellHealth();
        // What was committed until now was told to nobody.
        if (!stopped) onChange();
      })
      .catch((error: unknown) => lose(next, error));
  }

  async function ask(): Promise<void> {
    try {
      // The next look would come too late.
      const isDue = performance.now() - digestAtMs > digestMs - pollMs;
      await (isDue ? askContent() : askRevision());
      isAnswering = true;
      tellHealth();
    } catch (error) {
      isAnswering = false;
      tellHealth(error);
    }
    later(pollMs, () => void ask());
  }

  function see({ epoch, revision }: { readonly epoch: string; readonly revision: string }): void {
    // Twice in a row the poll knew more than the listener: its connection is dead without having said so.
    const isMissed = isListening && known !== null && revision !== known;
    if (isMissed && wasMissed && client !== null) lose(client, new Error('notifications stopped arriving'));
    wasMissed = isMissed;
    // Raised after a restore, at the same revision.
    const isRaised = knownEpoch !== null && epoch !== knownEpoch;
    knownEpoch = epoch;
    if (revision !== known || isRaised) changed(revision);
  }

  async function askRevision(): Promise<void> {
    const [row] = await database.query<{ epoch: string; revision: string }>(
      'SELECT epoch::text, revision::text FROM switchback_state',
    );
    if (row !== undefined) see(row);
  }

  async function askContent(): Promise<void> {
    const [row] = await database.query<Content & { epoch: string }>(
      'SELECT epoch::text, revision::text, switchback_digest() AS digest FROM switchback_state',
    );
    if (row === undefined) return;
    digestAtMs = performance.now();
    // At the first look at a revision, what was published of it may be older than what is there.
    const before = content?.revision === row.revision ? content : contentRead();
    if (before !== null && before.revision === row.revision && before.digest !== row.digest)
      await publishSilent(row.revision);
    content = row;
    see(row);
  }

  // Somebody changed flags with the triggers off. The first replica to see it gives the change a revision.
  const publishSilent = async (revision: string): Promise<void> => {
    if (readOnly) changed(revision);
    else await database.query('SELECT switchback_note_silent_change($1::bigint)', [revision]);
  };

  listen();
  void ask();
  return () => {
    stopped = true;
    for (const timer of timers) clearTimeout(timer);
    const last = client;
    client = null;
    last?.end().catch(() => {});
  };
}
