import type { Series } from './series.js';

/** Everything that was ever counted, as far as a reader does not know it yet. */
export interface TotalsRead {
  readonly sinceMs: number;
  /** Pass it to the next read. */
  readonly round: number;
  readonly changed: readonly Series[];
}

/** Points of one time, as they are sent and, after a fault, sent again. */
export interface PointsToSend {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly points: readonly Series[];
}

/** How the export of all replicas stands. */
export interface ExportState {
  /** Null before anything was sent. */
  readonly sentUntilMs: number | null;
  readonly sentPoints: number;
  /** Points that the receiver refused for good. */
  readonly refusedPoints: number;
  /** In a row. */
  readonly failures: number;
  readonly failure: string | null;
  /** Since when points wait; null when none do. */
  readonly waitingSinceMs: number | null;
}

/**
 * Running totals of all replicas and what is to be exported of them.
 * @throws StoreError `unavailable`
 */
export interface TotalsStore {
  /** @param round of the last read; null reads everything */
  read(round: number | null): Promise<TotalsRead>;
  /**
   * Takes the lease for a replica, and asks for points from now on. The first one begins with what is counted after it.
   * @returns false while another replica has it
   */
  lease(holder: string, leaseMs: number): Promise<boolean>;
  /** Up to `limit` points: those that were not taken yet, else what was counted since. Null without any. */
  take(holder: string, limit: number): Promise<PointsToSend | null>;
  /**
   * The receiver has these points, or will never take them: they are sent no more.
   * @param refused how many it will never take, by its own count: one of ours may be several of its
   */
  settle(holder: string, points: readonly Series[], refused: number): Promise<void>;
  noteFailure(holder: string, failure: string): Promise<void>;
  readExport(): Promise<ExportState>;
  /** Lets another replica go on at once. */
  release(holder: string): Promise<void>;
}

/** A store that keeps totals as well. */
export interface WithTotals {
  readonly totals: TotalsStore;
}
