/** A feature as an operator sees it. */
export interface OperatorFeature {
  readonly feature: string;
  readonly enabled: boolean;
  /** 0–100 with two decimals. */
  readonly percentage: number;
  /** Goes up with each change; a change of percentage is based on it. */
  readonly rowRevision: number;
  readonly rollbacks: readonly OperatorRollback[];
}

/** Somebody or something took v2 away. `endedAt` null: it is in force. */
export interface OperatorRollback {
  readonly id: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly actor: string;
  readonly reason: string | null;
}

/** All features of the service at one moment, by key. */
export interface OperatorState {
  readonly features: ReadonlyMap<string, OperatorFeature>;
  /** In force: everything is v1. */
  readonly emergency: { readonly since: string; readonly rollbackId: number } | null;
}

/** One line of a feature's history. */
export interface OperatorChange {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
  readonly actor: string;
  /** In the service's words, such as `enable`, `rollback`, `change`. */
  readonly action: string;
  readonly reason: string | null;
  /** Where the percentage changed. */
  readonly percentage: { readonly from: number; readonly to: number } | null;
}

/** How far a rollback has come, over all open pages. */
export interface RollbackProgress {
  readonly isComplete: boolean;
  /** Pages that said that they show v1. */
  readonly confirmed: number;
  /** Pages that hear of changes as they happen. */
  readonly connected: number;
}

/** What an operator can do to one feature. */
export type OperatorAction =
  | { readonly kind: 'disable'; readonly feature: string; readonly reason: string }
  | { readonly kind: 'enable'; readonly feature: string; readonly percentage: number; readonly reason: string }
  | {
      readonly kind: 'percentage';
      readonly feature: string;
      readonly percentage: number;
      /** What the operator saw when deciding. */
      readonly rowRevision: number;
      /** Needed to raise it. */
      readonly reason: string | null;
    }
  | {
      readonly kind: 'undo';
      readonly feature: string;
      readonly rollbackId: number;
      readonly reason: string;
      /** The emergency of all features: this one comes back, those that are not listed stay off. */
      readonly isEmergency: boolean;
    };
