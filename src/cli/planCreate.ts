import type { Command } from 'commander';
import type { StoredPlan } from '../service/index.js';
import { presets } from '../service/plans/presets.js';
import { createApi } from './api.js';
import { exitCodes, usageError } from './exit.js';
import { readFeature, readGlobalOptions, readNumber } from './options.js';
import { detailsOf } from './planText.js';
import type { Run } from './run.js';

interface Given {
  readonly feature?: string;
  readonly preset?: string;
  readonly stages?: string;
  readonly holdMinutes?: string;
  readonly manual?: boolean;
  readonly reason?: string;
}

const names = [...presets.keys()].join(', ');

/** Adds `plan create <feature>`. */
export function addPlanCreate(plans: Command, run: Run): void {
  plans
    .command('create')
    .description('write a plan down; nothing changes before it is started')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--preset <name>', names)
    .option('--stages <percentages>', 'rising, such as 1,10,25,50,100')
    .option('--hold-minutes <minutes>', 'how long each stage is held at least; default 60')
    .option('--manual', 'somebody promotes each stage')
    .option('--reason <text>', 'why, for the audit')
    .action((argument: string | undefined, given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const { reason } = given;
        const body = { feature, ...readStages(given), ...(reason === undefined ? {} : { reason }) };
        const { body: plan } = await createApi(options).call<StoredPlan>('POST', '/api/plans', body);
        context.output.data(options.json ? JSON.stringify(plan) : detailsOf(plan));
        return exitCodes.ok;
      }),
    );
}

function readStages({ preset, stages, holdMinutes, manual = false }: Given): object {
  if ((preset === undefined) === (stages === undefined))
    throw usageError(`which stages? Give --stages 1,10,25,50,100 or --preset with one of ${names}`);
  if (preset !== undefined) {
    if (holdMinutes !== undefined || manual) throw usageError('--hold-minutes and --manual go with --stages');
    if (!presets.has(preset))
      throw usageError(`--preset must be one of ${names}, found ${JSON.stringify(preset.slice(0, 64))}`);
    return { preset };
  }
  const hold = readNumber('--hold-minutes', holdMinutes ?? '60', 0, 525_600);
  const gates = manual ? [{ kind: 'time' }, { kind: 'manual' }] : [{ kind: 'time' }];
  const percentages = (stages ?? '').split(',').map((text) => readNumber('--stages', text, 0, 100));
  return { stages: percentages.map((percentage) => ({ percentage, holdMinutes: hold, gates })) };
}
