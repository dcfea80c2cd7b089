import type { Queryable } from '../database.js';
import { readFeature } from '../featureChange.js';
import { StoreError, type StoredFeature } from '../store.js';
import type { PlanSurroundings } from './nextStep.js';
import type { LockedPlan } from './planRows.js';

/** Says why, for the audit of what follows in this transaction. */
export const because = (tx: Queryable, reason: string) =>
  tx.query(`SELECT set_config('switchback.reason', $1, true)`, [reason.slice(0, 2_000)]);

/** Turns a feature on at a stage's percentage, as the plan and nobody else may while it runs. */
export async function setShare(
  tx: Queryable,
  plan: { id: number; feature: string },
  percentage: number,
): Promise<void> {
  await tx.query(`SELECT set_config('switchback.plan', $1, true)`, [String(plan.id)]);
  await tx.query(
    `UPDATE feature_flags SET enabled = true, percentage = $2::numeric
      WHERE feature = $1 AND (NOT enabled OR percentage <> $2::numeric)`,
    [plan.feature, percentage],
  );
  // What else this transaction does is not the plan's doing.
  await tx.query(`SELECT set_config('switchback.plan', '', true)`);
}

/** Reads the feature, locked, and the rollback that stands in the way of a plan, in this order: a rollback waits for neither. */
export async function readSurroundings(
  tx: Queryable,
  { plan, afterRollback }: LockedPlan,
): Promise<Pick<PlanSurroundings, 'feature' | 'rollback'>> {
  const feature = await readFeature(tx, plan.feature, 'FOR NO KEY UPDATE').catch((error: unknown) => {
    if (error instanceof StoreError && error.code === 'not-found') return null;
    throw error;
  });
  return { feature, rollback: await readRollback(tx, plan.feature, afterRollback) };
}

async function readRollback(tx: Queryable, feature: string, after: number): Promise<PlanSurroundings['rollback']> {
  const [row] = await tx.query<{ id: number; feature: string | null; reason: string | null }>(
    `SELECT id::float8 AS id, feature, reason FROM rollbacks
      WHERE (feature = $1 OR feature IS NULL) AND (ended_at IS NULL OR id > $2) ORDER BY id DESC LIMIT 1`,
    [feature, after],
  );
  return row ?? null;
}

/** Refuses to run a plan under a rollback, also under one that this very transaction would end. @throws StoreError `conflict` */
export async function refuseRollback(tx: Queryable, feature: string): Promise<void> {
  const [row] = await tx.query<{ id: number; feature: string | null }>(
    `SELECT id::float8 AS id, feature FROM rollbacks
      WHERE (feature = $1 OR feature IS NULL) AND (ended_at IS NULL OR ended_at >= transaction_timestamp())
      ORDER BY id DESC LIMIT 1`,
    [feature],
  );
  if (row === undefined) return;
  const what = row.feature === null ? 'an emergency rollback holds everything' : `a rollback holds ${feature}`;
  throw new StoreError('conflict', `${what} on v1: undo it first, POST /api/rollbacks/${row.id}/undo`);
}

/** Refuses to take v2 from people who have it. @throws StoreError `conflict` */
export function refuseLess({ feature, enabled, percentage }: StoredFeature, wanted: number): void {
  if (!enabled || percentage <= wanted) return;
  throw new StoreError(
    'conflict',
    `${feature} is at ${percentage} %, the stage of the plan is at ${wanted} %: that would take v2 from people who have it; lower the percentage first, or make another plan`,
  );
}
