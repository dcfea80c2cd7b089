import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes, usageError } from './exit.js';
import { readFeature, readGlobalOptions, readNumber } from './options.js';
import type { Change } from './rollBack.js';
import type { Run } from './run.js';

interface Given {
  readonly feature?: string;
  readonly percentage?: string;
  readonly reason?: string;
}

/** Adds `features enable <feature>`. */
export function addEnable(features: Command, run: Run): void {
  features
    .command('enable')
    .description('turn v2 on for a share of users; ends a rollback of this feature')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--percentage <percent>', '0 to 100; default: as it was')
    .option('--reason <text>', 'why, for the audit; needed')
    .action((argument: string | undefined, given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const percentage =
          given.percentage === undefined ? undefined : readNumber('--percentage', given.percentage, 0, 100);
        if (given.reason === undefined) throw usageError('why? Turning v2 on needs --reason');
        const body = { feature, reason: given.reason, ...(percentage === undefined ? {} : { percentage }) };
        const { body: change } = await createApi(options).call<Change>('POST', '/api/features/enable', body);
        const at = percentage === undefined ? '' : ` at ${percentage} %`;
        context.output.data(
          options.json ? JSON.stringify(change) : `${feature} is on${at}: revision ${change.revision}`,
        );
        return exitCodes.ok;
      }),
    );
}
