import type { Command } from 'commander';
import { rollBack } from './rollBack.js';
import type { Run } from './run.js';

/** Adds `emergency-rollback`. */
export function addEmergencyRollback(program: Command, run: Run): void {
  program
    .command('emergency-rollback')
    .description('v1 of every feature for everyone, at once')
    .option('--reason <text>', 'why, for the audit')
    .option('--wait <seconds>', 'how long to wait for the pages; 0: not at all', '10')
    .action((given: { reason?: string; wait: string }, command: Command) =>
      run((context) =>
        rollBack(command, context, {
          path: '/api/emergency/rollback',
          body: given.reason === undefined ? {} : { reason: given.reason },
          what: 'every feature',
          wait: given.wait,
        }),
      ),
    );
}
