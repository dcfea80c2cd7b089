import { showValue } from '../error.js';
import type { Database, Queryable } from './database.js';
import {
  asksForOthers,
  checkRequires,
  endRollbacks,
  finishChange,
  lockRequiresSql,
  refuseBadKey,
  refuseExisting,
  refuseStale,
} from './featureChange.js';
import { refuseBadConfig } from './featureConfig.js';
import { toColumns } from './featurePatch.js';
import { StoreError, type ChangeOrigin, type ChangeResult, type FeatureChange, type StoredFeature } from './store.js';
import { toStoredFeature, type FeatureRow } from './storedRows.js';

/**
 * Makes several changes in one transaction; new features may require each other. Changes of the same columns are one statement:
 * a thousand features have to be done before the database's deadline.
 */
export function changeFeatures(
  database: Database,
  changes: readonly FeatureChange[],
  origin: ChangeOrigin,
): Promise<ChangeResult> {
  return database.transaction(origin, async (tx) => {
    const asking = changes.filter(({ patch }) => asksForOthers(patch)).map(({ feature }) => feature);
    if (asking.length > 0) await tx.query(lockRequiresSql);
    const known = await lockFeatures(
      tx,
      changes.map(({ feature }) => feature),
    );
    for (const { isNew, columns, types, rows } of inGroups(changes, known))
      await (isNew ? insertRows(tx, columns, types, rows) : updateRows(tx, columns, types, rows));
    const enabled = changes.filter(({ patch }) => patch.enabled === true).map(({ feature }) => feature);
    if (enabled.length > 0) await endRollbacks(tx, enabled);
    if (asking.length > 0) await checkRequires(tx, asking);
    return finishChange(tx, null, null);
  });
}

type Row = Readonly<Record<string, unknown>> & { readonly feature: string };

interface Group {
  readonly isNew: boolean;
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: Row[];
}

// In one order for everybody: two imports at once must not wait for each other.
async function lockFeatures(tx: Queryable, features: readonly string[]): Promise<ReadonlyMap<string, StoredFeature>> {
  const rows = await tx.query<{ flag: FeatureRow }>(
    `SELECT to_jsonb(flag) AS flag FROM feature_flags AS flag WHERE feature = ANY($1) AND retired_at IS NULL
      ORDER BY feature COLLATE "C" FOR NO KEY UPDATE`,
    [features],
  );
  return new Map(rows.map(({ flag }) => [flag.feature, toStoredFeature(flag)]));
}

function inGroups(changes: readonly FeatureChange[], known: ReadonlyMap<string, StoredFeature>): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const { feature, patch, ifRowRevision } of changes) {
    const isNew = ifRowRevision === 0;
    const current = known.get(feature);
    if (isNew) refuseBadKey(feature);
    else if (current === undefined) throw new StoreError('not-found', `there is no feature ${showValue(feature)}`);
    else refuseStale(current, ifRowRevision);
    const { columns, types, given } = toColumns(patch);
    refuseBadConfig(isNew ? null : (current ?? null), patch);
    if (!isNew && columns.length === 0) continue;
    const key = `${isNew} ${columns.join()}`;
    const group = groups.get(key) ?? { isNew, columns, types, rows: [] };
    groups.set(key, group);
    group.rows.push({ ...Object.fromEntries(columns.map((column, at) => [column, given[at]])), feature });
  }
  return groups.values();
}

const recordOf = (columns: readonly string[], types: readonly string[]): string =>
  `jsonb_to_recordset($1::jsonb) AS given (${['feature text', ...columns.map((column, at) => `${column} ${types[at] ?? 'text'}`)].join(', ')})`;

async function insertRows(
  tx: Queryable,
  columns: readonly string[],
  types: readonly string[],
  rows: readonly Row[],
): Promise<void> {
  const names = ['feature', ...columns].join(', ');
  const made = await tx.query<{ feature: string }>(
    `INSERT INTO feature_flags (${names}) SELECT ${names} FROM ${recordOf(columns, types)} ON CONFLICT DO NOTHING RETURNING feature`,
    [JSON.stringify(rows)],
  );
  if (made.length === rows.length) return;
  const done = new Set(made.map(({ feature }) => feature));
  await refuseExisting(tx, rows.find(({ feature }) => !done.has(feature))?.feature ?? '');
}

const updateRows = (tx: Queryable, columns: readonly string[], types: readonly string[], rows: readonly Row[]) =>
  tx.query(
    `UPDATE feature_flags SET ${columns.map((column) => `${column} = given.${column}`).join(', ')}
      FROM ${recordOf(columns, types)} WHERE feature_flags.feature = given.feature`,
    [JSON.stringify(rows)],
  );
