import type { OnInternalFault } from '../error.js';

/** Tells of a fault of ours, without throwing; default: a console warning in development, silence in production. */
export function tell(onInternalFault: OnInternalFault | undefined, operation: string, error: unknown): void {
  try {
    if (onInternalFault !== undefined) onInternalFault(operation, error);
    else if (process.env.NODE_ENV !== 'production')
      // oxlint-disable-next-line no-console -- where development hears of our faults on a server
      console.warn(`[switchback] ${operation}: ${error instanceof Error ? error.message : String(error)}`);
  } catch {
    // Nobody is left to tell: the hook itself threw, or there is no `process` and so no development.
  }
}
