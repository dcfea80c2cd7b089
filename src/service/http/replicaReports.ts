// Comes in: the streams of this replica, reports of the others. Goes out: how far a rollback is on all of them. Who calls: handler, health routes.
import type { OnInternalFault } from '../../error.js';
import { compareOrder, type Order } from '../../evaluate/snapshot.js';
import type { ServiceClock } from '../clock.js';
import type { ReplicaTable, SeenReplica } from '../replicaTable.js';
import type { OfrepStreams } from './ofrepStreams.js';
import type { Replica } from './replica.js';
import type { StreamProgress, Streams } from './streams.js';

/** How far a revision has come on all replicas. */
export interface FleetProgress {
  /** Added up over those that were heard of lately. */
  readonly streams: StreamProgress;
  /** Of OFREP, added up the same way: they are told of every change, and confirm nothing. */
  readonly ofrepStreams: number;
  readonly replicas: {
    readonly total: number;
    readonly applied: number;
    /** Not heard of for 10 s; forgotten after 10 min. */
    readonly unreachable: number;
  };
  /** Of those that have not applied it, how many were not heard of. */
  readonly lost: number;
}

export interface ReplicaReports {
  /** From what was last heard. */
  progress(target: Order): FleetProgress;
  /** Something changed that others count: tells them within a moment. */
  soon(): void;
  /** Hears the others, at most four times a second; never throws. */
  hear(): Promise<void>;
  close(): void;
}

export interface ReplicaReportsOptions {
  readonly name: string;
  /** Without one this replica is alone. */
  readonly table: ReplicaTable | undefined;
  readonly replica: Pick<Replica, 'current' | 'target'>;
  readonly streams: Streams;
  readonly ofrepStreams: Pick<OfrepStreams, 'count'>;
  readonly clock: ServiceClock;
  /** Told after the others were heard. */
  readonly onHeard: () => void;
  readonly onInternalFault: OnInternalFault;
}

const everyMs = 2_000;
const soonMs = 200;
const freshMs = 250;
const silentMs = 10_000;

/** Tells the other replicas how far this one is, and hears them, through the database. */
export function createReplicaReports(options: ReplicaReportsOptions): ReplicaReports {
  const { name, table, replica, streams, ofrepStreams, clock, onHeard, onInternalFault } = options;
  const id = randomId();
  let seen: readonly SeenReplica[] = [];
  let heardAtMs = -Infinity;
  let joined = false;
  let healthy = true;
  let closed = false;
  let running: Promise<void> | null = null;
  let cancel = (): void => {};
  let dueAtMs = Infinity;

  const exchange = async (known: ReplicaTable): Promise<void> => {
    try {
      if (!joined) await known.join(id, name);
      joined = true;
      const [applied, target] = [replica.current(), replica.target()];
      const counts = applied === null ? noStreams : streams.progress(target ?? applied);
      const others = await known.report({ id, name, applied, target, ...counts, ofrepStreams: ofrepStreams.count() });
      if (closed) return;
      seen = others;
      heardAtMs = clock.now();
      healthy = true;
      onHeard();
    } catch (error) {
      if (healthy && !closed) onInternalFault('replicas', error);
      healthy = false;
    }
  };
  const run = (): Promise<void> => {
    if (table === undefined || closed) return Promise.resolve();
    running ??= exchange(table).finally(() => {
      running = null;
      wait(everyMs);
    });
    return running;
  };
  const wait = (delayMs: number): void => {
    const atMs = clock.now() + delayMs;
    // Never later than what is waited for already.
    if (closed || table === undefined || (atMs >= dueAtMs && dueAtMs > clock.now())) return;
    cancel();
    dueAtMs = atMs;
    cancel = clock.after(delayMs, () => {
      dueAtMs = Infinity;
      // A report that is under way may have been counted before what this one is for.
      void (running ?? Promise.resolve()).then(run);
    });
  };
  wait(soonMs);

  return {
    progress(target) {
      const own = streams.progress(target);
      const total = { ...own };
      const replicas = { total: 1 + seen.length, applied: 1, unreachable: 0 };
      let [lost, ofrep] = [0, ofrepStreams.count()];
      for (const one of seen) {
        const hasApplied = one.applied !== null && compareOrder(one.applied, target) >= 0;
        if (hasApplied) replicas.applied += 1;
        if (one.silentMs + clock.now() - heardAtMs > silentMs) {
          replicas.unreachable += 1;
          if (!hasApplied) lost += 1;
          continue;
        }
        // It counts for its own target, which is never easier than this one where it is not an earlier one.
        const counts = one.target !== null && compareOrder(one.target, target) >= 0;
        ofrep += one.ofrepStreams;
        total.connected += one.connected;
        total.sent += hasApplied ? (counts ? one.sent : one.connected) : 0;
        total.sampled += counts ? one.sampled : one.connected;
        total.confirmed += hasApplied && counts ? one.confirmed : 0;
      }
      return { streams: total, ofrepStreams: ofrep, replicas, lost };
    },
    soon: () => wait(soonMs),
    hear: () => (Math.abs(clock.now() - heardAtMs) < freshMs ? Promise.resolve() : run()),
    close() {
      closed = true;
      cancel();
      if (joined) table?.leave(id).catch((error: unknown) => onInternalFault('replicas', error));
    },
  };
}

const noStreams: StreamProgress = { connected: 0, sent: 0, sampled: 0, confirmed: 0 };

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
