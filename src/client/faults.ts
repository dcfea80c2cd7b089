import type { OnInternalFault } from '../error.js';

/** Where our own faults go, so that none of them reaches the host's page. */
export interface Faults {
  readonly report: OnInternalFault;
  /** Runs something that may throw; a throw is reported and gives undefined. */
  guard<T>(operation: string, run: () => T): T | undefined;
}

const maxRemembered = 100;

/** @param onInternalFault default: one console warning for each operation and message in development, silence in production */
export function createFaults(onInternalFault: OnInternalFault | undefined): Faults {
  const seen = new Set<string>();

  const report: OnInternalFault = (operation, error) => {
    try {
      if (onInternalFault !== undefined) return onInternalFault(operation, error);
      if (process.env.NODE_ENV === 'production') return;
      const text = `[switchback] ${operation}: ${error instanceof Error ? error.message : String(error)}`;
      if (seen.has(text) || seen.size >= maxRemembered) return;
      seen.add(text);
      // oxlint-disable-next-line no-console -- the one place where development hears of our faults
      console.warn(text);
    } catch {
      // Nobody is left to tell: the hook itself threw, or there is no `process` and so no development.
    }
  };

  return {
    report,
    guard(operation, run) {
      try {
        return run();
      } catch (error) {
        report(operation, error);
        return undefined;
      }
    },
  };
}
