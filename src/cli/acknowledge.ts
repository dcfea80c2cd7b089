import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes } from './exit.js';
import { readGlobalOptions } from './options.js';
import type { Run } from './run.js';

interface Acknowledged {
  readonly epoch: number;
  readonly revision: number;
  readonly alarms: readonly string[];
}

/** Adds `acknowledge`. */
export function addAcknowledge(program: Command, run: Run): void {
  program
    .command('acknowledge')
    .description('after a restore: you have looked what is missing, and the alarm may end')
    .option('--reason <text>', 'what was found, for the audit')
    .action((given: { reason?: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const { body } = await createApi(options).call<Acknowledged>('POST', '/api/epoch/acknowledge', given);
        const text = `epoch ${body.epoch} is acknowledged: revision ${body.revision}`;
        context.output.data(options.json ? JSON.stringify(body) : [text, ...body.alarms].join('\n'));
        return exitCodes.ok;
      }),
    );
}
