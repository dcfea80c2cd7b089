/**
 * Everything a React app needs: the provider, gates that show v1 or v2, hooks, and the client behind them.
 * @see docs/quick-start.md
 * @module
 */

// Only the files of render/ are client components.
export { SwitchbackProvider, type SwitchbackProviderProps } from './render/SwitchbackProvider.js';
export { useSwitchback } from './render/context.js';
export { useFeature, useFeatureDetails } from './render/useFeature.js';
export { useFeatureConfig } from './render/useFeatureConfig.js';
export { useOverride, type OverrideControl } from './render/useOverride.js';
export { useFeatureReporter, type FeatureReporter, type ReportOptions } from './render/useFeatureReporter.js';
export { useVersionSignal } from './render/useVersionSignal.js';
export { useFallbackBoundary, type FallbackBoundaryControl } from './render/useFallbackBoundary.js';
export { isSwitchbackError } from './render/Catcher.js';
export { useSwitchbackStatus } from './render/useSwitchbackStatus.js';
export { useActivityTracker } from './render/useActivityTracker.js';
export { useSwitchbackHealth } from './render/useSwitchbackHealth.js';
export { useMigrationProgress, type ProgressSource } from './render/useMigrationProgress.js';
export {
  MigrationProgress,
  type MigrationLabels,
  type MigrationProgressProps,
  type ShownProgress,
} from './render/MigrationProgress.js';
export type { GateProps } from './render/gateProps.js';
export { FeatureGate, type FeatureGateProps } from './render/FeatureGate.js';
export { VersionSwitcher, type SwitcherLabels, type VersionSwitcherProps } from './render/VersionSwitcher.js';
export {
  FallbackBoundary,
  type FallbackBoundaryProps,
  type FallbackChoice,
  type FallbackProps,
} from './render/FallbackBoundary.js';
export { versioned, type VersionedComponent, type VersionedOptions } from './render/versioned.js';
export { lazyVersion, type LazyVersion, type VersionLoader } from './render/lazyVersion.js';

export { createSwitchback } from './client/client.js';
export type { SwitchbackClient } from './client/switchbackClient.js';
export type { BreakerOptions, SwitchbackOptions } from './client/options.js';
export type { SwitchbackStatus } from './client/state.js';
export type { FallbackEvent, ResetEvent } from './client/gateView.js';
export type { ExposureEvent } from './client/gates.js';
export type { OverridePolicy } from './client/overrides.js';
export { overrideCookie, type OverrideCookie, type OverrideCookieOptions } from './client/overrideCookie.js';
export type { LoadOptions } from './client/loads.js';
export type { Source } from './client/source/source.js';
export type { Sink } from './client/reporter/sink.js';
export type { ActivityTracker } from './client/activity/createActivityTracker.js';
export type { ActivityTrackerOptions } from './client/activity/activityOptions.js';
export type { ActivityEvent } from './client/activity/activityEvent.js';
export { createHealthMonitor, type HealthMonitorOptions } from './client/healthMonitor.js';
export type { HealthMonitor, HealthOverview } from './client/attachedMonitor.js';
export type { HealthAction, HealthEvent, HealthThresholds } from './client/healthOptions.js';
export type { Health, HealthLevel, HealthThreshold } from './guard/healthLevel.js';
export type { ConnectionEvent, ConnectionQuality } from './observe/connectionEvent.js';

export {
  defineFeatures,
  type FeatureConfig,
  type FeatureDefinition,
  type FeatureKey,
  type FeatureSet,
  type Register,
} from './features.js';
export { SwitchbackError, type OnInternalFault, type SwitchbackErrorCode } from './error.js';
export { bucketOf } from './evaluate/bucket.js';
export type { Decision, DecisionReason } from './decide/decide.js';
export type { EvaluationContext, JsonObject, JsonValue, Version } from './evaluate/snapshot.js';
