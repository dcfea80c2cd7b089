import type { Command } from 'commander';
import { addCreate } from './createFeature.js';
import { addEnable } from './enable.js';
import { addRollback } from './rollbackCommand.js';
import type { Run } from './run.js';
import { addSet } from './setFeature.js';
import { addShow } from './show.js';
import { addStatus } from './status.js';

/** Adds `features` and what is below it. */
export function addFeatures(program: Command, run: Run): void {
  const features = program.command('features').description('see and change features');
  addStatus(features, run);
  addShow(features, run);
  addCreate(features, run);
  addSet(features, run);
  addEnable(features, run);
  addRollback(features, 'disable', run);
}
