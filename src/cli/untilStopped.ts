import { exitCodes } from './exit.js';

const lastResortMs = 9_500;
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Waits for a signal, then for `stop`. A second signal, or 9.5 s, ends the process whatever is still open. */
export function untilStopped(stop: (signal: string) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const hear = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(exitCodes.failed);
      stopping = true;
      setTimeout(() => process.exit(exitCodes.failed), lastResortMs).unref();
      stop(signal).then(resolve, reject);
    };
    for (const signal of signals) process.on(signal, hear);
  });
}
