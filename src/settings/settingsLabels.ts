import type { OperatorAction, OperatorChange, RollbackProgress } from './operatorFeature.js';
import type { OperatorHealth } from './operatorHealth.js';
import type { OperatorProblem } from './operatorProblem.js';

/** Every text of the panel. Numbers and times come formatted by `locale`. */
export interface SettingsLabels {
  /** The heading, and the name of the panel's landmark. */
  readonly title: string;

  /** What the user sees, and why. */
  readonly seesV1: string;
  readonly seesV2: string;
  readonly choseV1: string;
  readonly choseV2: string;
  readonly tryV2: string;
  readonly goBack: string;
  /** Ends the user's own choice. */
  readonly follow: string;
  /** Why the user cannot choose. */
  readonly closedByPolicy: string;
  readonly closedByKill: string;
  readonly closedByFailures: string;

  /** What an operator sees. */
  readonly controls: string;
  readonly loading: string;
  readonly readAt: (time: string) => string;
  readonly on: (percentage: string) => string;
  readonly off: string;
  readonly rolledBack: (who: string, time: string, reason: string | null) => string;
  readonly emergency: (time: string) => string;
  readonly notCreated: string;
  readonly noFeatures: string;

  readonly percentage: string;
  readonly percentageSlider: string;
  readonly apply: string;
  readonly disable: string;
  readonly enable: string;
  readonly undo: string;
  readonly busy: string;

  /** The dialog that asks why. */
  readonly ask: (action: OperatorAction, name: string, percentage: string) => string;
  readonly explainEmergency: (name: string) => string;
  readonly reason: string;
  readonly otherReason: string;
  readonly disableReasons: readonly string[];
  readonly undoReasons: readonly string[];
  /** How the new version does, said before more users get it. */
  readonly readingHealth: string;
  readonly health: (health: OperatorHealth, name: string) => string;
  readonly healthUnread: string;
  /** Asked for where the new version does badly. */
  readonly typeName: (name: string) => string;
  readonly confirm: (action: OperatorAction) => string;
  readonly cancel: string;

  /** What became of an action. */
  readonly working: (action: OperatorAction) => string;
  readonly done: (action: OperatorAction, percentage: string) => string;
  readonly confirmed: (progress: RollbackProgress) => string;
  readonly failed: (action: OperatorAction) => string;
  readonly problem: (problem: OperatorProblem) => string;
  readonly otherChange: (change: string, who: string, time: string, reason: string | null) => string;
  readonly terminal: string;
  readonly cli: string;
  readonly curl: string;

  readonly history: string;
  readonly noHistory: string;
  readonly change: (change: OperatorChange, from: string, to: string) => string;
  readonly changedBy: (who: string) => string;
}
