import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes } from './exit.js';
import { readVerdict, verdictLines } from './featureVerdict.js';
import { readFeature, readGlobalOptions } from './options.js';
import { table } from './output.js';
import type { Run } from './run.js';

interface Shown {
  readonly [field: string]: unknown;
  readonly rollbackHistory: readonly {
    readonly id: number;
    readonly timestamp: string;
    readonly reason: string | null;
    readonly actor: string;
    readonly endedAt: string | null;
  }[];
}

/** Adds `features show <feature>`. */
export function addShow(features: Command, run: Run): void {
  features
    .command('show')
    .description('everything about one feature')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .action((argument: string | undefined, given: { feature?: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const api = createApi(options);
        const { body } = await api.call<Shown>('GET', `/api/features/${feature}`);
        const health = await readVerdict(api, feature);
        if (options.json) context.output.data(JSON.stringify({ ...body, health }));
        else {
          const { rollbackHistory, ...fields } = body;
          const rows = Object.entries(fields).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : JSON.stringify(value),
          ]);
          context.output.data(table(rows));
          for (const line of health === null ? [] : verdictLines(health)) context.output.data(line);
          for (const { id, timestamp, actor, reason, endedAt } of rollbackHistory)
            context.output.data(
              `rollback ${id}  ${timestamp}  ${actor}  ${reason ?? '-'}  ${endedAt === null ? 'in force' : 'ended'}`,
            );
        }
        return exitCodes.ok;
      }),
    );
}
