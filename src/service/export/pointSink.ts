import type { PointsToSend } from './totalsStore.js';

/** What became of points: the receiver has them, will never take them, or may take them later. */
export type SendOutcome =
  | { readonly status: 'taken' }
  | { readonly status: 'refused' | 'failed'; readonly why: string };

/** Where points go. */
export interface PointSink {
  /** ms between two exports. */
  readonly everyMs: number;
  /** Never rejects, and ends within 20 s. */
  send(points: PointsToSend): Promise<SendOutcome>;
  close(): Promise<void>;
}
