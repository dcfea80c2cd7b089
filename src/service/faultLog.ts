import type { OnInternalFault } from '../error.js';
import { redactSecrets } from './tokenSecret.js';

const quietMs = 10_000;
const maxRemembered = 100;

/** Writes faults to a log; the same one at most every 10 s of `now`, which never goes back, so that an outage does not fill a disk. */
export function limitFaults(
  log: (line: string) => void,
  now: () => number = () => performance.now(),
  secrets: readonly string[] = [],
): OnInternalFault {
  const lastMs = new Map<string, number>();
  return (operation, error) => {
    const line = redactSecrets(`${operation}: ${error instanceof Error ? error.message : String(error)}`, secrets);
    const atMs = lastMs.get(line);
    if (atMs !== undefined && now() - atMs < quietMs) return;
    if (lastMs.size >= maxRemembered) lastMs.clear();
    lastMs.set(line, now());
    log(line);
  };
}
