import type { StoredFeature, StoredRollback } from '../store.js';

/** One line of a feature's rollback history, newest first. */
export interface RollbackEntry {
  readonly id: number;
  readonly timestamp: string;
  readonly reason: string | null;
  readonly actor: string;
  readonly source: string;
  readonly endedAt: string | null;
}

/** A feature as admin routes show it; `rolloutPercentage` and `rollbackHistory` repeat it in the words of earlier flag systems. */
export interface FeatureJson extends StoredFeature {
  readonly rolloutPercentage: number;
  readonly rolledBack: boolean;
  readonly rollbackHistory: readonly RollbackEntry[];
}

/** Shows a feature with its rollbacks; those of the emergency (feature null) count for every feature. */
export function featureJson(feature: StoredFeature, rollbacks: readonly StoredRollback[]): FeatureJson {
  const own = rollbacks.filter((rollback) => rollback.feature === feature.feature || rollback.feature === null);
  return {
    ...feature,
    rolloutPercentage: feature.percentage,
    rolledBack: own.some(({ endedAt }) => endedAt === null),
    rollbackHistory: [...own]
      .sort((a, b) => b.id - a.id)
      .slice(0, 20)
      .map(({ id, startedAt, reason, actor, source, endedAt }) => ({
        id,
        timestamp: startedAt,
        reason,
        actor,
        source,
        endedAt,
      })),
  };
}
