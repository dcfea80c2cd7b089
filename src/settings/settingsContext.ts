'use client';

import { createContext, useContext } from 'react';
import { SwitchbackError } from '../error.js';
import type { FeatureKey } from '../features.js';
import type { Operator } from './createOperator.js';
import type { SettingsLabels } from './settingsLabels.js';
import type { SettingsClassNames } from './settingsPart.js';

/** What every part of one panel shares. */
export interface SettingsShared {
  readonly labels: SettingsLabels;
  readonly classNames: SettingsClassNames;
  readonly locale: string | undefined;
  /** Null: the panel is for users alone. */
  readonly operator: Operator | null;
  /** Where the service is, for command lines. */
  readonly url: string;
}

/** What every part of one row shares. */
export interface SettingsRowShared {
  readonly feature: FeatureKey;
  readonly name: string;
  /** The id of the element that names the row. */
  readonly nameId: string;
}

export const SettingsContext = createContext<SettingsShared | null>(null);
export const SettingsRowContext = createContext<SettingsRowShared | null>(null);

/** @throws SwitchbackError `missing-provider` outside a root */
export function useSettings(): SettingsShared {
  return found(useContext(SettingsContext), 'FeatureSettings.Root');
}

/** @throws SwitchbackError `missing-provider` outside a row */
export function useSettingsRow(): SettingsRowShared {
  return found(useContext(SettingsRowContext), 'FeatureSettings.Row');
}

function found<T>(shared: T | null, part: string): T {
  if (shared === null)
    throw new SwitchbackError('missing-provider', `there is no <${part}> above this part of the settings`);
  return shared;
}
