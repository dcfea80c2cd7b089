'use client';

import { useId, type ReactNode } from 'react';
import { useSettings, useSettingsRow } from './settingsContext.js';
import type { SettingsLabels } from './settingsLabels.js';
import { settingsPart } from './settingsPart.js';
import { useFeatureChoice, type FeatureChoice } from './useFeatureChoice.js';

/** For users: which version they see, why, and a button for the other one; or why there is no choice. */
export function SettingsChoice(): ReactNode {
  const { labels, classNames } = useSettings();
  const { feature, nameId } = useSettingsRow();
  const choice = useFeatureChoice(feature);
  const id = useId();
  const { version, isChosen, closed } = choice;
  return (
    <div {...settingsPart('choice', classNames)} data-version={version} data-closed={closed ?? undefined}>
      <p {...settingsPart('sentence', classNames)} id={id} role="status">
        {sentenceOf(choice, labels)}
      </p>
      {/* Nobody presses what the policy never opens; the other two pass, and the button waits for that. */}
      {closed === 'policy' ? null : (
        <div {...settingsPart('actions', classNames)}>
          <button
            {...settingsPart('button', classNames)}
            type="button"
            aria-disabled={closed === null ? undefined : true}
            aria-describedby={`${nameId} ${id}`}
            onClick={choice.toggle}
          >
            {version === 'v2' ? labels.goBack : labels.tryV2}
          </button>
          {isChosen ? (
            <button
              {...settingsPart('button', classNames)}
              type="button"
              aria-describedby={nameId}
              onClick={choice.follow}
            >
              {labels.follow}
            </button>
          ) : null}
        </div>
      )}
    </div>
  );
}

function sentenceOf({ version, isChosen, closed }: FeatureChoice, labels: SettingsLabels): string {
  if (isChosen) return version === 'v2' ? labels.choseV2 : labels.choseV1;
  const sees = version === 'v2' ? labels.seesV2 : labels.seesV1;
  switch (closed) {
    case null:
      return sees;
    case 'policy':
      return `${sees} ${labels.closedByPolicy}`;
    case 'kill':
      return `${sees} ${labels.closedByKill}`;
    case 'failures':
      return `${sees} ${labels.closedByFailures}`;
  }
}
