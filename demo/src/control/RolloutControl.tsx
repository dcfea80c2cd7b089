import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useValue } from '../data/valueStore.js';
import type { DemoFeature } from '../features.js';
import { adminStore, type AdminFeature, disableFeature, enableFeature, setPercentage, undoRollback } from './admin.js';

const debounceMs = 250;

export interface RolloutControlProps {
  readonly feature: DemoFeature;
  readonly reason: string;
  /** The percentage under the visitor's hand, before it is published; null when the published one counts. */
  readonly onDraft: (percentage: number | null) => void;
}

/** How many users get v2, and the way back. */
export function RolloutControl({ feature, reason, onDraft }: RolloutControlProps): ReactNode {
  const state = useValue(adminStore);
  const known = state?.features.find((one) => one.feature === feature);
  const [draft, setDraft] = useState<number | null>(null);
  const latest = useRef({ known, reason });
  const id = useId();

  useEffect(() => {
    latest.current = { known, reason };
  });
  useEffect(() => onDraft(draft), [draft, onDraft]);
  useEffect(() => {
    if (draft === null) return undefined;
    let isOutdated = false;
    const timer = setTimeout(() => {
      const { known: current, reason: why } = latest.current;
      if (current === undefined) return;
      const sent = current.percentage === draft ? Promise.resolve(true) : setPercentage(current, draft, why);
      void sent.then(() => {
        if (!isOutdated) setDraft(null);
      });
    }, debounceMs);
    return () => {
      isOutdated = true;
      clearTimeout(timer);
    };
  }, [draft]);

  const percentage = draft ?? known?.percentage ?? 0;
  const change = (value: number): void => {
    if (!Number.isNaN(value)) setDraft(Math.min(100, Math.max(0, Math.round(value * 100) / 100)));
  };
  const active = known?.rollbackHistory.find(
    ({ endedAt, id: rollbackId }) => endedAt === null && rollbackId !== state?.emergency?.rollbackId,
  );
  const isEmergency = state !== null && state.emergency !== null;
  const isOff = known?.enabled === false;

  return (
    <div className="rollout">
      <div className="rollout-line">
        <label htmlFor={`${id}-range`}>Users on v2</label>
        <span className="number-field">
          <input
            aria-label="Users on v2, in percent"
            type="number"
            min={0}
            max={100}
            step={1}
            value={percentage}
            disabled={known === undefined}
            onChange={(event) => change(event.target.valueAsNumber)}
          />
          <span aria-hidden="true">%</span>
        </span>
      </div>
      <input
        id={`${id}-range`}
        className="slider"
        type="range"
        min={0}
        max={100}
        step={1}
        value={percentage}
        style={{ '--filled': `${percentage}%` }}
        disabled={known === undefined}
        onChange={(event) => change(event.target.valueAsNumber)}
      />
      <div className="steps" role="group" aria-label="Steps of the ramp">
        {[0, 5, 25, 50, 100].map((step) => (
          <button key={step} type="button" aria-pressed={percentage === step} onClick={() => change(step)}>
            {step} %
          </button>
        ))}
      </div>
      <div className="rollout-actions">
        {isOff && active === undefined ? (
          <button type="button" disabled={isEmergency} onClick={() => void enableFeature(feature, reason)}>
            Enable
          </button>
        ) : null}
        {active === undefined ? (
          <button
            type="button"
            className="danger"
            disabled={known === undefined || isOff}
            onClick={() => void disableFeature(feature, reason)}
          >
            Roll back
          </button>
        ) : (
          <button type="button" className="primary" onClick={() => void undoRollback(active.id, reason)}>
            Undo rollback
          </button>
        )}
        <p className="state-line" data-state={isEmergency || isOff || active ? 'off' : 'on'}>
          {stateOf(isEmergency, active, isOff, known)}
        </p>
      </div>
    </div>
  );
}

function stateOf(
  isEmergency: boolean,
  rollback: { readonly actor: string; readonly reason: string | null } | undefined,
  isOff: boolean,
  known: AdminFeature | undefined,
): string {
  if (isEmergency) return 'Held on v1 by the emergency rollback.';
  if (rollback !== undefined)
    return `Rolled back by ${rollback.actor}${rollback.reason === null ? '' : `: ${rollback.reason}`}.`;
  if (isOff) return 'Disabled: everybody is on v1.';
  if (known === undefined) return 'The service has not answered yet.';
  if (known.percentage === 0) return 'On, for nobody yet: raise the slider.';
  return known.requires.length > 0 ? `On, for those who have ${known.requires.join(', ')} on v2.` : 'On.';
}
