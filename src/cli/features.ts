import type { Command } from 'commander';
import { addCreate } from './createFeature.js';
import { addEdit } from './editFeature.js';
import { addEnable } from './enable.js';
import { addExport } from './exportFeatures.js';
import { addHistory } from './history.js';
import { addDiff, addImport } from './importFeatures.js';
import { addRetire } from './retire.js';
import { addRollback } from './rollbackCommand.js';
import type { Run } from './run.js';
import { addSet } from './setFeature.js';
import { addShow } from './show.js';
import { addStatus } from './status.js';
import { addUsers } from './users.js';

/** Adds `features` and what is below it. */
export function addFeatures(program: Command, run: Run): void {
  const features = program.command('features').description('see and change features');
  addStatus(features, run);
  addShow(features, run);
  addCreate(features, run);
  addEdit(features, run);
  addSet(features, run);
  addEnable(features, run);
  addRollback(features, 'disable', run);
  addUsers(features, 'allow', run);
  addUsers(features, 'deny', run);
  addHistory(features, run);
  addExport(features, run);
  addDiff(features, run);
  addImport(features, run);
  addRetire(features, 'retire', run);
  addRetire(features, 'restore', run);
}
