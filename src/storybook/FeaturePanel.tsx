/** @jsxRuntime classic */
import * as React from 'react';
import { FailureFields } from '../render/breaking/FailureFields.js';
import { ConfigEditor } from './ConfigEditor.js';
import type { FeatureEdit } from './edits.js';
import { PercentageField } from './PercentageField.js';
import type { FeatureReport } from './report.js';
import type { Side } from './storyFeatures.js';

const { useId } = React;

export interface FeaturePanelProps {
  readonly feature: FeatureReport;
  /** The same feature, once for each rendering of the story. */
  readonly shown: readonly { readonly side: Side; readonly report: FeatureReport }[];
  readonly edit: FeatureEdit;
  readonly isPinned: boolean;
  /** In place of the edit so far. */
  onEdit(edit: FeatureEdit): void;
}

const choices = [
  { version: undefined, label: 'By percentage' },
  { version: 'v1', label: 'v1' },
  { version: 'v2', label: 'v2' },
] as const;

/** One feature: what is on the screen and why, and how to change that. */
export function FeaturePanel({ feature, shown, edit, isPinned, onEdit }: FeaturePanelProps): React.ReactElement {
  const id = useId();
  const isForced = feature.forcedBy === 'toolbar';
  const { version: _, ...rest } = edit;

  return (
    <section className="feature" aria-labelledby={id}>
      <header>
        <h2 id={id}>{feature.feature}</h2>
        {feature.description === '' ? null : <p className="about">{feature.description}</p>}
        {shown.map(({ side, report }) => (
          <Shown key={side} side={side} report={report} />
        ))}
      </header>
      <div className="fields">
        <fieldset disabled={isPinned || isForced}>
          <legend>Version{isForced ? ' (chosen by the toolbar)' : ''}</legend>
          {choices.map(({ version, label }) => (
            <label key={label} className="choice">
              <input
                type="radio"
                name={`${id} version`}
                checked={edit.version === version && !isForced}
                onChange={() => onEdit(version === undefined ? rest : { ...rest, version })}
              />
              {label}
            </label>
          ))}
        </fieldset>
        <PercentageField
          feature={feature.feature}
          percentage={feature.percentage}
          isDisabled={isPinned || feature.forcedBy !== null}
          onChange={(percentage) => onEdit({ ...edit, percentage })}
        />
        <FailureFields
          failure={feature.failure}
          delayMs={feature.delayMs}
          isDisabled={isPinned}
          onFailure={(failure) => onEdit({ ...edit, fail: failure ?? 'none' })}
          onDelay={(delayMs) => onEdit({ ...edit, delayMs })}
        />
        <ConfigEditor config={feature.config} isDisabled={isPinned} onApply={(config) => onEdit({ ...edit, config })} />
      </div>
    </section>
  );
}

function Shown({ side, report }: { readonly side: Side; readonly report: FeatureReport }): React.ReactElement {
  const { version, reason, bucket, percentage, onScreen, error, breaker } = report;
  const [first] = onScreen;
  const screen =
    onScreen.length === 0
      ? `no gate is mounted; decided ${version}`
      : onScreen.every((other) => other === first)
        ? screenNames[first ?? 'v1']
        : `${onScreen.filter((other) => other === 'v2').length} of ${onScreen.length} gates show v2`;
  const because = bucket === null ? reason : `${reason}: bucket ${(bucket / 100).toFixed(2)} of ${percentage} %`;
  return (
    <dl className="shown">
      <div>
        <dt>On the screen{side === 'story' ? '' : ` (${side})`}</dt>
        <dd>
          <strong className={`state state-${first ?? version}`}>{screen}</strong>
        </dd>
      </div>
      <div>
        <dt>Decision</dt>
        <dd>
          {version}, {because}
        </dd>
      </div>
      <div>
        <dt>Breaker</dt>
        <dd>{breakerText(breaker)}</dd>
      </div>
      {error === null ? null : (
        <div>
          <dt>v2 threw</dt>
          <dd className="error">{error}</dd>
        </div>
      )}
    </dl>
  );
}

const screenNames = { v1: 'v1', v2: 'v2', loading: 'loading v2', failed: 'v1, since v2 failed' };

function breakerText(breaker: FeatureReport['breaker']): string {
  if (breaker.state === 'halfOpen') return 'half-open: one gate may try';
  if (breaker.state === 'open') return `open until ${new Date(breaker.untilMs).toLocaleTimeString()}`;
  const { length } = breaker.incidentsMs;
  return length === 0 ? 'closed' : `closed, ${length} ${length === 1 ? 'failure' : 'failures'} so far`;
}
