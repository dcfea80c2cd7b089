'use client';
// Comes in: features, an operator's token. Goes out: overrides of one user, changes for everybody. Who calls: the host's settings page.
import type { ReactNode } from 'react';
import { refuseOption } from '../error.js';
import type { FeatureKey } from '../features.js';
import { useSettings } from './settingsContext.js';
import { SettingsChoice } from './SettingsChoice.js';
import { SettingsControls } from './SettingsControls.js';
import { SettingsHistory } from './SettingsHistory.js';
import { settingsPart } from './settingsPart.js';
import { SettingsRoot, type SettingsRootProps } from './SettingsRoot.js';
import { SettingsRow } from './SettingsRow.js';
import { useOperator } from './useOperator.js';

/** A feature as the panel shows it. */
export interface SettingsFeature {
  readonly feature: FeatureKey;
  /** What users call it; default: its key. */
  readonly name?: string | undefined;
  readonly description?: ReactNode;
}

/** Which features are listed, and for whom. */
export interface FeatureSettingsProps extends Omit<SettingsRootProps, 'children'> {
  /** The features, in this order. Absent: for operators, whatever the service has; users have no choice there. */
  readonly features?: readonly SettingsFeature[] | undefined;
}

function Panel({ features, ...root }: FeatureSettingsProps): ReactNode {
  if (features === undefined && root.operator === undefined)
    refuseOption('features', 'a list such as [{ feature: "memoryPanel" }] where there is no operator', features);
  return (
    <SettingsRoot {...root}>
      {features === undefined ? (
        <ServiceRows />
      ) : (
        features.map(({ feature, name, description }) => (
          <SettingsRow key={feature} feature={feature} name={name} description={description}>
            <SettingsChoice />
            <SettingsControls />
            <SettingsHistory />
          </SettingsRow>
        ))
      )}
    </SettingsRoot>
  );
}

function ServiceRows(): ReactNode {
  const { labels, classNames } = useSettings();
  const state = useOperator()?.state;
  if (state === undefined || state === null) return null;
  if (state.features.size === 0) return <li {...settingsPart('row', classNames)}>{labels.noFeatures}</li>;
  return Array.from(state.features.keys(), (feature) => (
    <SettingsRow key={feature} feature={feature as FeatureKey}>
      <SettingsControls />
      <SettingsHistory />
    </SettingsRow>
  ));
}

/**
 * Settings > Features. Users try v2 and go back, as far as the provider's policy allows; with an operator's token the rows also
 * have everybody's share, a way to turn the feature off and on with a reason, and its history.
 *
 * Its parts stand alone: `FeatureSettings.Root`, and in it `Row` with `Choice`, `Controls` and `History`.
 * @throws SwitchbackError `missing-provider` outside of a `SwitchbackProvider`
 */
export const FeatureSettings = /* @__PURE__ */ Object.assign(Panel, {
  Root: SettingsRoot,
  Row: SettingsRow,
  Choice: SettingsChoice,
  Controls: SettingsControls,
  History: SettingsHistory,
});
