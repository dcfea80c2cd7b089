import { setTimeout as delay } from 'node:timers/promises';
import { Unreachable, type Api } from './api.js';
import { baselineProgress, baselineSentence, type ShownBaseline } from './baselineText.js';
import { CliError, exitCodes, type ExitCode } from './exit.js';
import type { Output } from './output.js';
import { createProgressLine } from './planProgress.js';

const pollMs = 1_000;
const patienceMs = 60_000;

/** Waits until a baseline has ended, and draws how far it is where somebody looks. A service that is away for a moment is waited for. */
export async function followBaseline(
  api: Api,
  started: ShownBaseline,
  { output, json }: { readonly output: Output; readonly json: boolean },
): Promise<ExitCode> {
  const line = createProgressLine(process.stderr);
  let heardAtMs = Date.now();
  let baseline = started;
  while (baseline.status === 'recording') {
    line.draw(baselineProgress(baseline, Date.now()));
    await delay(pollMs);
    try {
      baseline = (await api.call<ShownBaseline>('GET', `/api/baselines/${started.id}`)).body;
      heardAtMs = Date.now();
    } catch (error) {
      if (error instanceof Unreachable && Date.now() - heardAtMs < patienceMs) continue;
      line.clear();
      throw error instanceof Unreachable ? new CliError(error.message, exitCodes.unhealthy) : error;
    }
  }
  line.clear();
  output.data(json ? JSON.stringify(baseline) : baselineSentence(baseline));
  return baseline.status === 'completed' ? exitCodes.ok : exitCodes.failed;
}
