// What a page needs before the code that judges is there.
/** How v2 fares: below its thresholds, above one of them, or far above it. */
export type HealthLevel = 'healthy' | 'degraded' | 'critical';

/** When a feature is not healthy any more, and when it is again. A threshold that is null is none. */
export interface HealthPolicy {
  /** Of the latency at `latencyQuantile`, ms. */
  readonly maxLatencyMs: number | null;
  /** failed / (failed + settled), 0–1. */
  readonly maxErrorRate: number | null;
  /** Of the page's heap. It is the whole page's, so beyond it a feature is `degraded` and never `critical`. */
  readonly maxMemoryMB: number | null;
  /** With fewer a rate or a latency says nothing. */
  readonly minSamples: number;
  readonly windowMs: number;
  /** 0–1. */
  readonly latencyQuantile: number;
  /** `critical` begins at so many times a threshold. */
  readonly criticalRatio: number;
  /** A level is left at or below this share of the value that enters it, 0–1. */
  readonly leaveRatio: number;
  /** And after so long at or below it; for each level anew. */
  readonly recoverMs: number;
}

export const defaultHealthPolicy: HealthPolicy = {
  maxLatencyMs: null,
  maxErrorRate: null,
  maxMemoryMB: null,
  minSamples: 20,
  windowMs: 60_000,
  latencyQuantile: 0.95,
  criticalRatio: 2,
  leaveRatio: 0.8,
  recoverMs: 60_000,
};

/** Which threshold was passed: 0–1, ms or MB. */
export type HealthThreshold = 'maxErrorRate' | 'maxLatencyMs' | 'maxMemoryMB';

/** A measured value and from how many observations it comes. */
export interface Reading {
  readonly value: number;
  readonly samples: number;
}

/** Which threshold was passed, as it was when it was. */
export interface OverThreshold extends Reading {
  readonly because: 'over-threshold';
  readonly threshold: HealthThreshold;
  /** What `value` was above: the threshold, for `critical` times `criticalRatio`. */
  readonly limit: number;
  /** The same of v1 in the same browser and window; null where too little is known of it. */
  readonly v1: Reading | null;
}

/** `not-watched`: no monitor has thresholds for it. `insufficient-data`: too few observations to say more. */
export type Health =
  | {
      readonly level: 'healthy';
      readonly reason: { readonly because: 'within-thresholds' | 'insufficient-data' | 'not-watched' };
    }
  | { readonly level: 'degraded' | 'critical'; readonly reason: OverThreshold };

export const insufficientData: Health = { level: 'healthy', reason: { because: 'insufficient-data' } };
export const notWatched: Health = { level: 'healthy', reason: { because: 'not-watched' } };
