'use client';

import { useEffect, useState, type ReactNode } from 'react';
import { problemIn } from './createOperator.js';
import { formatTime } from './formats.js';
import type { OperatorChange } from './operatorFeature.js';
import type { OperatorProblem } from './operatorProblem.js';
import { useSettings, useSettingsRow } from './settingsContext.js';
import { fromTo } from './SettingsOutcome.js';
import { settingsPart } from './settingsPart.js';
import { useOperator } from './useOperator.js';

type History =
  | { readonly phase: 'loading' }
  | { readonly phase: 'read'; readonly changes: readonly OperatorChange[] }
  | { readonly phase: 'failed'; readonly problem: OperatorProblem };

/** For operators: who changed what and why, read when it is opened. Renders nothing in a panel for users. */
export function SettingsHistory(): ReactNode {
  const { labels, classNames } = useSettings();
  const { feature, nameId } = useSettingsRow();
  const operator = useOperator();
  const [isOpen, setIsOpen] = useState(false);
  if (!operator?.state?.features.has(feature)) return null;
  return (
    <details {...settingsPart('history', classNames)} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary aria-describedby={nameId}>{labels.history}</summary>
      {isOpen ? <Changes /> : null}
    </details>
  );
}

function Changes(): ReactNode {
  const { labels, classNames, locale } = useSettings();
  const { feature } = useSettingsRow();
  const { readChanges, state } = useOperator() ?? {};
  const [history, setHistory] = useState<History>({ phase: 'loading' });
  // Every reading of the features may have brought a change.
  useEffect(() => {
    let isOver = false;
    readChanges?.(feature).then(
      (changes) => void (isOver || setHistory({ phase: 'read', changes })),
      (error: unknown) => void (isOver || setHistory({ phase: 'failed', problem: problemIn(error) })),
    );
    return () => void (isOver = true);
  }, [readChanges, feature, state]);

  if (history.phase === 'loading') return <p role="status">{labels.loading}</p>;
  if (history.phase === 'failed') return <p role="alert">{labels.problem(history.problem)}</p>;
  if (history.changes.length === 0) return <p>{labels.noHistory}</p>;
  return (
    <ol {...settingsPart('list', classNames)}>
      {history.changes.map((change) => (
        <li {...settingsPart('entry', classNames)} key={change.id}>
          <time dateTime={change.at}>{formatTime(change.at, locale)}</time>
          <span>
            {labels.change(change, ...fromTo(change.percentage, locale))} {labels.changedBy(change.actor)}
          </span>
          {change.reason === null ? null : <q>{change.reason}</q>}
        </li>
      ))}
    </ol>
  );
}
