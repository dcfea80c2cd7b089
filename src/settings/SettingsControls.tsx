'use client';

import { useState, type ReactNode } from 'react';
import { formatPercentage, formatTime } from './formats.js';
import type { OperatorFeature, OperatorState } from './operatorFeature.js';
import { PercentageField } from './PercentageField.js';
import { ReasonDialog, type Question } from './ReasonDialog.js';
import { useSettings, useSettingsRow, type SettingsShared } from './settingsContext.js';
import { SettingsOutcome } from './SettingsOutcome.js';
import { settingsPart } from './settingsPart.js';
import { useOperator } from './useOperator.js';

/** For operators: who has v2, how many shall have it, and off with it. Renders nothing in a panel for users. */
export function SettingsControls(): ReactNode {
  const shared = useSettings();
  const { feature, nameId } = useSettingsRow();
  const operator = useOperator();
  const [question, setQuestion] = useState<Question | null>(null);
  if (operator === null || operator.state === null) return null;

  const { labels, classNames } = shared;
  const { state, outcomes, act } = operator;
  const known = state.features.get(feature);
  if (known === undefined) return <p {...settingsPart('state', classNames)}>{labels.notCreated}</p>;

  const isBusy = outcomes.get(feature)?.phase === 'working';
  const inForce = inForceOf(known, state);
  const isOn = known.enabled && inForce === null;
  const ask = (next: Question): void => {
    if (!isBusy) setQuestion(next);
  };
  const button = {
    ...settingsPart('button', classNames),
    type: 'button',
    'aria-describedby': nameId,
    'aria-disabled': isBusy ? true : undefined,
    title: isBusy ? labels.busy : undefined,
  } as const;
  return (
    <div
      {...settingsPart('controls', classNames)}
      role="group"
      aria-label={labels.controls}
      data-state={isOn ? 'on' : 'off'}
      data-stale={operator.problem === null ? undefined : true}
    >
      <p {...settingsPart('state', classNames)}>{describe(known, inForce, shared)}</p>
      {isOn ? (
        <PercentageField
          feature={known}
          isBusy={isBusy}
          onChoose={(percentage, rowRevision) => {
            const isMore = percentage > known.percentage;
            const kind = 'percentage';
            if (isMore) ask({ kind, percentage, rowRevision });
            else void act({ kind, feature, percentage, rowRevision, reason: null });
          }}
        />
      ) : null}
      <div {...settingsPart('actions', classNames)}>
        {/* One button for both: who pressed it does not lose the focus when it says the other thing. */}
        {state.emergency === null ? (
          <button
            {...button}
            data-danger={isOn ? true : undefined}
            onClick={() => ask(isOn ? { kind: 'disable' } : { kind: 'enable' })}
          >
            {isOn ? labels.disable : labels.enable}
          </button>
        ) : null}
        {inForce === null ? null : (
          <button
            {...button}
            onClick={() =>
              ask({ kind: 'undo', rollbackId: inForce.id, isEmergency: inForce.id === state.emergency?.rollbackId })
            }
          >
            {labels.undo}
          </button>
        )}
      </div>
      <SettingsOutcome />
      {question === null ? null : (
        <ReasonDialog question={question} onClose={() => setQuestion(null)} onAnswer={(action) => void act(action)} />
      )}
    </div>
  );
}

/** The rollback that holds a feature on v1: an emergency outranks its own. */
function inForceOf({ rollbacks }: OperatorFeature, { emergency }: OperatorState): Rollback | null {
  const active = rollbacks.filter(({ endedAt }) => endedAt === null);
  return active.find(({ id }) => id === emergency?.rollbackId) ?? active[0] ?? null;
}

type Rollback = OperatorFeature['rollbacks'][number];

function describe({ enabled, percentage }: OperatorFeature, inForce: Rollback | null, shared: SettingsShared): string {
  const { labels, locale } = shared;
  if (inForce !== null) return labels.rolledBack(inForce.actor, formatTime(inForce.startedAt, locale), inForce.reason);
  return enabled ? labels.on(formatPercentage(percentage, locale)) : labels.off;
}
