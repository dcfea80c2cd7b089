import type { OnInternalFault } from '../../error.js';
import type { ReplicaTable } from '../replicaTable.js';
import { StoreError, type ChangeOrigin, type FlagStore, type StoredState } from '../store.js';

/** What was v1 before the database went back. */
export interface KillsBefore {
  readonly emergency: boolean;
  readonly features: readonly string[];
}

const origin: ChangeOrigin = {
  actor: 'switchback',
  source: 'guard',
  reason: 'the database went back to a time before this rollback',
  requestId: null,
};

/**
 * Stores what was v1 before as rollbacks, then raises the epoch: whoever sees the new epoch sees the kills.
 * @returns whether all of it is stored
 */
export async function keepKills(
  { store, replicas }: { readonly store: FlagStore; readonly replicas: ReplicaTable },
  before: KillsBefore,
  read: StoredState,
  raisedEpoch: number | null,
  onInternalFault: OnInternalFault,
): Promise<boolean> {
  const isKilled = (feature: string): boolean =>
    read.features.get(feature)?.enabled === false || read.rollbacks.some((one) => one.feature === feature);
  try {
    if (before.emergency && !read.rollbacks.some(({ feature }) => feature === null))
      await store.emergencyRollback(origin);
    for (const feature of before.features) {
      if (isKilled(feature)) continue;
      await store.rollback(feature, origin).catch((error: unknown) => {
        // What is not there at all is v2 for nobody.
        if (!(error instanceof StoreError && error.code === 'not-found')) throw error;
      });
    }
    if (raisedEpoch !== null) await replicas.raiseEpoch(read.epoch, raisedEpoch);
    return true;
  } catch (error) {
    onInternalFault('keepKills', error);
    return false;
  }
}
