import type { FeatureKey } from '../features.js';
import type { Health, HealthLevel } from '../guard/healthLevel.js';
import type { Observation } from '../observe/observe.js';

/** The health of all features that are watched. */
export interface HealthOverview {
  /** The worst of them. */
  readonly level: HealthLevel;
  /** Those of which enough was observed. */
  readonly features: ReadonlyMap<string, Health>;
}

/** Holds what happens here to thresholds, and acts when v2 passes them. */
export interface HealthMonitor {
  /** The same object as long as it says the same: `value` and `samples` are those of when the level was entered. */
  getHealth(feature: FeatureKey): Health;
  /** The worst of all features that are watched, and each of them; the same object as long as it says the same. */
  getOverview(): HealthOverview;
  /** Calls back when a feature's health changed; null: any feature's. Returns what ends it. */
  subscribe(feature: FeatureKey | null, listener: () => void): () => void;
  /** Lets go of the client and of every timer. What it knows stays readable. */
  close(): void;
}

/** As its client has it. */
export interface AttachedMonitor extends HealthMonitor {
  /** Takes an observation. @returns what the sinks get. Never throws. */
  see(observation: Observation): Observation;
}
