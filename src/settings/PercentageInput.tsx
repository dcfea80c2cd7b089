'use client';

import type { ReactNode } from 'react';
import { useSettings } from './settingsContext.js';
import { settingsPart } from './settingsPart.js';

export interface PercentageInputProps {
  /** As it was typed. */
  readonly text: string;
  readonly onEdit: (text: string) => void;
  /** The id of what it belongs to. */
  readonly describedBy?: string | undefined;
}

/** A share of users as a number, with its label. */
export function PercentageInput({ text, onEdit, describedBy }: PercentageInputProps): ReactNode {
  const { labels, classNames } = useSettings();
  return (
    <label {...settingsPart('field', classNames)}>
      <span>{labels.percentage}</span>
      <input
        type="number"
        inputMode="decimal"
        min={0}
        max={100}
        step={0.01}
        required
        value={text}
        aria-describedby={describedBy}
        onChange={(event) => onEdit(event.target.value)}
      />
    </label>
  );
}
