// Comes in: changes, batches, and whatever is typed into psql. Goes out: the state, and word of every commit. Who calls: the handler, through FlagStore.
import type { Database } from './database.js';
import { createPostgresBaselines } from './baselines/postgresBaselines.js';
import { createPostgresTotals } from './export/postgresTotals.js';
import { changeFeature, createFeature } from './featureChange.js';
import { changeFeatures } from './featureChanges.js';
import { groupBatches } from './groupBatches.js';
import type { LateDatabase } from './lateDatabase.js';
import { readDelivery } from './metrics/readDelivery.js';
import { checkRetention } from './metrics/retention.js';
import { createSeriesBook } from './metrics/seriesBook.js';
import { createPostgresReplicas, createPostgresRevisions } from './postgresReplicas.js';
import { probeDatabase } from './probe.js';
import { readSteps, readTotals, readV2Since } from './readTotals.js';
import { emergencyRollback, rollback, undoRollback } from './rollbackChange.js';
import { createPostgresPlans } from './plans/postgresPlans.js';
import { createPostgresTokens } from './postgresTokens.js';
import { readRetired, restoreFeature, retireFeature } from './retireFeature.js';
import { StoreError, type StoredState } from './store.js';
import type { PostgresStore, StoreSettings } from './storeSettings.js';
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
import { watchRevision, type Content } from './watchRevision.js';

/** A store on a database that may be opened later. */
export function storeOn(database: LateDatabase, options: StoreSettings): PostgresStore {
  const { readOnly = false, onInternalFault = () => {} } = options;
  const retention = checkRetention(options.retention ?? {});
  const stopSweeping = readOnly ? () => {} : sweepMetrics(database, retention, onInternalFault);
  const stops = new Set([stopSweeping]);
  const passed = new Set<(text: string) => void>();
  const book = createSeriesBook(database, () => performance.now());
  const storeBatch = groupBatches({
    store: (batches) => storeBatches(database, batches, book),
    maxGroup: 64,
    maxBuckets: 1_000,
    maxRunning: 2,
    maxWaiting: 1_000,
    // Half of it is left for the transaction.
    maxWaitMs: (options.deadlineMs ?? 2_000) / 2,
    nowMs: () => performance.now(),
  });
  let closing: Promise<void> | undefined;
  let contentRead: Content | null = null;

  return {
    tokens: createPostgresTokens(database),
    plans: createPostgresPlans(database, onInternalFault),
    totals: createPostgresTotals(database),
    baselines: createPostgresBaselines(database, onInternalFault),
    replicas: createPostgresReplicas(database, readOnly, passed),
    revisions: createPostgresRevisions(database, readOnly),
    probe: () => probeDatabase(database, { readOnly }),
    async readState() {
      const { content, state } = await readState(database);
      if (contentRead?.revision !== content.revision) contentRead = content;
      return state;
    },
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
    readSteps: (feature, fromMs, toMs, stepMs) => readSteps(database, feature, fromMs, toMs, stepMs),
    readDelivery: (sinceMs) => readDelivery(database, sinceMs),
    readV2Since: (features, sinceMs) => readV2Since(database, features, sinceMs),
    watch(onChange, onHealth) {
      const { pollMs, digestMs } = options;
      let stopWatching: (() => void) | null = null;
      const stop = (): void => {
        stopWatching?.();
        stopWatching = () => {};
        stops.delete(stop);
      };
      stops.add(stop);
      database.whenOpen((config) => {
        if (stopWatching !== null) return;
        stopWatching = watchRevision({
          config,
          database,
          readOnly,
          contentRead: () => contentRead,
          onChange,
          onHealth,
          onPassed: (text) => passed.forEach((hear) => hear(text)),
          ...(pollMs === undefined ? {} : { pollMs }),
          ...(digestMs === undefined ? {} : { digestMs }),
        });
      });
      return stop;
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
  acknowledged_epoch::float8 AS "acknowledgedEpoch",
  (SELECT coalesce(jsonb_agg(to_jsonb(flag) ORDER BY feature COLLATE "C"), '[]') FROM feature_flags AS flag
    WHERE retired_at IS NULL) AS features,
  (SELECT coalesce(jsonb_agg(to_jsonb(kill) ORDER BY id), '[]') FROM rollbacks AS kill WHERE ended_at IS NULL
    AND NOT EXISTS (SELECT FROM feature_flags AS flag WHERE flag.feature = kill.feature AND retired_at IS NOT NULL)) AS rollbacks,
  switchback_stage_labels() AS stages, switchback_digest() AS digest
  FROM switchback_state`;

async function readState(database: Database): Promise<{ readonly state: StoredState; readonly content: Content }> {
  const [row] = await database.query<StateRow>(readStateSql);
  if (row === undefined) throw new StoreError('unavailable', 'the database has lost the row of switchback_state');
  const state = {
    epoch: row.epoch,
    revision: row.revision,
    changedAt: row.changedAt.toISOString(),
    acknowledgedEpoch: row.acknowledgedEpoch,
    features: new Map(row.features.map((flag) => [flag.feature, toStoredFeature(flag)])),
    rollbacks: row.rollbacks.map(toStoredRollback),
    stages: new Map(Object.entries(row.stages)),
  };
  return { state, content: { revision: String(row.revision), digest: row.digest } };
}

interface StateRow {
  readonly epoch: number;
  readonly revision: number;
  readonly changedAt: Date;
  readonly acknowledgedEpoch: number;
  readonly features: readonly FeatureRow[];
  readonly rollbacks: readonly RollbackRow[];
  readonly stages: Readonly<Record<string, string>>;
  readonly digest: string;
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
