import { showValue } from '../error.js';
import type { Database } from './database.js';
import { checkRequires, finishChange, lockRequiresSql, readFeature } from './featureChange.js';
import { StoreError, type ChangeOrigin, type ChangeResult, type RetiredFeature } from './store.js';
import { toRetiredFeature, type FeatureRow } from './storedRows.js';

/** Takes a feature out of what is published; its row and its history stay. */
export function retireFeature(database: Database, feature: string, origin: ChangeOrigin): Promise<ChangeResult> {
  return database.transaction(origin, async (tx) => {
    await tx.query(lockRequiresSql);
    await readFeature(tx, feature, 'FOR NO KEY UPDATE');
    const [others] = await tx.query<{ names: string[] | null }>(
      'SELECT array_agg(feature ORDER BY feature) AS names FROM feature_flags WHERE retired_at IS NULL AND $1 = ANY(requires)',
      [feature],
    );
    if (others !== undefined && others.names !== null)
      throw new StoreError('conflict', `${feature} is required by ${others.names.join(', ')}: change those first`);
    const [plan] = await tx.query<{ id: number; status: string }>(
      `SELECT id::float8 AS id, status FROM plans WHERE feature = $1 AND status IN ('draft', 'running', 'paused')`,
      [feature],
    );
    if (plan !== undefined)
      throw new StoreError('conflict', `plan ${plan.id} of ${feature} is ${plan.status}: cancel it first`);
    await tx.query('UPDATE feature_flags SET retired_at = clock_timestamp() WHERE feature = $1', [feature]);
    return finishChange(tx, feature, null);
  });
}

/** Publishes a retired feature again, off: whoever wants v2 back enables it. */
export function restoreFeature(database: Database, feature: string, origin: ChangeOrigin): Promise<ChangeResult> {
  return database.transaction(origin, async (tx) => {
    await tx.query(lockRequiresSql);
    const [row] = await tx.query<{ isRetired: boolean }>(
      'SELECT retired_at IS NOT NULL AS "isRetired" FROM feature_flags WHERE feature = $1 FOR NO KEY UPDATE',
      [feature],
    );
    if (row === undefined) throw new StoreError('not-found', `there is no feature ${showValue(feature)}`);
    if (!row.isRetired) throw new StoreError('conflict', `${feature} is not retired`);
    await tx.query('UPDATE feature_flags SET retired_at = NULL, enabled = false WHERE feature = $1', [feature]);
    await checkRequires(tx, [feature]);
    return finishChange(tx, feature, null);
  });
}

/** Reads what was retired, latest first. */
export async function readRetired(database: Database): Promise<readonly RetiredFeature[]> {
  const rows = await database.query<{ flag: FeatureRow }>(
    `SELECT to_jsonb(flag) AS flag FROM feature_flags AS flag WHERE retired_at IS NOT NULL ORDER BY retired_at DESC, feature LIMIT 1000`,
  );
  return rows.map(({ flag }) => toRetiredFeature(flag));
}
