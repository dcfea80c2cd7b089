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

/** Adds `features set <feature> --percentage <percent>`. */
export function addSet(features: Command, run: Run): void {
  features
    .command('set')
    .description('change the share of users that get v2')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--percentage <percent>', '0 to 100')
    .option('--reason <text>', 'why, for the audit; needed for more v2')
    .action((argument: string | undefined, given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        if (given.percentage === undefined) throw usageError('to what? Give --percentage');
        const percentage = readNumber('--percentage', given.percentage, 0, 100);
        const api = createApi(options);
        const path = `/api/features/${feature}`;
        const { etag } = await api.call('GET', path);
        const body = { percentage, ...(given.reason === undefined ? {} : { reason: given.reason }) };
        const { body: change } = await api.call<Change>('PATCH', path, body, etag);
        const text = `${feature} is ${change.enabled ? 'on' : 'off'} at ${percentage} %: revision ${change.revision}`;
        context.output.data(options.json ? JSON.stringify(change) : text);
        return exitCodes.ok;
      }),
    );
}
