'use client';

import { isObject } from '../evaluate/kind.js';
import { isFeatureKey } from '../evaluate/snapshot.js';
import type {
  OperatorChange,
  OperatorFeature,
  OperatorRollback,
  OperatorState,
  RollbackProgress,
} from './operatorFeature.js';

type Fields = Readonly<Record<string, unknown>>;

const maxFeatures = 1_000;
const maxShown = 200;

/** Reads the answer of `GET /api/features`; undefined: it is none. A feature that makes no sense is left out. */
export function readState(body: unknown): OperatorState | undefined {
  const { features, emergency } = Object(body) as Fields;
  if (!Array.isArray(features)) return undefined;
  const known = new Map<string, OperatorFeature>();
  for (const one of features.slice(0, maxFeatures)) {
    const feature = readFeature(one);
    if (feature) known.set(feature.feature, feature);
  }
  const { since, rollbackId } = Object(emergency) as Fields;
  const isEmergency = typeof since === 'string' && typeof rollbackId === 'number';
  return { features: known, emergency: isEmergency ? { since, rollbackId } : null };
}

function readFeature(value: unknown): OperatorFeature | undefined {
  const { feature, enabled, percentage, rowRevision, rollbackHistory } = Object(value) as Fields;
  if (!isFeatureKey(feature) || typeof enabled !== 'boolean' || typeof percentage !== 'number') return undefined;
  if (typeof rowRevision !== 'number') return undefined;
  const history: readonly unknown[] = Array.isArray(rollbackHistory) ? rollbackHistory.slice(0, maxShown) : [];
  return { feature, enabled, percentage, rowRevision, rollbacks: history.flatMap(readRollback) };
}

function readRollback(value: unknown): OperatorRollback[] {
  const { id, timestamp, endedAt, actor, reason } = Object(value) as Fields;
  if (typeof id !== 'number' || typeof timestamp !== 'string') return [];
  return [
    {
      id,
      startedAt: timestamp,
      endedAt: textOrNull(endedAt),
      actor: textOrNull(actor) ?? '?',
      reason: textOrNull(reason),
    },
  ];
}

/** Reads the answer of `GET /api/audit`; undefined: it is none. */
export function readChanges(body: unknown): readonly OperatorChange[] | undefined {
  const { entries } = Object(body) as Fields;
  if (!Array.isArray(entries)) return undefined;
  return entries.slice(0, maxShown).flatMap((value: unknown): OperatorChange[] => {
    const { id, at, actor, action, reason, before, after } = Object(value) as Fields;
    if (typeof id !== 'number' || typeof at !== 'string' || typeof action !== 'string') return [];
    const from = percentageIn(before);
    const to = percentageIn(after);
    const percentage = from !== undefined && to !== undefined && from !== to ? { from, to } : null;
    return [{ id, at, action, actor: textOrNull(actor) ?? '?', reason: textOrNull(reason), percentage }];
  });
}

/** Reads the answer of `GET /api/health/rollback-status`; undefined: it is none. */
export function readProgress(body: unknown): RollbackProgress | undefined {
  const { rollbackComplete, streams } = Object(body) as Fields;
  if (typeof rollbackComplete !== 'boolean') return undefined;
  const { confirmed, connected } = Object(streams) as Fields;
  return { isComplete: rollbackComplete, confirmed: countOf(confirmed), connected: countOf(connected) };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const countOf = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : 0);

function percentageIn(row: unknown): number | undefined {
  const percentage = isObject(row) ? (row as Fields)['percentage'] : undefined;
  return typeof percentage === 'number' ? percentage : undefined;
}
