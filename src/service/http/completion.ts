import type { ServiceClock } from '../clock.js';
import type { RollbackTarget } from './replica.js';
import type { ReplicaReports } from './replicaReports.js';
import { isConfirmedByAll } from './rollbackStatus.js';

/** Remembers when a rollback was first confirmed by enough streams. */
export interface Completion {
  /** Looks again: call it whenever something was published or confirmed. */
  note(target: RollbackTarget | null): void;
  /** ms since 1970; null while it is not, or for another target. */
  atMs(target: RollbackTarget | null): number | null;
}

/** Watches the confirmations of the newest rollback. */
export function createCompletion(
  reports: Pick<ReplicaReports, 'progress'>,
  clock: ServiceClock,
  ackRate: number,
): Completion {
  let completed: { readonly target: RollbackTarget; readonly atMs: number } | null = null;
  return {
    note(target) {
      if (target === null || completed?.target === target) return;
      if (isConfirmedByAll(reports.progress(target), ackRate)) completed = { target, atMs: clock.now() };
    },
    atMs: (target) => (completed !== null && completed.target === target ? completed.atMs : null),
  };
}
