import type { FeaturePatch, StoredFeature } from '../store.js';

/** Whether a change can bring v2 to anyone who does not have it now; such a change asks for a reason, the opposite does not. */
export function raisesV2(before: StoredFeature, patch: FeaturePatch, isRolledBack: boolean): boolean {
  const { enabled, percentage, allow, deny, regions, from, until, requires } = patch;
  if (enabled === true && (!before.enabled || isRolledBack)) return true;
  if (percentage !== undefined && percentage > before.percentage) return true;
  if (allow !== undefined && hasMore(allow.map(tagOf), before.allow.map(tagOf))) return true;
  if (deny !== undefined && hasMore(before.deny.map(tagOf), deny.map(tagOf))) return true;
  if (regions !== undefined && before.regions !== null && (regions === null || hasMore(regions, before.regions)))
    return true;
  if (requires !== undefined && hasMore(before.requires, requires)) return true;
  if (from !== undefined && before.from !== null && (from === null || Date.parse(from) < Date.parse(before.from)))
    return true;
  return (
    until !== undefined && before.until !== null && (until === null || Date.parse(until) > Date.parse(before.until))
  );
}

const tagOf = ({ tag }: { readonly tag: string }): string => tag;

/** Whether `a` holds anything that `b` does not. */
function hasMore(a: readonly string[], b: readonly string[]): boolean {
  const known = new Set(b);
  return a.some((item) => !known.has(item));
}
