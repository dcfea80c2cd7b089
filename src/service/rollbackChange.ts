import type { Database, Queryable } from './database.js';
import { sqlStateOf } from './databaseError.js';
import { finishChange, readFeature } from './featureChange.js';
import { StoreError, type ChangeOrigin, type ChangeResult } from './store.js';

/** Turns a feature off for everyone: the rollback first, the flag if its row can be had within a quarter of a second. */
export function rollback(database: Database, feature: string, origin: ChangeOrigin): Promise<ChangeResult> {
  return database.transaction(origin, async (tx) => {
    const { enabled, percentage } = await readFeature(tx, feature);
    await tx.query(
      'INSERT INTO rollbacks (feature, from_enabled, from_percentage) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [feature, enabled, percentage],
    );
    await disableUnlessLocked(tx, feature);
    return finishChange(tx, feature, null);
  });
}

const lockedStates = new Set(['55P03', '40P01']);

/** Turns the flag off after a rollback: that alone publishes v1, so a row that somebody's open transaction holds must not undo it. */
export async function disableUnlessLocked(tx: Queryable, feature: string): Promise<void> {
  await tx.query('SAVEPOINT flag');
  try {
    await tx.query("SET LOCAL lock_timeout = '250ms'");
    await tx.query('UPDATE feature_flags SET enabled = false WHERE feature = $1 AND enabled', [feature]);
    await tx.query('SET LOCAL lock_timeout = 0');
  } catch (error) {
    if (!lockedStates.has(sqlStateOf(error) ?? '')) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT flag');
  }
}

/** Turns everything off for everyone, flags untouched: one row. */
export function emergencyRollback(database: Database, origin: ChangeOrigin): Promise<ChangeResult> {
  return database.transaction(origin, async (tx) => {
    await tx.query('INSERT INTO rollbacks (feature) VALUES (NULL) ON CONFLICT DO NOTHING');
    const [active] = await tx.query<{ id: number }>(
      'SELECT id::float8 AS id FROM rollbacks WHERE feature IS NULL AND ended_at IS NULL',
    );
    return finishChange(tx, null, active?.id ?? null);
  });
}

/** Ends a rollback: the feature comes back as it was; after an emergency the listed ones do, all others are turned off. */
export function undoRollback(
  database: Database,
  id: number,
  features: readonly string[] | null,
  origin: ChangeOrigin,
): Promise<ChangeResult> {
  return database.transaction(origin, async (tx) => {
    if (!Number.isSafeInteger(id)) throw new StoreError('not-found', `there is no rollback ${id}`);
    const [row] = await tx.query<{ feature: string | null; isEnded: boolean; wasEnabled: boolean | null }>(
      'SELECT feature, ended_at IS NOT NULL AS "isEnded", from_enabled AS "wasEnabled" FROM rollbacks WHERE id = $1 FOR UPDATE',
      [id],
    );
    if (row === undefined) throw new StoreError('not-found', `there is no rollback ${id}`);
    if (row.isEnded) throw new StoreError('conflict', `rollback ${id} has ended already`);
    await tx.query('UPDATE rollbacks SET ended_at = clock_timestamp() WHERE id = $1', [id]);
    if (row.feature === null) await bringBackOnly(tx, features ?? []);
    else await bringBack(tx, id, row.feature, row.wasEnabled === true, features);
    return finishChange(tx, row.feature, id);
  });
}

async function bringBack(
  tx: Queryable,
  id: number,
  feature: string,
  wasEnabled: boolean,
  features: readonly string[] | null,
): Promise<void> {
  const other = features?.find((listed) => listed !== feature);
  if (other !== undefined)
    throw new StoreError('invalid', `rollback ${id} is of ${feature} alone`, { field: '/features' });
  if (wasEnabled)
    await tx.query('UPDATE feature_flags SET enabled = true WHERE feature = $1 AND NOT enabled', [feature]);
}

async function bringBackOnly(tx: Queryable, features: readonly string[]): Promise<void> {
  for (const feature of features) await readFeature(tx, feature);
  const [own] = await tx.query<{ id: number; feature: string }>(
    'SELECT id::float8 AS id, feature FROM rollbacks WHERE feature = ANY($1) AND ended_at IS NULL ORDER BY id LIMIT 1',
    [features],
  );
  if (own !== undefined)
    throw new StoreError('conflict', `${own.feature} has a rollback of its own (${own.id}): undo that one first`, {
      field: '/features',
    });
  await tx.query('UPDATE feature_flags SET enabled = false WHERE enabled AND NOT feature = ANY($1)', [features]);
}
