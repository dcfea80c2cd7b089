// Comes in: a window before a rollout. Goes out: what v1 was in it, frozen, and how now differs from it. Who calls: routes, scheduler, store.
import type { StoredNumbers } from '../store.js';

/** What may be asked for and kept. */
export const baselineCaps = { hours: 744, keptPerFeature: 20, ageMs: 30 * 86_400_000, graceMs: 120_000 };

/** What v1 was in a window: everybody's, however they came by it. */
export interface V1Numbers extends StoredNumbers {
  /** Users told apart by their digests, as far as pages told them; 0 where nobody came by the percentage. */
  readonly users: number;
  /** v2 on screens all the same, such as by an override. */
  readonly v2Exposures: number;
  /** Batches of pages, of all features; null where nothing was expected or it is not kept any more. */
  readonly delivery: { readonly expected: number; readonly received: number } | null;
}

/** How far the recording is. `endedAt` is ISO 8601. */
type BaselinePhase =
  | { readonly status: 'recording' }
  | { readonly status: 'completed'; readonly endedAt: string; readonly numbers: V1Numbers }
  /** v2 was possible within the window: it is no picture of v1 alone. */
  | { readonly status: 'spoiled'; readonly endedAt: string; readonly cause: string }
  | { readonly status: 'cancelled'; readonly endedAt: string };

/** v1 of a feature over a window, recorded before a rollout. Times are ISO 8601. */
export type StoredBaseline = BaselinePhase & {
  readonly id: number;
  readonly feature: string;
  readonly from: string;
  readonly until: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly reason: string | null;
};
