import type { OnInternalFault } from '../../error.js';
import type { ServiceClock } from '../clock.js';
import type { PointSink } from './pointSink.js';
import type { ExportState, TotalsStore } from './totalsStore.js';

/** Longer than a request may take, shorter than anybody would wait for another replica. */
const leaseMs = 60_000;
const pointsPerRequest = 1_000;
const requestsPerExport = 200;
/** ms between two looks at how the export stands. */
const lookMs = 5_000;
const maxPauseMs = 600_000;

export interface ExportSchedulerOptions {
  readonly totals: TotalsStore;
  readonly sink: PointSink;
  /** 32 hex digits, of this process. */
  readonly holder: string;
  readonly clock: ServiceClock;
  readonly onInternalFault: OnInternalFault;
}

export interface ExportScheduler {
  /** As read last; null before that. */
  state(): ExportState | null;
  stop(): void;
  /** Ends after `stop`, when what was being sent is settled and another replica may go on. */
  readonly ended: Promise<void>;
}

/**
 * Exports what pages counted for as long as the service lives. What is due is in the database alone: every replica may send it, one
 * at a time does, and a process that dies takes nothing with it.
 */
export function startExport(options: ExportSchedulerOptions): ExportScheduler {
  const { totals, sink, holder, clock, onInternalFault } = options;
  let isStopped = false;
  let state: ExportState | null = null;
  const cancels = new Set<() => void>();
  const quiet = new Set<string>();
  let sending = Promise.resolve();
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));

  // An outage is told once, and again after it was over.
  const attempt = async (operation: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      quiet.delete(operation);
    } catch (error) {
      if (!quiet.has(operation) && !isStopped) onInternalFault(operation, error);
      quiet.add(operation);
    }
  };

  const look = (): Promise<void> =>
    attempt('metric export', async () => {
      state = await totals.readExport();
    });

  const send = (): Promise<void> =>
    attempt('metric export', async () => {
      for (let requests = 0; requests < requestsPerExport && !isStopped; requests += 1) {
        if (!(await totals.lease(holder, leaseMs))) return;
        const points = await totals.take(holder, pointsPerRequest);
        if (points === null) return;
        const outcome = await sink.send(points);
        if (outcome.why !== undefined) onInternalFault('metric export', new Error(outcome.why));
        if (outcome.status === 'failed') return await totals.noteFailure(holder, outcome.why);
        const refused = outcome.status === 'refused' ? points.points.length : (outcome.rejected ?? 0);
        await totals.settle(holder, points.points, refused);
      }
    });

  const repeat = (work: () => Promise<void>, pauseMs: () => number, firstMs: number): void => {
    const wait = (ms: number): void => {
      if (isStopped) return;
      const cancel = clock.after(ms, () => {
        cancels.delete(cancel);
        void work().then(() => wait(pauseMs()));
      });
      cancels.add(cancel);
    };
    wait(firstMs);
  };
  const pauseMs = (): number =>
    Math.max(sink.everyMs, Math.min(sink.everyMs * 2 ** Math.min(state?.failures ?? 0, 10), maxPauseMs));
  // Points are wanted from now on.
  void attempt('metric export', async () => void (await totals.lease(holder, leaseMs)));
  repeat(look, () => lookMs, lookMs);
  repeat(() => (sending = send()), pauseMs, sink.everyMs);
  return {
    state: () => state,
    ended,
    stop() {
      isStopped = true;
      for (const cancel of cancels) cancel();
      // Not before: another replica would send the same.
      void sending.then(() => totals.release(holder)).then(end, end);
    },
  };
}
