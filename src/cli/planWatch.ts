import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { StoredPlan } from '../service/index.js';
import { createApi, Unreachable, type Api } from './api.js';
import { CliError, exitCodes, type ExitCode } from './exit.js';
import { readGlobalOptions } from './options.js';
import type { Output } from './output.js';
import { findPlan } from './planFind.js';
import { createProgressLine, type ProgressLine } from './planProgress.js';
import { progressOf, sentenceOf } from './planText.js';
import type { Run } from './run.js';

const pollMs = 1_000;
const patienceMs = 60_000;

/** Adds `plan watch <plan>`. */
export function addWatch(plans: Command, run: Run): void {
  plans
    .command('watch')
    .description('follow a plan until it ends or is paused; 0: completed, 1: paused, rolled back or cancelled')
    .argument('<plan>', 'its number, or the feature')
    .action((given: string, _: unknown, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const api = createApi(options);
        const { id } = await findPlan(api, given);
        return followPlan(api, id, { output: context.output, json: options.json });
      }),
    );
}

/**
 * Follows a plan: a line for each change, and how far it is where somebody looks at a terminal. A service that is away for a
 * moment is waited for.
 */
export async function followPlan(
  api: Api,
  id: number,
  { output, json }: { readonly output: Output; readonly json: boolean },
): Promise<ExitCode> {
  const line = createProgressLine(process.stderr);
  let known = '';
  let heardAtMs = Date.now();
  for (;;) {
    const plan = await api.call<StoredPlan>('GET', `/api/plans/${id}`).then(
      ({ body }) => body,
      (error: unknown) => lost(error, heardAtMs, line),
    );
    if (plan !== null) {
      heardAtMs = Date.now();
      const now = JSON.stringify([plan.status, 'stage' in plan ? plan.stage : null]);
      if (now !== known) {
        line.clear();
        output.data(json ? JSON.stringify(plan) : sentenceOf(plan));
      }
      known = now;
      const end = endOf(plan, output);
      if (end !== null) return end;
      const progress = progressOf(plan);
      if (progress !== null) line.draw(progress);
    }
    await delay(pollMs);
  }
}

function lost(error: unknown, heardAtMs: number, line: ProgressLine): null {
  const isAway = error instanceof Unreachable;
  if (isAway && Date.now() - heardAtMs < patienceMs) {
    line.draw(error.message);
    return null;
  }
  line.clear();
  throw isAway ? new CliError(error.message, exitCodes.unhealthy) : error;
}

function endOf(plan: StoredPlan, output: Output): ExitCode | null {
  switch (plan.status) {
    case 'draft':
    case 'running':
      return null;
    case 'completed':
      return exitCodes.ok;
    case 'paused':
      output.message(`to go on: switchback plan resume ${plan.id} --reason "…"`);
      return exitCodes.failed;
    case 'rolledBack':
    case 'cancelled':
      return exitCodes.failed;
  }
}
