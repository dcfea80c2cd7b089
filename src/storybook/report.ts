import type { DecisionReason } from '../decide/decide.js';
import type { EvaluationContext, Version } from '../evaluate/snapshot.js';
import type { BreakerState } from '../guard/breaker.js';
import type { Fault } from '../render/breaking/faults.js';
import type { Side, StoryFeature } from './storyFeatures.js';

/** Ids by which Storybook knows the addon, its panel and its globals. */
export const addonId = 'react-switchback';
export const panelId = `${addonId}/panel`;
export const modeGlobal = 'switchback';
export const editsGlobal = 'switchbackFeatures';
export const parameterName = 'switchback';

/** What goes between the story and the panel. `report` carries a StoryReport, the others nothing. */
export const storyEvents = {
  report: `${addonId}/report`,
  /** The panel opened and knows nothing. */
  ask: `${addonId}/ask`,
  /** Unmount the story and mount it again, with what its client has seen. */
  mountAgain: `${addonId}/mount-again`,
  /** With a new client. */
  startOver: `${addonId}/start-over`,
} as const;

/** What a gate shows: a version, a placeholder, or v1 because v2 failed. */
export type OnScreen = Version | 'loading' | 'failed';

/** One feature, as the story has it on the screen. */
export interface FeatureReport extends Fault, Pick<StoryFeature, 'percentage' | 'forcedBy' | 'config'> {
  readonly feature: string;
  readonly description: string;
  readonly version: Version;
  readonly reason: DecisionReason;
  readonly bucket: number | null;
  /** One for each mounted gate. */
  readonly onScreen: readonly OnScreen[];
  /** What v2 threw, if a gate fell back. */
  readonly error: string | null;
  readonly breaker: BreakerState;
}

/** One thing that happened, as text. */
export interface LogEntry {
  readonly id: number;
  readonly atMs: number;
  readonly feature: string;
  readonly version: Version;
  readonly what: string;
}

/** All that the panel shows of one rendering of a story. */
export interface StoryReport {
  readonly storyId: string;
  readonly side: Side;
  readonly context: EvaluationContext;
  readonly features: readonly FeatureReport[];
  /** Oldest first; the latest 100. */
  readonly log: readonly LogEntry[];
}
