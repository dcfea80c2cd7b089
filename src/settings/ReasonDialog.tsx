'use client';

import { useId, useRef, useState, type ReactNode, type SyntheticEvent } from 'react';
import { assertNever } from '../error.js';
import { useLayout } from '../render/useLayout.js';
import { formatPercentage } from './formats.js';
import type { OperatorAction } from './operatorFeature.js';
import { HealthNotice, isHarmful } from './HealthNotice.js';
import { PercentageInput } from './PercentageInput.js';
import { useSettings, useSettingsRow } from './settingsContext.js';
import { settingsPart } from './settingsPart.js';
import { useOperatorHealth } from './useOperatorHealth.js';

/** What is to be done, but for the reason. */
export type Question =
  | { readonly kind: 'disable' }
  | { readonly kind: 'enable' }
  | { readonly kind: 'percentage'; readonly percentage: number; readonly rowRevision: number }
  | { readonly kind: 'undo'; readonly rollbackId: number; readonly isEmergency: boolean };

export interface ReasonDialogProps {
  readonly question: Question;
  readonly onAnswer: (action: OperatorAction) => void;
  readonly onClose: () => void;
}

// Whoever turns it on again begins with few.
const firstPercentage = 1;
const maxReasonLength = 1_000;

/**
 * Asks why, once: less v2 has a reason at hand and needs Enter alone; more v2 asks for one, says how v2 does, and where that is
 * badly wants the feature's name typed. Esc changes nothing.
 */
export function ReasonDialog({ question, onAnswer, onClose }: ReasonDialogProps): ReactNode {
  const { labels, classNames, locale } = useSettings();
  const { feature, name } = useSettingsRow();
  const { kind } = question;
  const presets = kind === 'disable' ? labels.disableReasons : kind === 'undo' ? labels.undoReasons : [];
  const [preset, setPreset] = useState(kind === 'disable' ? (presets[0] ?? '') : '');
  const [words, setWords] = useState('');
  const [typedName, setTypedName] = useState('');
  const [percentage, setPercentage] = useState(String(firstPercentage));
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  useLayout(() => {
    const { current } = dialog;
    if (current?.open === false) current.showModal();
  }, []);

  const reading = useOperatorHealth(feature, kind !== 'disable');
  const asksName = isHarmful(reading);
  const isNamed = [name, feature].includes(typedName.trim());
  const isWaiting = reading.phase === 'reading';

  const reason = (words.trim() || preset).slice(0, maxReasonLength);
  const action = actionOf(question, feature, reason, Number(percentage));
  const shown = 'percentage' in action ? formatPercentage(action.percentage, locale) : '';
  const answer = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (isWaiting || (asksName && !isNamed)) return;
    // The focus is back on the button before anything else changes.
    dialog.current?.close();
    onAnswer(action);
  };
  return (
    <dialog {...settingsPart('dialog', classNames)} ref={dialog} aria-labelledby={id} onClose={onClose}>
      <form onSubmit={answer}>
        <p {...settingsPart('question', classNames)} id={id}>
          {labels.ask(action, name, shown)}
        </p>
        {question.kind === 'undo' && question.isEmergency ? <p>{labels.explainEmergency(name)}</p> : null}
        {kind === 'enable' ? <PercentageInput text={percentage} onEdit={setPercentage} /> : null}
        <HealthNotice id={`${id}-health`} reading={reading} />
        {presets.length === 0 ? null : (
          <fieldset {...settingsPart('reasons', classNames)}>
            <legend>{labels.reason}</legend>
            {presets.map((text) => (
              <label key={text}>
                <input
                  type="radio"
                  name={id}
                  value={text}
                  checked={preset === text}
                  autoFocus={preset === text}
                  onChange={() => setPreset(text)}
                />
                <span>{text}</span>
              </label>
            ))}
          </fieldset>
        )}
        <label {...settingsPart('field', classNames)}>
          <span>{presets.length === 0 ? labels.reason : labels.otherReason}</span>
          <input
            type="text"
            maxLength={maxReasonLength}
            // A space is no reason; the service says so as well.
            pattern=".*\S.*"
            required={preset === ''}
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </label>
        {asksName ? (
          <label {...settingsPart('field', classNames)}>
            <span>{labels.typeName(name)}</span>
            <input
              ref={(input) => input?.setCustomValidity(isNamed ? '' : labels.typeName(name))}
              type="text"
              required
              autoComplete="off"
              spellCheck={false}
              aria-describedby={`${id}-health`}
              value={typedName}
              onChange={(event) => setTypedName(event.target.value)}
            />
          </label>
        ) : null}
        <div {...settingsPart('actions', classNames)}>
          <button
            {...settingsPart('button', classNames)}
            type="submit"
            data-danger={kind === 'disable' || asksName || undefined}
            aria-disabled={isWaiting ? true : undefined}
            aria-describedby={kind === 'disable' ? undefined : `${id}-health`}
          >
            {labels.confirm(action)}
          </button>
          <button {...settingsPart('button', classNames)} type="button" onClick={() => dialog.current?.close()}>
            {labels.cancel}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function actionOf(question: Question, feature: string, reason: string, percentage: number): OperatorAction {
  switch (question.kind) {
    case 'disable':
      return { kind: 'disable', feature, reason };
    case 'enable':
      return { kind: 'enable', feature, percentage, reason };
    case 'percentage':
    case 'undo':
      return { ...question, feature, reason };
    default:
      return assertNever(question);
  }
}
