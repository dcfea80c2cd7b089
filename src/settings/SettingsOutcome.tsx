'use client';

import type { ReactNode } from 'react';
import { commandLinesOf } from './commandLines.js';
import type { Outcome } from './createOperator.js';
import { formatPercentage, formatTime } from './formats.js';
import { useSettings, useSettingsRow, type SettingsShared } from './settingsContext.js';
import { settingsPart } from './settingsPart.js';
import { useOperator } from './useOperator.js';

/** What became of the latest action: announced politely, and at once where it failed, with another way to do it. */
export function SettingsOutcome(): ReactNode {
  const shared = useSettings();
  const { feature } = useSettingsRow();
  const outcome = useOperator()?.outcomes.get(feature);
  const { classNames } = shared;
  return (
    <>
      <p {...settingsPart('status', classNames)} role="status">
        {outcome === undefined ? null : statusOf(outcome, shared)}
      </p>
      <div {...settingsPart('problem', classNames)} role="alert">
        {outcome?.phase === 'failed' ? <Failure outcome={outcome} /> : null}
      </div>
    </>
  );
}

function statusOf(outcome: Outcome, { labels, locale }: SettingsShared): string | null {
  const { action, phase } = outcome;
  switch (phase) {
    case 'working':
      return labels.working(action);
    case 'done': {
      const { progress } = outcome;
      const done = labels.done(action, 'percentage' in action ? formatPercentage(action.percentage, locale) : '');
      return progress === null ? done : `${done} ${labels.confirmed(progress)}`;
    }
    case 'failed':
      return null;
  }
}

function Failure({ outcome }: { readonly outcome: Extract<Outcome, { phase: 'failed' }> }): ReactNode {
  const { labels, classNames, locale, url } = useSettings();
  const { action, problem, other } = outcome;
  const change = other === null ? '' : labels.change(other, ...fromTo(other.percentage, locale));
  // Whoever was overtaken reads what happened and decides again; a line to repeat it by would not help.
  const lines = problem.kind === 'changed' ? null : commandLinesOf(action, new URL(url, location.href).href);
  return (
    <>
      <p>{`${labels.failed(action)} ${labels.problem(problem)}`}</p>
      {other === null ? null : (
        <p>{labels.otherChange(change, other.actor, formatTime(other.at, locale), other.reason)}</p>
      )}
      {lines === null ? null : (
        <>
          <p>{labels.terminal}</p>
          <pre {...settingsPart('code', classNames)} tabIndex={0} role="group" aria-label={labels.cli}>
            <code>{lines.cli}</code>
          </pre>
          <pre {...settingsPart('code', classNames)} tabIndex={0} role="group" aria-label={labels.curl}>
            <code>{lines.curl}</code>
          </pre>
        </>
      )}
    </>
  );
}

/** Both ends of a change of percentage, as people read them. */
export const fromTo = (
  percentage: { readonly from: number; readonly to: number } | null,
  locale: string | undefined,
): [from: string, to: string] =>
  percentage === null ? ['', ''] : [formatPercentage(percentage.from, locale), formatPercentage(percentage.to, locale)];
