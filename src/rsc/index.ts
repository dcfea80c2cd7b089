/**
 * For server components and server rendering: no hooks, no context, no "use client". Nothing here keeps state between requests.
 * @see docs/server-rendering.md
 * @module
 */

export { getDecision, getDecisions, type DecideOptions } from './getDecision.js';
export { fetchSnapshot, type FetchSnapshotOptions } from './fetchSnapshot.js';
export { withOverrides, type WithOverridesOptions } from './withOverrides.js';
export { preload, type Preloadable, type PreloadOptions } from './preload.js';
export { serializeSnapshot, type SerializeSnapshotOptions } from './serializeSnapshot.js';
export {
  defineFeatures,
  type FeatureConfig,
  type FeatureDefinition,
  type FeatureKey,
  type FeatureSet,
  type Register,
} from '../features.js';
export { SwitchbackError, type OnInternalFault, type SwitchbackErrorCode } from '../error.js';
export { bucketOf } from '../evaluate/bucket.js';
export type { Decision, DecisionReason } from '../decide/decide.js';
export type { EvaluationContext, JsonObject, JsonValue, Version } from '../evaluate/snapshot.js';
