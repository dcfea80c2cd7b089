import { showValue } from '../error.js';
import { featureKeyPattern } from '../evaluate/snapshot.js';
import type { Database, Queryable } from './database.js';
import { refuseBadConfig } from './featureConfig.js';
import { toColumns } from './featurePatch.js';
import { refuseBadRequires } from './requiresCycle.js';
import { StoreError, type ChangeOrigin, type ChangeResult, type FeaturePatch, type StoredFeature } from './store.js';
import { toStoredFeature, type FeatureRow } from './storedRows.js';

// Two changes of `requires` at once could close a cycle that neither sees.
export const lockRequiresSql = `SELECT pg_advisory_xact_lock(hashtextextended('switchback requires', 0))`;

/** Adds a feature; what the patch leaves out takes the columns' defaults (off, 0 %). */
export function createFeature(
  database: Database,
  feature: string,
  patch: FeaturePatch,
  origin: ChangeOrigin,
): Promise<ChangeResult> {
  return database.transaction(origin, async (tx) => {
    if (asksForOthers(patch)) await tx.query(lockRequiresSql);
    await insertFeature(tx, feature, patch);
    if (asksForOthers(patch)) await checkRequires(tx, [feature]);
    return finishChange(tx, feature, null);
  });
}

/** Changes the fields that the patch names. `enabled: true` ends the feature's rollback, but no emergency. */
export function changeFeature(
  database: Database,
  feature: string,
  patch: FeaturePatch,
  ifRowRevision: number | null,
  origin: ChangeOrigin,
): Promise<ChangeResult> {
  return database.transaction(origin, async (tx) => {
    if (asksForOthers(patch)) await tx.query(lockRequiresSql);
    await updateFeature(tx, feature, patch, ifRowRevision);
    if (asksForOthers(patch)) await checkRequires(tx, [feature]);
    return finishChange(tx, feature, null);
  });
}

async function insertFeature(tx: Queryable, feature: string, patch: FeaturePatch): Promise<void> {
  refuseBadKey(feature);
  const { columns, types, values } = toColumns(patch);
  refuseBadConfig(null, patch);
  const names = ['feature', ...columns].join(', ');
  const slots = ['$1', ...types.map((type, at) => `$${at + 2}::${type}`)].join(', ');
  const [made] = await tx.query<{ feature: string }>(
    `INSERT INTO feature_flags (${names}) VALUES (${slots}) ON CONFLICT DO NOTHING RETURNING feature`,
    [feature, ...values],
  );
  if (made === undefined) await refuseExisting(tx, feature);
}

/** @throws StoreError `conflict`, saying whether it is retired */
export async function refuseExisting(tx: Queryable, feature: string): Promise<never> {
  const [known] = await tx.query<{ isRetired: boolean }>(
    'SELECT retired_at IS NOT NULL AS "isRetired" FROM feature_flags WHERE feature = $1',
    [feature],
  );
  const how = known?.isRetired === true ? `; it is retired: POST /api/features/${feature}/restore brings it back` : '';
  throw new StoreError('conflict', `${feature} exists already${how}`, { field: '/feature' });
}

async function updateFeature(
  tx: Queryable,
  feature: string,
  patch: FeaturePatch,
  ifRowRevision: number | null,
): Promise<void> {
  const { columns, types, values } = toColumns(patch);
  const current = await readFeature(tx, feature, 'FOR NO KEY UPDATE');
  refuseStale(current, ifRowRevision);
  refuseBadConfig(current, patch);
  if (columns.length > 0) {
    const sets = columns.map((column, at) => `${column} = $${at + 2}::${types[at] ?? 'text'}`).join(', ');
    await tx.query(`UPDATE feature_flags SET ${sets} WHERE feature = $1`, [feature, ...values]);
  }
  if (patch.enabled === true) await endRollbacks(tx, [feature]);
}

/** A kill that could not lock the flag left it enabled: no trigger sees a change then. */
export const endRollbacks = (tx: Queryable, features: readonly string[]) =>
  tx.query('UPDATE rollbacks SET ended_at = clock_timestamp() WHERE feature = ANY($1) AND ended_at IS NULL', [
    features,
  ]);

/** @throws StoreError `stale` */
export function refuseStale(current: StoredFeature, ifRowRevision: number | null): void {
  if (ifRowRevision !== null && current.rowRevision !== ifRowRevision)
    throw new StoreError('stale', `${current.feature} is at revision ${current.rowRevision}, not ${ifRowRevision}`, {
      current,
    });
}

/** @throws StoreError `invalid` */
export function refuseBadKey(feature: string): void {
  if (!featureKeyPattern.test(feature))
    throw new StoreError('invalid', `a feature key matches ${featureKeyPattern.source}, found ${showValue(feature)}`, {
      field: '/feature',
    });
}

/** Whether a change has to look at other features. */
export const asksForOthers = ({ requires }: FeaturePatch): boolean => requires !== undefined && requires.length > 0;

/** Looks at what these features require, as it would be. */
export async function checkRequires(tx: Queryable, features: readonly string[]): Promise<void> {
  const rows = await tx.query<{ feature: string; requires: string[] }>(
    'SELECT feature, requires FROM feature_flags WHERE retired_at IS NULL',
  );
  const requires = new Map<string, readonly string[]>(rows.map((row) => [row.feature, row.requires]));
  for (const feature of features) refuseBadRequires(requires, feature);
}

/**
 * Reads one feature.
 * @throws StoreError `not-found`
 */
export async function readFeature(
  tx: Queryable,
  feature: string,
  lock: 'FOR NO KEY UPDATE' | '' = '',
): Promise<StoredFeature> {
  const [row] = await tx.query<{ flag: FeatureRow }>(
    `SELECT to_jsonb(flag) AS flag FROM feature_flags AS flag WHERE feature = $1 AND retired_at IS NULL ${lock}`,
    [feature],
  );
  if (row === undefined) throw new StoreError('not-found', `there is no feature ${showValue(feature)}`);
  return toStoredFeature(row.flag);
}

/** Ends a change: assigns the revision now, an instant before COMMIT, so that the answer can name it. */
export async function finishChange(
  tx: Queryable,
  feature: string | null,
  rollbackId: number | null,
): Promise<ChangeResult> {
  await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
  const [row] = await tx.query<ResultRow>(
    `SELECT state.epoch::float8 AS epoch, state.revision::float8 AS revision,
      (SELECT to_jsonb(flag) FROM feature_flags AS flag WHERE feature = $1) AS flag,
      (SELECT id::float8 FROM rollbacks WHERE feature = $1 AND ended_at IS NULL) AS rollback,
      (SELECT min(id)::float8 FROM flag_audit WHERE xid = pg_current_xact_id_if_assigned()) AS audit
    FROM switchback_state AS state`,
    [feature],
  );
  if (row === undefined) throw new StoreError('unavailable', 'the database has lost the row of switchback_state');
  const { epoch, revision, flag, rollback, audit } = row;
  const stored = flag === null ? null : toStoredFeature(flag);
  return { epoch, revision, feature: stored, rollbackId: rollbackId ?? rollback, auditId: audit };
}

interface ResultRow {
  readonly epoch: number;
  readonly revision: number;
  readonly flag: FeatureRow | null;
  readonly rollback: number | null;
  readonly audit: number | null;
}
