import type { BatchResult } from '../store.js';

/** What this process took of what pages sent, since it started. */
export interface IntakeCounts {
  readonly batches: Readonly<Record<BatchResult['status'], number>>;
  readonly acceptedBuckets: number;
  /** Buckets that were refused, and what was counted in another way than it was sent, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** How often connections of pages came to be each way. */
  readonly connections: Readonly<Record<string, number>>;
}

/** Counts what is taken and what is not, and why. */
export interface Intake {
  note(
    status: BatchResult['status'],
    acceptedBuckets: number,
    refused: readonly { readonly code: string; readonly count?: number }[],
  ): void;
  /** Of a batch that is new: pages send one again until they have an answer. */
  noteConnections(changes: Readonly<Record<string, number>>): void;
  counts(): IntakeCounts;
}

export function createIntake(): Intake {
  const batches = { stored: 0, duplicate: 0, limited: 0 };
  const refused = new Map<string, number>();
  const connections = new Map<string, number>();
  let acceptedBuckets = 0;
  return {
    note(status, accepted, why) {
      batches[status] += 1;
      if (status === 'stored') acceptedBuckets += accepted;
      // What was refused once is not counted again when it is sent again.
      const isNew = status !== 'duplicate';
      for (const { code, count } of why)
        if (isNew || count !== undefined) refused.set(code, (refused.get(code) ?? 0) + (count ?? 1));
    },
    noteConnections(changes) {
      for (const [status, count] of Object.entries(changes))
        if (count > 0) connections.set(status, (connections.get(status) ?? 0) + count);
    },
    counts: () => ({
      batches: { ...batches },
      acceptedBuckets,
      refused: Object.fromEntries(refused),
      connections: Object.fromEntries(connections),
    }),
  };
}
