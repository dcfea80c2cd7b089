import type { Command } from 'commander';
import { createApi, type Api } from './api.js';
import { baselineDetails, baselineSentence, type ShownBaseline } from './baselineText.js';
import { followBaseline } from './baselineWait.js';
import { readDurationSeconds } from './duration.js';
import { CliError, exitCodes } from './exit.js';
import { readFeature, readGlobalOptions, readNumber } from './options.js';
import { table } from './output.js';
import type { Run } from './run.js';

/** Adds `baseline` and what is below it. */
export function addBaseline(program: Command, run: Run): void {
  const baselines = program.command('baseline').description('record v1 before a rollout, and compare with it later');
  addStart(baselines, run);

  baselines
    .command('list')
    .description('all baselines, newest first')
    .option('--feature <feature>', 'of this feature alone')
    .action((given: { feature?: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const query = given.feature === undefined ? '' : `?feature=${readFeature(given.feature, undefined)}`;
        const { body } = await createApi(options).call<List>('GET', `/api/baselines${query}`);
        const rows = body.baselines.map(({ id, feature, status, progress, from, until }) => [
          String(id),
          feature,
          status === 'recording' ? `recording, ${Math.floor(progress * 100)} %` : status,
          from,
          until,
        ]);
        const text = table([['baseline', 'feature', 'status', 'from', 'until'], ...rows]);
        context.output.data(options.json ? JSON.stringify(body) : text);
        return exitCodes.ok;
      }),
    );

  baselines
    .command('show')
    .description('one baseline, and how v1 and v2 of now differ from it; no verdict')
    .argument('<baseline>', 'its number, or the feature')
    .option('--period <duration>', 'what is now: the last 1h, 24h …', '1h')
    .action((given: string, { period }: { period: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const api = createApi(options);
        const id = await findBaseline(api, given);
        const now = Date.now();
        const from = now - readDurationSeconds('--period', period) * 1_000;
        const { body } = await api.call<ShownBaseline>('GET', `/api/baselines/${id}?from=${from}&to=${now}`);
        context.output.data(options.json ? JSON.stringify(body) : baselineDetails(body));
        return exitCodes.ok;
      }),
    );

  baselines
    .command('cancel')
    .description('record no more')
    .argument('<baseline>', 'its number, or the feature')
    .option('--reason <text>', 'why, for the audit')
    .action((given: string, { reason }: { reason?: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const api = createApi(options);
        const id = await findBaseline(api, given);
        const body = reason === undefined ? {} : { reason };
        const { body: ended } = await api.call<ShownBaseline>('POST', `/api/baselines/${id}/cancel`, body);
        context.output.data(options.json ? JSON.stringify(ended) : baselineSentence(ended));
        return exitCodes.ok;
      }),
    );
}

interface List {
  readonly baselines: readonly ShownBaseline[];
}

interface Given {
  readonly feature?: string;
  readonly hours?: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly wait?: boolean;
}

function addStart(baselines: Command, run: Run): void {
  baselines
    .command('start')
    .description('record v1 over a time in which nobody has v2: from now on, unless you say otherwise')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--hours <hours>', 'how long; default 48')
    .option('--from <time>', 'begin, ISO 8601; up to 30 days ago')
    .option('--to <time>', 'end, ISO 8601')
    .option('--reason <text>', 'why, for the audit')
    .option('--wait', 'stay until it is completed; 0: completed, 1: spoiled by v2, or cancelled')
    .action((argument: string | undefined, given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const { hours, from, to, reason, wait = false } = given;
        const body = {
          feature,
          ...(hours === undefined ? {} : { hours: readNumber('--hours', hours, 1 / 60, 744) }),
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
          ...(reason === undefined ? {} : { reason }),
        };
        const api = createApi(options);
        const { body: baseline } = await api.call<ShownBaseline>('POST', '/api/baselines', body);
        context.output.data(options.json ? JSON.stringify(baseline) : baselineSentence(baseline));
        return wait ? followBaseline(api, baseline, { output: context.output, json: options.json }) : exitCodes.ok;
      }),
    );
}

/** Finds a baseline by its number, or the newest one of a feature. @throws CliError */
async function findBaseline(api: Api, given: string): Promise<number> {
  if (/^\d/.test(given)) return readNumber('baseline', given, 1, 1e15, true);
  const feature = readFeature(given, undefined);
  const { body } = await api.call<List>('GET', `/api/baselines?feature=${feature}&limit=1`);
  const [newest] = body.baselines;
  if (newest === undefined)
    throw new CliError(`${feature} has no baseline: record one with switchback baseline start ${feature}`);
  return newest.id;
}
