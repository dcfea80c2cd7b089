import type { ChangeOrigin } from '../store.js';
import type { StoredBaseline } from './baseline.js';

/** A window to record; `fromMs` null: from now on. */
export interface BaselineWindow {
  readonly fromMs: number | null;
  /** Of both ends one may be left out: then it lasts so long. */
  readonly untilMs: number | null;
  readonly durationMs: number;
}

/**
 * Where baselines are kept. Changes are one transaction each, audited.
 * @throws StoreError `not-found`, `conflict` (v2 was on, another is recording), `invalid`, `unavailable`
 */
export interface BaselineStore {
  /** Newest first. */
  list(query: { readonly feature?: string; readonly limit: number }): Promise<readonly StoredBaseline[]>;
  read(id: number): Promise<StoredBaseline>;
  /** Completes at once where the window is over. */
  start(feature: string, window: BaselineWindow, origin: ChangeOrigin): Promise<StoredBaseline>;
  cancel(id: number, origin: ChangeOrigin): Promise<StoredBaseline>;
  /** Completes those whose window is over, and ends those that v2 has spoiled; each once among all replicas. */
  tick(): Promise<readonly StoredBaseline[]>;
}

/** A store that keeps baselines as well. */
export interface WithBaselines {
  readonly baselines: BaselineStore;
}
