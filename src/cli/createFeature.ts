import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes } from './exit.js';
import { readFeature, readGlobalOptions, readNumber } from './options.js';
import type { Change } from './rollBack.js';
import type { Run } from './run.js';

interface Given {
  readonly feature?: string;
  readonly percentage?: string;
  readonly enabled?: boolean;
  readonly owner?: string;
  readonly description?: string;
}

/** Adds `features create <feature>`. */
export function addCreate(features: Command, run: Run): void {
  features
    .command('create')
    .description('make a feature known; it is off unless you say otherwise')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--percentage <percent>', '0 to 100', '0')
    .option('--enabled', 'on from the start')
    .option('--owner <name>', 'who to ask')
    .option('--description <text>')
    .action((argument: string | undefined, given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const { owner, description, enabled = false } = given;
        const body = {
          feature,
          enabled,
          percentage: readNumber('--percentage', given.percentage ?? '0', 0, 100),
          ...(owner === undefined ? {} : { owner }),
          ...(description === undefined ? {} : { description }),
        };
        const { body: change } = await createApi(options).call<Change>('POST', '/api/features', body);
        const text = `${feature} is ${enabled ? `on at ${body.percentage} %` : 'off'}: revision ${change.revision}`;
        context.output.data(options.json ? JSON.stringify(change) : text);
        return exitCodes.ok;
      }),
    );
}
