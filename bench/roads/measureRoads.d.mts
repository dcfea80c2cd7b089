export interface MeasuredRoad {
  readonly road: string;
  readonly state: string;
  readonly samples: number;
  readonly medianMs: number;
  /** Infinity: v1 did not come in time. */
  readonly maxMs: number;
}

export interface MeasureOptions {
  readonly runs: number;
  readonly users: number;
  readonly roadNames: readonly string[];
  readonly stateNames: readonly string[];
  /** How long v1 may take before the cell counts as never; default 60,000. */
  readonly timeoutMs?: number;
  /** How often pages ask for the static snapshot; default 15,000. */
  readonly pollMs?: number;
  /** Told of each cell, and of those that are left. */
  readonly log?: (row: MeasuredRoad, left: readonly Pick<MeasuredRoad, 'road' | 'state'>[]) => void;
}

export declare function measureRoads(options: MeasureOptions): Promise<readonly MeasuredRoad[]>;
