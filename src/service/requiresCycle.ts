import { showValue } from '../error.js';
import { StoreError } from './store.js';

/**
 * Finds a cycle of prerequisites through `start`.
 * @param requires prerequisites by feature
 * @returns the way round, such as `['a', 'b', 'a']`; null when there is none
 */
export function findCycle(requires: ReadonlyMap<string, readonly string[]>, start: string): readonly string[] | null {
  const cameFrom = new Map<string, string>();
  const open = [start];
  for (let feature = open.pop(); feature !== undefined; feature = open.pop()) {
    for (const next of requires.get(feature) ?? []) {
      if (next === start) return wayTo(feature, cameFrom, start);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, feature);
      open.push(next);
    }
  }
  return null;
}

function wayTo(last: string, cameFrom: ReadonlyMap<string, string>, start: string): readonly string[] {
  const way = [start];
  for (let at: string | undefined = last; at !== undefined && at !== start; at = cameFrom.get(at)) way.unshift(at);
  return [start, ...way];
}

/**
 * Refuses prerequisites that do not exist, and cycles.
 * @param requires of all features, as they would be after the change
 * @throws StoreError `invalid`, `conflict` with the cycle named in order
 */
export function refuseBadRequires(requires: ReadonlyMap<string, readonly string[]>, feature: string): void {
  const unknown = requires.get(feature)?.find((key) => !requires.has(key));
  if (unknown !== undefined)
    throw new StoreError('invalid', `requires: there is no feature ${showValue(unknown)}`, { field: '/requires' });
  const cycle = findCycle(requires, feature);
  if (cycle !== null)
    throw new StoreError('conflict', `requires: ${cycle.join(' → ')} is a cycle`, { field: '/requires' });
}
