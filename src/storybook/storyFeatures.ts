import { isVersion, type EvaluationContext, type JsonObject, type Version } from '../evaluate/snapshot.js';
import { everyFeature, type Edits } from './edits.js';
import type { GivenFeature, StoryParameters } from './parameters.js';
import { percentageOf } from './percentage.js';

/** What the toolbar says: as decided, one version for every feature, or v1 and v2 side by side. */
export type Mode = 'decided' | Version | 'both';

/** Which rendering of a story this is: the only one, or one of two. */
export type Side = 'story' | Version;

/** A feature as a story is rendered with it. */
export interface StoryFeature extends GivenFeature {
  readonly config: JsonObject;
  /** Who chose the version, if it was not the percentage. */
  readonly forcedBy: 'toolbar' | 'panel' | null;
}

/** @param value from the URL, a story's globals or the toolbar; anything unknown is as decided */
export const readMode = (value: unknown): Mode => (isVersion(value) || value === 'both' ? value : 'decided');

/** The features of a story with the toolbar's and the panel's choices over them. */
export function storyFeatures(
  { features }: StoryParameters,
  forced: Version | undefined,
  edits: Edits,
): readonly StoryFeature[] {
  return features.map((given) => {
    const edit = { ...edits.features.get(everyFeature), ...edits.features.get(given.feature) };
    const version = forced ?? edit.version;
    const { fail } = edit;
    return {
      ...given,
      percentage: version === undefined ? (edit.percentage ?? given.percentage) : percentageOf(version),
      forcedBy: forced !== undefined ? 'toolbar' : edit.version !== undefined ? 'panel' : null,
      config: edit.config ?? given.definition.config ?? {},
      failure: fail === undefined ? given.failure : fail === 'none' ? null : fail,
      delayMs: edit.delayMs ?? given.delayMs,
    };
  });
}

/** The context of a story with the panel's user in it. */
export const storyContext = ({ context }: StoryParameters, { user }: Edits): EvaluationContext =>
  user === undefined ? context : { ...context, targetingKey: user };
