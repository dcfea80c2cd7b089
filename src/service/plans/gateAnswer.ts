/** What was concluded from numbers: only `healthy` lets a stage pass. */
export type GateVerdict = 'healthy' | 'degraded' | 'critical' | 'inconclusive' | 'noData';

/** A gate as written into a plan: its kind, and whatever that kind asks for. */
export interface GateSetting {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** What a gate says of a stage, in words for people. `verdict` is null where the gate looks at no numbers. */
export interface GateAnswer {
  readonly kind: string;
  readonly outcome: 'pass' | 'hold' | 'revert';
  readonly reason: string;
  readonly verdict: GateVerdict | null;
}
