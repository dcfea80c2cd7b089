/** @jsxRuntime classic */
import * as React from 'react';
import { isFailure, maxDelayMs, type Failure } from './failure.js';

const { useEffect, useState } = React;

export interface FailureFieldsProps {
  readonly failure: Failure | null;
  readonly delayMs: number;
  readonly isDisabled: boolean;
  onFailure(failure: Failure | null): void;
  onDelay(delayMs: number): void;
}

const names: Readonly<Record<Failure, string>> = {
  render: 'throws while rendering',
  effect: 'throws in an effect',
  load: 'cannot be imported',
  hang: 'never arrives',
};

/** What happens to v2 on purpose. */
export function FailureFields({ failure, delayMs, isDisabled, ...on }: FailureFieldsProps): React.ReactElement {
  const [draft, setDraft] = useState(String(delayMs));
  useEffect(() => setDraft(String(delayMs)), [delayMs]);
  const apply = (): void => {
    const next = Math.min(maxDelayMs, Math.max(0, Math.round(Number(draft))));
    if (Number.isNaN(next)) setDraft(String(delayMs));
    else if (next !== delayMs) on.onDelay(next);
  };

  return (
    <fieldset disabled={isDisabled}>
      <legend>Break v2 on purpose</legend>
      <div className="row">
        <label>
          What v2 does
          <select
            value={failure ?? 'works'}
            onChange={({ target: { value } }) => on.onFailure(isFailure(value) ? value : null)}
          >
            <option value="works">works</option>
            {Object.entries(names).map(([kind, name]) => (
              <option key={kind} value={kind}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Delay of its code, in ms
          <input
            type="number"
            min={0}
            max={maxDelayMs}
            step={100}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            onBlur={apply}
            onKeyDown={(event) => {
              if (event.key === 'Enter') apply();
            }}
          />
        </label>
      </div>
    </fieldset>
  );
}
