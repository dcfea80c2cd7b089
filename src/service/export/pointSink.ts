import type { PointsToSend } from './totalsStore.js';

/** What became of points: the receiver has them, will never take them, or may take them later. */
export type SendOutcome =
  /** `rejected`: points that it will never take, although it took the others; default 0. `why`: what it says to that. */
  | { readonly status: 'taken'; readonly rejected?: number; readonly why?: string }
  | { readonly status: 'refused'; readonly why: string }
  | { readonly status: 'failed'; readonly why: string };

/** Where points go. */
export interface PointSink {
  /** ms between two exports. */
  readonly everyMs: number;
  /** Never rejects, and ends within 20 s. */
  send(points: PointsToSend): Promise<SendOutcome>;
  close(): Promise<void>;
}
