/** How one part of a store is. */
export interface ProbedPart {
  readonly ok: boolean;
  readonly ms: number;
  /** Why not; empty when ok. */
  readonly detail: string;
}

/** How a store is, tried just now. */
export interface StoreProbe {
  /** A query and its answer. */
  readonly read: ProbedPart;
  /** What the database's clock is ahead of this process'. */
  readonly clockAheadMs: number;
  readonly serverVersion: string;
  /** NOTIFY through the pool, LISTEN on a connection of its own, as the service listens. */
  readonly listen: ProbedPart;
  /** A change that was rolled back; null where nothing may be written. */
  readonly write: ProbedPart | null;
}

/** A store that can say how it is. */
export interface WithProbe {
  /** Tries the store; leaves nothing behind. Never throws. */
  probe(): Promise<StoreProbe>;
}
