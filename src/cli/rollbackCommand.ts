import type { Command } from 'commander';
import { readFeature } from './options.js';
import { rollBack } from './rollBack.js';
import type { Run } from './run.js';

interface Given {
  readonly feature?: string;
  readonly reason?: string;
  readonly wait: string;
}

/** Adds a command that turns one feature off: `rollback <feature>` and `features disable <feature>` are the same. */
export function addRollback(parent: Command, name: 'rollback' | 'disable', run: Run): void {
  parent
    .command(name)
    .description('v1 for everyone, at once; waits until the open pages show it')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--reason <text>', 'why, for the audit')
    .option('--wait <seconds>', 'how long to wait for the pages; 0: not at all', '10')
    .action((argument: string | undefined, given: Given, command: Command) =>
      run(async (context) => {
        const feature = readFeature(argument, given.feature);
        const body = { feature, ...(given.reason === undefined ? {} : { reason: given.reason }) };
        return rollBack(command, context, { path: '/api/features/disable', body, what: feature, wait: given.wait });
      }),
    );
}
