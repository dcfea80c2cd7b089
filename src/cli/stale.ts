import type { Command } from 'commander';
import { createApi } from './api.js';
import { readDurationSeconds } from './duration.js';
import { exitCodes } from './exit.js';
import { readGlobalOptions } from './options.js';
import { oneLine, table } from './output.js';
import { createProgressLine } from './planProgress.js';
import { gatherRollout } from './rolloutReport.js';
import type { Run } from './run.js';
import { findStale, type StaleFeature } from './staleFeatures.js';

interface Given {
  readonly fullFor: string;
  readonly unseenFor: string;
}

/** Adds `stale`: which features are due to go, and what to do; exits with 5 where there are some. */
export function addStale(program: Command, run: Run): void {
  program
    .command('stale')
    .description(
      'features that are due to go: long at 100 %, past removeBy or unseen. Exits with 5 where there are some',
    )
    .option('--full-for <duration>', 'how long at 100 % is long, such as 14d', '14d')
    .option('--unseen-for <duration>', 'shown to nobody, and not turned on or off, for so long', '30d')
    .action((given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const fullMs = readDurationSeconds('--full-for', given.fullFor) * 1_000;
        const unseenMs = readDurationSeconds('--unseen-for', given.unseenFor) * 1_000;
        const nowMs = Date.now();
        const line = createProgressLine(process.stderr);
        const report = await gatherRollout(createApi(options), nowMs, unseenMs, (done, all) =>
          line.draw(`${done} of ${all} features`),
        ).finally(line.clear);
        const stale = findStale(report.features, { nowMs, fullMs, unseenMs });
        if (options.json)
          context.output.data(JSON.stringify({ at: report.at, features: report.features.length, stale }));
        else context.output.data(textOf(stale, report.features.length));
        return stale.length === 0 ? exitCodes.ok : exitCodes.differs;
      }),
    );
}

function textOf(stale: readonly StaleFeature[], features: number): string {
  if (stale.length === 0) return `none of ${features} features is stale`;
  const rows = stale.map(({ feature, owner, why, cure }) => [feature, owner ?? '-', why, cure].map(oneLine));
  return table([['feature', 'owner', 'why', 'what to do'], ...rows]);
}
