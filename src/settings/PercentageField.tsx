'use client';

import { useState, type ReactNode } from 'react';
import type { OperatorFeature } from './operatorFeature.js';
import { PercentageInput } from './PercentageInput.js';
import { useSettings, useSettingsRow } from './settingsContext.js';
import { settingsPart } from './settingsPart.js';

export interface PercentageFieldProps {
  readonly feature: OperatorFeature;
  readonly isBusy: boolean;
  /** @param rowRevision what was on the screen when the operator began to change it */
  readonly onChoose: (percentage: number, rowRevision: number) => void;
}

interface Draft {
  readonly text: string;
  readonly rowRevision: number;
}

/** A number and a slider that say the same. What somebody else changes meanwhile does not overwrite what is being typed. */
export function PercentageField({ feature, isBusy, onChoose }: PercentageFieldProps): ReactNode {
  const { labels, classNames } = useSettings();
  const { nameId } = useSettingsRow();
  const { percentage, rowRevision } = feature;
  const [draft, setDraft] = useState<Draft | null>(null);
  const text = draft?.text ?? String(percentage);
  const edit = (next: string): void => setDraft({ text: next, rowRevision: draft?.rowRevision ?? rowRevision });
  const isSame = Number(text) === percentage;
  return (
    <form
      {...settingsPart('percentage', classNames)}
      onSubmit={(event) => {
        event.preventDefault();
        if (isBusy || isSame) return;
        onChoose(Number(text), draft?.rowRevision ?? rowRevision);
        setDraft(null);
      }}
    >
      <PercentageInput text={text} onEdit={edit} describedBy={nameId} />
      <input
        {...settingsPart('field', classNames)}
        type="range"
        min={0}
        max={100}
        step={1}
        aria-label={labels.percentageSlider}
        aria-describedby={nameId}
        value={Math.round(Number(text)) || 0}
        onChange={(event) => edit(event.target.value)}
      />
      <button
        {...settingsPart('button', classNames)}
        type="submit"
        aria-describedby={nameId}
        aria-disabled={isBusy || isSame ? true : undefined}
      >
        {labels.apply}
      </button>
    </form>
  );
}
