/**
 * Settings > Features, for users and for operators. Not part of the main entry.
 * @see docs/settings.md
 * @module
 */

export { FeatureSettings, type FeatureSettingsProps, type SettingsFeature } from './FeatureSettings.js';
export { type SettingsRootProps } from './SettingsRoot.js';
export { type SettingsRowProps } from './SettingsRow.js';
export { useFeatureChoice, type ChoiceClosed, type FeatureChoice } from './useFeatureChoice.js';
export { useOperator, type OperatorOptions } from './useOperator.js';
export { type OperatorToken } from './operatorApi.js';
export { englishLabels } from './englishLabels.js';
export type { SettingsLabels } from './settingsLabels.js';
export type { SettingsClassNames, SettingsSlot } from './settingsPart.js';
export type { OperatorHealth, OperatorHealthReason, OperatorHealthStatus } from './operatorHealth.js';
export type { OperatorProblem, OperatorProblemKind } from './operatorProblem.js';
export type { Operator, OperatorView, Outcome } from './createOperator.js';
export type {
  OperatorAction,
  OperatorChange,
  OperatorFeature,
  OperatorRollback,
  OperatorState,
  RollbackProgress,
} from './operatorFeature.js';
