import type { FeatureReport, Stale } from './rolloutReport.js';

/** One reason for which a feature is due to go. */
export interface StaleFeature {
  readonly feature: string;
  readonly kind: Stale;
  readonly owner: string | null;
  /** Whole days in which it has been so; of `past removeBy`, since that day. */
  readonly days: number;
  readonly why: string;
  readonly cure: string;
}

export interface StaleLimits {
  readonly nowMs: number;
  /** So long at 100 % is long. */
  readonly fullMs: number;
  /** So long shown to nobody is unseen; what was turned within it had no time to be seen. */
  readonly unseenMs: number;
}

const dayMs = 86_400_000;

/** Which features are due to go, each with a reason and a cure; a feature may have several reasons. */
export function findStale(features: readonly FeatureReport[], limits: StaleLimits): readonly StaleFeature[] {
  const { nowMs, fullMs, unseenMs } = limits;
  return features.flatMap(({ feature, owner, since, removeBy, state, stale }) => {
    const sinceMs = nowMs - Date.parse(since);
    const days = Math.max(0, Math.floor(sinceMs / dayMs));
    const found: StaleFeature[] = [];
    const retire = `switchback features retire ${feature} --reason "…"`;
    if (stale.includes('at 100 %') && sinceMs >= fullMs)
      found.push({
        feature,
        kind: 'at 100 %',
        owner,
        days,
        why: `at 100 % for ${daysOf(days)}`,
        cure: `take v1 and the gate out of the code, then ${retire}`,
      });
    if (stale.includes('past removeBy') && removeBy !== null) {
      const overdue = Math.max(0, Math.floor((nowMs - Date.parse(removeBy)) / dayMs));
      const loser = state === 'on' ? 'v1' : 'v2';
      found.push({
        feature,
        kind: 'past removeBy',
        owner,
        days: overdue,
        why: `removeBy ${removeBy}, ${daysOf(overdue)} ago`,
        cure: `take ${loser} and the gate out of the code, or switchback features edit ${feature} --remove-by <date>`,
      });
    }
    if (stale.includes('unseen') && sinceMs >= unseenMs)
      found.push({
        feature,
        kind: 'unseen',
        owner,
        days: Math.floor(unseenMs / dayMs),
        why: `shown to nobody for ${daysOf(Math.floor(unseenMs / dayMs))}`,
        cure: `is its code still there? If not, ${retire}`,
      });
    return found;
  });
}

const daysOf = (days: number): string => (days === 1 ? '1 day' : `${days} days`);
