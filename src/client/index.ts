/**
 * The client without React: sources, sinks, health and activity, for apps that put it together themselves.
 * @module
 */

export { createSwitchback } from './client.js';
export type { SwitchbackClient } from './switchbackClient.js';
export type { BreakerOptions, SwitchbackOptions } from './options.js';
export type { MeasureOptions } from './meter.js';
export type { SwitchbackStatus } from './state.js';
export type { FallbackEvent, ResetEvent } from './gateView.js';
export type { ExposureEvent } from './gates.js';
export type { OverridePolicy } from './overrides.js';
export { overrideCookie, type OverrideCookie, type OverrideCookieOptions } from './overrideCookie.js';
export { systemClock, type Clock } from './clock.js';
export type { Sink } from './reporter/sink.js';
export { createHealthMonitor, type HealthMonitorOptions } from './healthMonitor.js';
export type { HealthMonitor, HealthOverview } from './attachedMonitor.js';
export type { HealthAction, HealthClock, HealthEvent, HealthThresholds } from './healthOptions.js';
export type { Health, HealthLevel, HealthThreshold, OverThreshold } from '../guard/healthLevel.js';
export type { ConnectionEvent, ConnectionQuality } from '../observe/connectionEvent.js';
export { httpSink, type HttpSinkOptions } from './reporter/httpSink.js';
export { consoleSink } from './reporter/consoleSink.js';
export { routedSink, type RoutedSink, type RoutedSinkOptions } from './reporter/routedSink.js';
export type { EventClass, EventRule } from '../observe/eventClass.js';
export { otlpSink, type OtlpSinkOptions } from './reporter/otlp/otlpSink.js';
export { createActivityTracker, type ActivityTracker } from './activity/createActivityTracker.js';
export type { ActivityTrackerOptions } from './activity/activityOptions.js';
export type { ActivityStatus } from './activity/activityStatus.js';
export type { ActivityAttributes, ActivityEvent, ActivityKind, ElementDescription } from './activity/activityEvent.js';
export type { Source, SourceListener, SourceRequest, SourceStatus } from './source/source.js';
export { httpSource, type HttpSourceOptions } from './source/httpSource.js';
export { staticSource } from './source/staticSource.js';
export { envSource } from './source/envSource.js';
export { ofrepSource, type OfrepSourceOptions } from './source/ofrepSource.js';
export { unleashSource, type UnleashSourceOptions } from './source/unleashSource.js';
export { bucketOf } from '../evaluate/bucket.js';
export type { Decision, DecisionReason } from '../decide/decide.js';
export type { Override } from '../decide/override.js';
export type { EvaluationContext, JsonObject, JsonValue, Version } from '../evaluate/snapshot.js';
export type { FailurePhase, FailureReport, Observation } from '../observe/observe.js';
export type { BreakerPolicy } from '../guard/breaker.js';
export {
  defineFeatures,
  type FeatureConfig,
  type FeatureDefinition,
  type FeatureKey,
  type FeatureSet,
  type Register,
} from '../features.js';
export { SwitchbackError, type OnInternalFault, type SwitchbackErrorCode } from '../error.js';
