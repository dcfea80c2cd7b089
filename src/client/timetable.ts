import type { Snapshot } from '../evaluate/snapshot.js';

/** The next time a feature's window opens or closes, ms since 1970 by the service's clock; null when none does. */
export function nextBoundaryMs(snapshot: Snapshot, nowMs: number): number | null {
  if (snapshot.kind !== 'rules') return null;
  let next: number | null = null;
  for (const rule of snapshot.features.values()) {
    if (!('enabled' in rule)) continue;
    for (const boundaryMs of [rule.fromMs, rule.untilMs])
      if (boundaryMs !== null && boundaryMs > nowMs && (next === null || boundaryMs < next)) next = boundaryMs;
  }
  return next;
}
