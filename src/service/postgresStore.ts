// Comes in: changes, batches, and whatever is typed into psql. Goes out: the state, and word of every commit. Who calls: the handler, through FlagStore.
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import type { OnInternalFault } from '../error.js';
import { openDatabase, type Database } from './database.js';
import { changeFeature, createFeature } from './featureChange.js';
import { changeFeatures } from './featureChanges.js';
import { groupBatches } from './groupBatches.js';
import { migrate } from './migrate.js';
import { createPostgresReplicas, createPostgresRevisions } from './postgresReplicas.js';
import { probeDatabase } from './probe.js';
import type { WithProbe } from './storeProbe.js';
import { readTotals, readV2Since } from './readTotals.js';
import { emergencyRollback, rollback, undoRollback } from './rollbackChange.js';
import type { WithPlans } from './plans/planStore.js';
import { createPostgresPlans } from './plans/postgresPlans.js';
import { createPostgresTokens } from './postgresTokens.js';
import { readRetired, restoreFeature, retireFeature } from './retireFeature.js';
import type { WithReplicas } from './replicaTable.js';
import { StoreError, type FlagStore, type StoredState } from './store.js';
import { storeBatches } from './storeBatch.js';
import {
  toAuditEntry,
  toStoredFeature,
  toStoredRollback,
  type AuditRow,
  type FeatureRow,
  type RollbackRow,
} from './storedRows.js';
import { sweepMetrics } from './sweepMetrics.js';
import type { WithTokens } from './tokenStore.js';
import { watchRevision } from './watchRevision.js';

/** How to connect, where a connection string does not say it all; named as node-postgres' pool names them. */
export interface PostgresPoolOptions {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  /** A function is asked for every new connection, for passwords that expire. */
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  readonly ssl?: boolean | ConnectionOptions;
  /** Connections at most; default 10. */
  readonly max?: number;
  /** ms after which an idle connection is closed; default 10,000, 0: never. */
  readonly idleTimeoutMillis?: number;
  /** As `pg_stat_activity` shows it; default `switchback`. */
  readonly application_name?: string;
}

export interface PostgresStoreOptions {
  /** `postgresql://…`; else `pool`, else the PG* variables of the environment. */
  readonly connectionString?: string;
  readonly pool?: PostgresPoolOptions;
  /** ms after which a call fails as `unavailable`; default 2,000. */
  readonly deadlineMs?: number;
  /** ms between two looks at the revision, beside notifications; default 2,000. */
  readonly pollMs?: number;
  /** ms between two looks at the content, for changes made with triggers off; default 10,000. */
  readonly digestMs?: number;
  /** Changes nothing of its own accord: no migrations, no sweeps. Default false. */
  readonly readOnly?: boolean;
  /** Told of connections that break and of sweeps that fail. Default: nothing. */
  readonly onInternalFault?: OnInternalFault;
}

/**
 * Opens the store on a PostgreSQL of version 15 or newer and brings its schema up to date.
 * @throws StoreError `unavailable` when the database cannot be reached, `conflict` when it is newer than this code
 */
export async function createPostgresStore(
  options: PostgresStoreOptions,
): Promise<FlagStore & WithTokens & WithPlans & WithProbe & WithReplicas> {
  const { connectionString, pool = {}, readOnly = false, onInternalFault = () => {} } = options;
  const config: pg.PoolConfig = connectionString === undefined ? pool : { ...pool, connectionString };
  await migrate(config, readOnly ? 'check' : 'migrate');
  const database = openDatabase({
    config,
    onInternalFault,
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
  });
  const stopSweeping = readOnly ? () => {} : sweepMetrics(database, onInternalFault);
  const stops = new Set([stopSweeping]);
  const storeBatch = groupBatches({
    store: (batches) => storeBatches(database, batches),
    maxGroup: 64,
    maxBuckets: 1_000,
    maxRunning: 2,
    maxWaiting: 1_000,
    // Half of it is left for the transaction.
    maxWaitMs: (options.deadlineMs ?? 2_000) / 2,
    nowMs: () => performance.now(),
  });
  let closing: Promise<void> | undefined;

  return {
    tokens: createPostgresTokens(database),
    plans: createPostgresPlans(database, onInternalFault),
    replicas: createPostgresReplicas(database, readOnly),
    revisions: createPostgresRevisions(database, readOnly),
    probe: () => probeDatabase(database, config, { readOnly }),
    readState: () => readState(database),
    createFeature: (feature, patch, origin) => createFeature(database, feature, patch, origin),
    changeFeature: (feature, patch, ifRowRevision, origin) =>
      changeFeature(database, feature, patch, ifRowRevision, origin),
    changeFeatures: (changes, origin) => changeFeatures(database, changes, origin),
    retireFeature: (feature, origin) => retireFeature(database, feature, origin),
    restoreFeature: (feature, origin) => restoreFeature(database, feature, origin),
    readRetired: () => readRetired(database),
    rollback: (feature, origin) => rollback(database, feature, origin),
    emergencyRollback: (origin) => emergencyRollback(database, origin),
    undoRollback: (id, features, origin) => undoRollback(database, id, features, origin),
    readAudit: (query) => readAudit(database, query),
    readRollbacks: (query) => readRollbacks(database, query),
    storeBatch,
    readTotals: (feature, fromMs, toMs) => readTotals(database, feature, fromMs, toMs),
    readV2Since: (features, sinceMs) => readV2Since(database, features, sinceMs),
    watch(onChange, onHealth) {
      const { pollMs, digestMs } = options;
      const stop = watchRevision({
        config,
        database,
        readOnly,
        onChange,
        onHealth,
        ...(pollMs === undefined ? {} : { pollMs }),
        ...(digestMs === undefined ? {} : { digestMs }),
      });
      stops.add(stop);
      return () => {
        stops.delete(stop);
        stop();
      };
    },
    close() {
      for (const stop of stops) stop();
      stops.clear();
      closing ??= database.close();
      return closing;
    },
  };
}

const readStateSql = `SELECT epoch::float8 AS epoch, revision::float8 AS revision, changed_at AS "changedAt",
  (SELECT coalesce(jsonb_agg(to_jsonb(flag) ORDER BY feature COLLATE "C"), '[]') FROM feature_flags AS flag
    WHERE retired_at IS NULL) AS features,
  (SELECT coalesce(jsonb_agg(to_jsonb(kill) ORDER BY id), '[]') FROM rollbacks AS kill WHERE ended_at IS NULL) AS rollbacks,
  switchback_stage_labels() AS stages
  FROM switchback_state`;

async function readState(database: Database): Promise<StoredState> {
  const [row] = await database.query<StateRow>(readStateSql);
  if (row === undefined) throw new StoreError('unavailable', 'the database has lost the row of switchback_state');
  return {
    epoch: row.epoch,
    revision: row.revision,
    changedAt: row.changedAt.toISOString(),
    features: new Map(row.features.map((flag) => [flag.feature, toStoredFeature(flag)])),
    rollbacks: row.rollbacks.map(toStoredRollback),
    stages: new Map(Object.entries(row.stages)),
  };
}

interface StateRow {
  readonly epoch: number;
  readonly revision: number;
  readonly changedAt: Date;
  readonly features: readonly FeatureRow[];
  readonly rollbacks: readonly RollbackRow[];
  readonly stages: Readonly<Record<string, string>>;
}

const toLimit = (limit: number): number => Math.min(Math.max(Math.trunc(limit) || 1, 1), 1_000);

async function readAudit(database: Database, query: { feature?: string; limit: number; beforeId?: number }) {
  const rows = await database.query<{ entry: AuditRow }>(
    `SELECT to_jsonb(entry) AS entry FROM flag_audit AS entry
      WHERE ($1::text IS NULL OR feature = $1) AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [query.feature ?? null, query.beforeId ?? null, toLimit(query.limit)],
  );
  return rows.map(({ entry }) => toAuditEntry(entry));
}

async function readRollbacks(database: Database, query: { feature?: string; limit: number }) {
  const rows = await database.query<{ kill: RollbackRow }>(
    `SELECT to_jsonb(kill) AS kill FROM rollbacks AS kill
      WHERE $1::text IS NULL OR feature = $1 OR feature IS NULL ORDER BY id DESC LIMIT $2`,
    [query.feature ?? null, toLimit(query.limit)],
  );
  return rows.map(({ kill }) => toStoredRollback(kill));
}
