'use client';

import { useId, useMemo, type ReactNode } from 'react';
import type { FeatureKey } from '../features.js';
import { SettingsRowContext, useSettings } from './settingsContext.js';
import { settingsPart } from './settingsPart.js';

/** One feature's row. */
export interface SettingsRowProps {
  readonly feature: FeatureKey;
  /** What users call it; default: its key. */
  readonly name?: string | undefined;
  readonly description?: ReactNode;
  /** Parts of the row, such as `FeatureSettings.Choice`. */
  readonly children: ReactNode;
}

/** One feature. */
export function SettingsRow({ feature, name = feature, description, children }: SettingsRowProps): ReactNode {
  const { classNames } = useSettings();
  const nameId = useId();
  const shared = useMemo(() => ({ feature, name, nameId }), [feature, name, nameId]);
  return (
    <SettingsRowContext.Provider value={shared}>
      <li {...settingsPart('row', classNames)} data-feature={feature}>
        <h3 {...settingsPart('name', classNames)} id={nameId}>
          {name}
        </h3>
        {description === undefined || description === null ? null : (
          <p {...settingsPart('description', classNames)}>{description}</p>
        )}
        {children}
      </li>
    </SettingsRowContext.Provider>
  );
}
