/**
 * The service, for programs that start or embed it. Runs on Node; handlers also inside any host that speaks fetch.
 * @see docs/operations.md, docs/contracts.md
 * @module
 */

export { createHandler, type Handler, type HandlerOptions } from './http/createHandler.js';
export type { ServiceToken } from './http/access.js';
export type { RequestOrigin } from './http/requestOrigin.js';
export { readStartKills, type StartKills } from './http/startKills.js';
export { createPostgresStore, type PostgresPoolOptions, type PostgresStoreOptions } from './postgresStore.js';
export type { PostgresStore } from './storeSettings.js';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/startEmbeddedPostgres.js';
export { defaultDataDir, defaultPort, startService, type RunningService, type ServiceOptions } from './startService.js';
export { ListenError } from './listen.js';
export { systemServiceClock, type ServiceClock } from './clock.js';
export { readOtlpOptions, type OtlpOptions } from './export/otlpOptions.js';
export type { PointSink, SendOutcome } from './export/pointSink.js';
export type { Series, SeriesKey, SeriesValue } from './export/series.js';
export type { ExportState, PointsToSend, TotalsRead, TotalsStore, WithTotals } from './export/totalsStore.js';
export type { BaselineStore, BaselineWindow, WithBaselines } from './baselines/baselineStore.js';
export type { StoredBaseline, V1Numbers } from './baselines/baseline.js';
export { nodeDigestOf } from './nodeDigest.js';
export { defaultRetention, type Retention } from './metrics/retention.js';
export type { ReplicaReport, ReplicaTable, RevisionStore, SeenReplica, WithReplicas } from './replicaTable.js';
export type { ActiveToken, StoredToken, TokenStore, TokenToStore, WithTokens } from './tokenStore.js';
export type { ProbedPart, StoreProbe, WithProbe } from './storeProbe.js';
export type { PauseCause, PlanStage, PlanStatus, RunningPlan, StoredPlan } from './plans/plan.js';
export type { GateAnswer, GateSetting, GateVerdict } from './plans/gateAnswer.js';
export type { PlanGate } from './plans/planGate.js';
export {
  StoreError,
  type AcceptedBucket,
  type AuditEntry,
  type BatchResult,
  type BatchToStore,
  type ChangeOrigin,
  type ChangeResult,
  type ChangeSource,
  type FeatureChange,
  type FeaturePatch,
  type FlagStore,
  type RetiredFeature,
  type Role,
  type StoredDelivery,
  type StoredFeature,
  type StoredNumbers,
  type StoredRollback,
  type StoredState,
  type StoredStep,
  type StoredTotals,
  type StoreErrorCode,
  type TaggedUser,
} from './store.js';
