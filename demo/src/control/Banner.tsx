import type { ReactNode } from 'react';
import { useValue } from '../data/valueStore.js';
import { featureKeys } from '../features.js';
import { adminStore, problemStore, reasonOf, reasonStore, undoRollback } from './admin.js';
import { RollbackProgress } from './RollbackProgress.js';

/** What everybody has to know now: an emergency, or something that could not be done. */
export function Banner(): ReactNode {
  const reason = reasonOf(useValue(reasonStore));
  const emergency = useValue(adminStore)?.emergency ?? null;
  const problem = useValue(problemStore);
  return (
    <div className="banners" role="alert">
      {emergency === null ? null : (
        <div className="banner" data-kind="emergency">
          <p>
            <strong>Emergency rollback:</strong> everything is on v1. <RollbackProgress since={emergency.since} />
          </p>
          <button type="button" onClick={() => void undoRollback(emergency.rollbackId, reason, featureKeys)}>
            Undo
          </button>
        </div>
      )}
      {problem === null ? null : (
        <div className="banner" data-kind="problem">
          <p>{problem}</p>
          <button type="button" onClick={() => problemStore.set(null)}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
