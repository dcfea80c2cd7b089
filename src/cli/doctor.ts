import type { Command } from 'commander';
import { createApi } from './api.js';
import { examine } from './doctorChecks.js';
import { exitCodes } from './exit.js';
import { readGlobalOptions } from './options.js';
import { oneLine, table } from './output.js';
import { createProgressLine } from './planProgress.js';
import type { Run } from './run.js';

const marks = { ok: 'ok', failed: 'FAIL', skipped: '-' } as const;

/** Adds `doctor`: exits with 3 when anything is not well. */
export function addDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('what is not well between here, the service and its database, and what to do about it')
    .action((_: unknown, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const line = createProgressLine(process.stderr);
        const checks = await examine(createApi(options), options.url, (name) => line.draw(`trying: ${name}`)).finally(
          line.clear,
        );
        const isWell = checks.every(({ status }) => status !== 'failed');
        const rows = checks.map(({ name, status, detail, cure }) => [
          marks[status],
          name,
          oneLine(status === 'failed' ? `${detail}; ${cure}` : detail),
        ]);
        context.output.data(options.json ? JSON.stringify({ url: options.url, well: isWell, checks }) : table(rows));
        return isWell ? exitCodes.ok : exitCodes.unhealthy;
      }),
    );
}
