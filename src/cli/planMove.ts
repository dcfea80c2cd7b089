import type { Command } from 'commander';
import type { StoredPlan } from '../service/index.js';
import { createApi } from './api.js';
import { exitCodes, usageError } from './exit.js';
import { readGlobalOptions, type CommandContext } from './options.js';
import { findPlan } from './planFind.js';
import { sentenceOf } from './planText.js';
import { followPlan } from './planWatch.js';
import { rollBack, type Change } from './rollBack.js';
import type { Run } from './run.js';

interface Given {
  readonly reason?: string;
  readonly follow?: boolean;
}

const moves = [
  { name: 'start', raises: true, description: 'turn the feature on at the first stage' },
  { name: 'resume', raises: true, description: 'go on with the stage it was paused in' },
  { name: 'promote', raises: true, description: 'go to the next stage now, whatever holds it' },
  { name: 'pause', raises: false, description: 'stay at this stage until somebody resumes it' },
  { name: 'cancel', raises: false, description: 'end the plan; the feature stays as it is' },
] as const;

/** Adds `plan start|resume|promote|pause|cancel|rollback`. */
export function addMoves(plans: Command, run: Run): void {
  for (const { name, raises, description } of moves) {
    const command = plans
      .command(name)
      .description(description)
      .argument('<plan>', 'its number, or the feature')
      .option('--reason <text>', `why, for the audit${raises ? '; needed' : ''}`);
    if (raises) command.option('--follow', 'stay and watch it, as plan watch does');
    command.action((given: string, options: Given, own: Command) =>
      run((context) => {
        if (raises && options.reason === undefined)
          throw usageError(`why? plan ${name} brings v2 to people: give --reason`);
        return move(own, context, { name, given, ...options });
      }),
    );
  }
  plans
    .command('rollback')
    .description('v1 for everyone, at once, and the end of the plan; waits until the open pages show it')
    .argument('<plan>', 'its number, or the feature')
    .option('--reason <text>', 'why, for the audit')
    .option('--wait <seconds>', 'how long to wait for the pages; 0: not at all', '10')
    .action((given: string, { reason, wait }: { reason?: string; wait: string }, command: Command) =>
      run(async (context) => {
        const { id, feature } = await findPlan(createApi(readGlobalOptions(command, context)), given);
        const body = reason === undefined ? {} : { reason };
        return rollBack(command, context, { path: `/api/plans/${id}/rollback`, body, what: feature, wait });
      }),
    );
}

async function move(
  command: Command,
  context: CommandContext,
  { name, given, reason, follow = false }: Given & { readonly name: string; readonly given: string },
) {
  const options = readGlobalOptions(command, context);
  const api = createApi(options);
  const { id } = await findPlan(api, given);
  const body = reason === undefined ? {} : { reason };
  const { body: plan } = await api.call<StoredPlan & Change>('POST', `/api/plans/${id}/${name}`, body);
  if (follow) return followPlan(api, id, { output: context.output, json: options.json });
  context.output.data(options.json ? JSON.stringify(plan) : sentenceOf(plan));
  return exitCodes.ok;
}
