import type { Command } from 'commander';
import type { StoredPlan } from '../service/index.js';
import { createApi } from './api.js';
import { exitCodes } from './exit.js';
import { readFeature, readGlobalOptions } from './options.js';
import { table } from './output.js';
import { addPlanCreate } from './planCreate.js';
import { findPlan } from './planFind.js';
import { addMoves } from './planMove.js';
import { detailsOf, whereOf } from './planText.js';
import { addWatch } from './planWatch.js';
import type { Run } from './run.js';

/** Adds `plan` and what is below it. */
export function addPlan(program: Command, run: Run): void {
  const plans = program.command('plan').description('raise a feature stage by stage');

  plans
    .command('list')
    .description('all plans, newest first')
    .option('--feature <feature>', 'of this feature alone')
    .action((given: { feature?: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const query = given.feature === undefined ? '' : `?feature=${readFeature(given.feature, undefined)}`;
        const { body } = await createApi(options).call<{ plans: readonly StoredPlan[] }>('GET', `/api/plans${query}`);
        const rows = body.plans.map((plan) => [
          String(plan.id),
          plan.feature,
          plan.status,
          whereOf(plan),
          plan.changedAt,
        ]);
        const text = table([['plan', 'feature', 'status', 'at', 'since'], ...rows]);
        context.output.data(options.json ? JSON.stringify(body) : text);
        return exitCodes.ok;
      }),
    );

  plans
    .command('show')
    .description('everything about one plan')
    .argument('<plan>', 'its number, or the feature')
    .action((given: string, _: unknown, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const plan = await findPlan(createApi(options), given);
        context.output.data(options.json ? JSON.stringify(plan) : detailsOf(plan));
        return exitCodes.ok;
      }),
    );

  addPlanCreate(plans, run);
  addMoves(plans, run);
  addWatch(plans, run);
}
