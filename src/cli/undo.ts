import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes, usageError } from './exit.js';
import { readFeature, readGlobalOptions, readNumber } from './options.js';
import type { Change } from './rollBack.js';
import type { Run } from './run.js';

/** Adds `undo <rollbackId>`. */
export function addUndo(program: Command, run: Run): void {
  program
    .command('undo')
    .description('end a rollback: v2 comes back')
    .argument('<rollbackId>')
    .option('--reason <text>', 'why, for the audit; needed')
    .option('--features <list>', 'after an emergency: the features that come back, separated by commas')
    .action((id: string, given: { reason?: string; features?: string }, command: Command) =>
      run(async ({ output, ...context }) => {
        const options = readGlobalOptions(command, { output, ...context });
        const rollbackId = readNumber('rollbackId', id, 1, 1e15, true);
        if (given.reason === undefined) throw usageError('why? Undoing a rollback brings v2 back: give --reason');
        const features = given.features?.split(',').map((feature) => readFeature(feature.trim(), undefined));
        const body = { reason: given.reason, ...(features === undefined ? {} : { features }) };
        const path = `/api/rollbacks/${rollbackId}/undo`;
        const { body: change } = await createApi(options).call<Change>('POST', path, body);
        const text = `rollback ${rollbackId} is undone: revision ${change.revision}`;
        output.data(options.json ? JSON.stringify(change) : text);
        return exitCodes.ok;
      }),
    );
}
