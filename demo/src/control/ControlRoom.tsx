import { useState, type ReactNode } from 'react';
import { useValue } from '../data/valueStore.js';
import { featureKeys, featureNames, type DemoFeature } from '../features.js';
import { adminStore, emergencyRollback, reasonOf, reasonStore } from './admin.js';
import { BreakControl } from './BreakControl.js';
import { RolloutControl } from './RolloutControl.js';
import { ServiceControl } from './ServiceControl.js';
import { UserGrid } from './UserGrid.js';
import { chosenFeature } from './users.js';

/** What the people behind the product see and do. */
export function ControlRoom(): ReactNode {
  const feature = useValue(chosenFeature);
  const reason = useValue(reasonStore);
  const [draft, setDraft] = useState<number | null>(null);
  const state = useValue(adminStore);
  const why = reasonOf(reason);

  return (
    <aside className="control" aria-label="Control room">
      <section className="deck" aria-labelledby="deck-title">
        <div className="section-head">
          <h2 id="deck-title">Control room</h2>
          <button
            type="button"
            className="danger"
            disabled={state === null || state.emergency !== null}
            onClick={() => void emergencyRollback(why)}
          >
            Emergency: all to v1
          </button>
        </div>
        <div className="segments" role="group" aria-label="Feature">
          {featureKeys.map((key) => (
            <button key={key} type="button" aria-pressed={key === feature} onClick={() => chosenFeature.set(key)}>
              {featureNames[key]}
              <FeatureState feature={key} />
            </button>
          ))}
        </div>
        <RolloutControl key={feature} feature={feature} reason={why} onDraft={setDraft} />
        <label className="reason">
          Reason, for the audit
          <input value={reason} maxLength={200} onChange={(event) => reasonStore.set(event.target.value)} />
        </label>
      </section>
      <UserGrid feature={feature} draft={draft} />
      <BreakControl feature={feature} />
      <ServiceControl />
    </aside>
  );
}

function FeatureState({ feature }: { readonly feature: DemoFeature }): ReactNode {
  const state = useValue(adminStore);
  const known = state?.features.find((one) => one.feature === feature);
  if (state === null || known === undefined) return null;
  const text =
    state.emergency !== null || known.rolledBack ? 'rolled back' : known.enabled ? `${known.percentage} %` : 'off';
  return <span className="segment-state">{text}</span>;
}
