'use client';

import { createElement, useState, type ReactElement, type SelectHTMLAttributes } from 'react';
import { failureNames, isFailure, maxDelayMs, type Failure } from './failure.js';
import type { Fault } from './faults.js';

export interface FailureFieldsProps extends Fault {
  readonly isDisabled: boolean;
  onFailure(failure: Failure | null): void;
  onDelay(delayMs: number): void;
}

/**
 * What happens to v2 on purpose. Without JSX: Storybook's manager has a React of its own, which need not have the runtime that
 * JSX compiles to, and the devtools have the host's, which complains of the older way.
 */
export function FailureFields({ failure, delayMs, isDisabled, onFailure, onDelay }: FailureFieldsProps): ReactElement {
  const [draft, setDraft] = useState(String(delayMs));
  const [appliedMs, setAppliedMs] = useState(delayMs);
  if (appliedMs !== delayMs) {
    setAppliedMs(delayMs);
    setDraft(String(delayMs));
  }
  const apply = (): void => {
    const next = Math.min(maxDelayMs, Math.max(0, Math.round(Number(draft))));
    setDraft(String(Number.isNaN(next) ? delayMs : next));
    if (!Number.isNaN(next) && next !== delayMs) onDelay(next);
  };

  const select = createElement<SelectHTMLAttributes<HTMLSelectElement>, HTMLSelectElement>(
    'select',
    {
      value: failure ?? 'works',
      onChange: ({ target: { value } }) => onFailure(isFailure(value) ? value : null),
    },
    createElement('option', { value: 'works' }, 'works'),
    Object.entries(failureNames).map(([value, name]) => createElement('option', { key: value, value }, name)),
  );
  const delay = createElement('input', {
    type: 'number',
    min: 0,
    max: maxDelayMs,
    step: 100,
    value: draft,
    onChange: ({ target: { value } }) => setDraft(value),
    onBlur: apply,
    onKeyDown: ({ key }) => {
      if (key === 'Enter') apply();
    },
  });
  return createElement(
    'fieldset',
    { disabled: isDisabled },
    createElement('legend', null, 'Break v2 on purpose'),
    createElement(
      'div',
      { className: 'row' },
      createElement('label', null, 'What v2 does ', select),
      createElement('label', null, 'Delay of its code, in ms ', delay),
    ),
  );
}
