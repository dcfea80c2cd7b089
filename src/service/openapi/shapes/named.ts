import type * as v from 'valibot';
import type { NamedSchemas } from '../toJsonSchema.js';
import { baseline, comparedBaseline } from './baseline.js';
import { batchAnswer, killsSnapshot, snapshot } from './delivery.js';
import { change, changedFeature, difference, feature, retiredFeature, rollback } from './feature.js';
import { featureHealth, health, rollbackStatus } from './health.js';
import { auditEntry, featureNumbers, versionNumbers } from './numbers.js';
import { ofrepError, ofrepFailure, ofrepFlag, ofrepFlags, ofrepNotFound } from './ofrep.js';
import { changedPlan, plan, planStage } from './plan.js';
import { problem } from './problem.js';
import { token } from './token.js';

/** What the document calls the shapes of answers. */
export const namedSchemas: NamedSchemas = new Map<v.GenericSchema, string>([
  [feature, 'Feature'],
  [retiredFeature, 'RetiredFeature'],
  [changedFeature, 'ChangedFeature'],
  [change, 'Change'],
  [difference, 'Difference'],
  [rollback, 'Rollback'],
  [plan, 'Plan'],
  [planStage, 'PlanStage'],
  [changedPlan, 'ChangedPlan'],
  [auditEntry, 'AuditEntry'],
  [featureNumbers, 'FeatureNumbers'],
  [versionNumbers, 'VersionNumbers'],
  [baseline, 'Baseline'],
  [comparedBaseline, 'ComparedBaseline'],
  [token, 'Token'],
  [snapshot, 'Snapshot'],
  [killsSnapshot, 'KillsSnapshot'],
  [batchAnswer, 'BatchAnswer'],
  [health, 'Health'],
  [featureHealth, 'FeatureHealth'],
  [rollbackStatus, 'RollbackStatus'],
  [ofrepFlag, 'OfrepFlag'],
  [ofrepFlags, 'OfrepFlags'],
  [ofrepFailure, 'OfrepFailure'],
  [ofrepNotFound, 'OfrepNotFound'],
  [ofrepError, 'OfrepError'],
  [problem, 'Problem'],
]);
