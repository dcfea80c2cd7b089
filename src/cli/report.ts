import type { Command } from 'commander';
import { createApi } from './api.js';
import { readDurationSeconds } from './duration.js';
import { exitCodes } from './exit.js';
import { readGlobalOptions } from './options.js';
import { createProgressLine } from './planProgress.js';
import { gatherRollout } from './rolloutReport.js';
import { markdownOf } from './rolloutMarkdown.js';
import type { Run } from './run.js';

/** Adds `report rollout`. */
export function addReport(program: Command, run: Run): void {
  program
    .command('report')
    .description('how things stand, for people')
    .command('rollout')
    .description('what each feature is at, since when, by whom; v1 beside v2; what is stale. Markdown, or --json')
    .option('--period <duration>', 'whose numbers, such as 24h or 7d', '7d')
    .action((given: { period: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const periodMs = readDurationSeconds('--period', given.period) * 1_000;
        const line = createProgressLine(process.stderr);
        const report = await gatherRollout(createApi(options), Date.now(), periodMs, (done, all) =>
          line.draw(`${done} of ${all} features`),
        ).finally(line.clear);
        context.output.data(options.json ? JSON.stringify(report) : markdownOf(report));
        return exitCodes.ok;
      }),
    );
}
