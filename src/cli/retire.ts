import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes, usageError } from './exit.js';
import { readFeature, readGlobalOptions } from './options.js';
import type { Change } from './rollBack.js';
import type { Run } from './run.js';

const words = {
  retire: { description: 'publish a feature no more: v1 wherever its code still asks', done: 'retired' },
  restore: { description: 'bring a retired feature back, off', done: 'back, off' },
};

/** Adds `features retire <feature>` or `features restore <feature>`. */
export function addRetire(features: Command, name: 'retire' | 'restore', run: Run): void {
  const { description, done } = words[name];
  features
    .command(name)
    .description(description)
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--reason <text>', 'why, for the audit; needed')
    .action((argument: string | undefined, given: { feature?: string; reason?: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        if (given.reason === undefined) throw usageError('why? Give --reason');
        const path = `/api/features/${feature}/${name}`;
        const { body: change } = await createApi(options).call<Change>('POST', path, { reason: given.reason });
        const text = `${feature} is ${done}: revision ${change.revision}`;
        context.output.data(options.json ? JSON.stringify(change) : text);
        return exitCodes.ok;
      }),
    );
}
