/**
 * Functions, modules and stored data on their way from v1 to v2.
 * @see docs/migrate.md
 * @module
 */

export { safely } from './safely.js';
export {
  NotApplied,
  type Callable,
  type CallEffect,
  type CallOptions,
  type Counterpart,
  type SafelyOptions,
} from './safelyOptions.js';
export {
  createMigration,
  type CounterpartModule,
  type MethodOptions,
  type Migration,
  type MigrationOptions,
} from './createMigration.js';
export { createShadow, type Shadow, type ShadowMetrics } from './createShadow.js';
export type { Mismatch, Outcome, ShadowOptions } from './shadowOptions.js';
export type { Difference } from './sameValue.js';
export type { Estimate } from './estimate.js';
export type { HealthCheckOptions, HealthLimits, HostCheck, MigrationHealth } from './healthCheck.js';
export type { Metrics } from './metrics.js';
export { createStagedStore, type StagedStore } from './store/createStagedStore.js';
export type {
  RecordMismatch,
  SideCalls,
  StagedStoreMetrics,
  StagedStoreOptions,
  StagedStoreStatus,
} from './store/stagedStoreOptions.js';
export type { RecordStore, Stamp, StoredRecord } from './store/recordStore.js';
export {
  memoryRepairLog,
  textRepairLog,
  type MigrationState,
  type Repair,
  type RepairLog,
  type TextStorage,
} from './store/repairLog.js';
export { stages, type Stage } from './store/stage.js';
export { checksumOf } from './store/stamp.js';
export {
  reconcile,
  type Discrepancy,
  type ReconcileOptions,
  type ReconcileResult,
  type ReconcileWindow,
} from './store/reconcile.js';
export { migrateData, type DataMigration, type RunOptions } from './data/migrateData.js';
export type {
  CheckpointStore,
  DataMigrationOptions,
  DataMigrationPhase,
  DataMigrationProgress,
  DataProblem,
  DataRecord,
} from './data/dataMigrationOptions.js';
