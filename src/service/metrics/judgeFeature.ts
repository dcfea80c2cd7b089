import { sampleRatioOf, type SampleRatio } from '../../guard/sampleRatio.js';
import { wilsonInterval } from '../../guard/wilson.js';
import { percentile } from '../../observe/histogram.js';
import { failedTotal } from '../../observe/tally.js';
import type { StoredDelivery, StoredNumbers, StoredTotals } from '../store.js';
import { emptyNumbers, mergeNumbers } from './mergeNumbers.js';

export type FeatureStatus = 'healthy' | 'degraded' | 'critical' | 'unknown';

/** Why a version is not healthy, or cannot be said to be. */
export interface HealthReason {
  readonly code:
    | 'errors'
    | 'worse-than-v1'
    | 'slower-than-v1'
    | 'slow-users'
    | 'silent-users'
    | 'breaker'
    | 'delivery'
    | 'few-samples';
  readonly status: FeatureStatus;
  readonly detail: string;
}

/** How one version did over a window. Shares are 0–1 with a 95 % interval. */
export interface VersionHealth {
  readonly status: FeatureStatus;
  readonly reasons: readonly HealthReason[];
  readonly samples: { readonly finished: number; readonly exposures: number; readonly users: number };
  readonly errorRate: Share | null;
  /** Of those who should have had the version, whom the breaker kept from it. */
  readonly suppressed: Share | null;
  readonly p95CommitMs: number | null;
}

interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface FeatureHealth {
  /** The worst of both versions, as far as they are known. */
  readonly status: FeatureStatus;
  readonly versions: { readonly v1: VersionHealth; readonly v2: VersionHealth };
  /** 0–1; null while nothing was counted. */
  readonly deliveryRate: number | null;
  /** For information; null where the percentage changed within the window. */
  readonly sampleRatio: SampleRatio | null;
}

/** With fewer attempts that ended one way or the other nothing is said. */
const minFinished = 30;
/** With fewer durations a p95 says nothing. */
const minDurations = 100;
/** What the lower bound of an interval has to pass. */
const limits = {
  errors: { degraded: 0.01, critical: 0.05 },
  users: { degraded: 0.05, critical: 0.2 },
  breaker: { degraded: 0.05, critical: 0.2 },
};
/** Times v1's p95, the error bounds of both taken into account. */
const slower = 2;
const goodDelivery = 0.9;
/** Below it nothing is healthy: what is missing may be what went wrong. */
const poorDelivery = 0.5;

export interface JudgeInput {
  readonly totals: readonly StoredTotals[];
  readonly delivery: StoredDelivery;
  /** 0–100; null where no split is expected. */
  readonly percentage: number | null;
}

/** Says how a feature did, version by version: harm first, and nothing good of what is not known. */
export function judgeFeature({ totals, delivery, percentage }: JudgeInput): FeatureHealth {
  const { received, dropped, missing } = delivery;
  const all = received + dropped + missing;
  const deliveryRate = all === 0 ? null : received / all;
  const find = (version: 'v1' | 'v2', assigned: boolean) =>
    totals.find((one) => one.version === version && one.assigned === assigned);
  const judge = (version: 'v1' | 'v2'): VersionHealth => {
    const own = find(version, true);
    const numbers = mergeNumbers(own ?? emptyNumbers, find(version, false) ?? emptyNumbers);
    const beside = version === 'v2' && own !== undefined ? besideV1(own, find('v1', true) ?? emptyNumbers) : [];
    return judgeVersion(numbers, own?.units ?? noUsers, beside, deliveryRate);
  };
  const versions = { v1: judge('v1'), v2: judge('v2') };
  const [v1, v2] = [find('v1', true)?.units.exposed ?? 0, find('v2', true)?.units.exposed ?? 0];
  return {
    status: worst([versions.v1.status, versions.v2.status]),
    versions,
    deliveryRate,
    sampleRatio: percentage === null ? null : sampleRatioOf(v1, v2, percentage / 100),
  };
}

const noUsers: StoredTotals['units'] = { exposed: 0, error: 0, slow: 0, silent: 0 };

function judgeVersion(
  numbers: StoredNumbers,
  users: StoredTotals['units'],
  beside: readonly HealthReason[],
  deliveryRate: number | null,
): VersionHealth {
  const { counts, histograms } = numbers;
  const failed = failedTotal(counts);
  const finished = failed + counts.settled;
  const errorRate = shareOf(failed, finished);
  const suppressed = shareOf(counts.suppressedByBreaker, counts.suppressedByBreaker + counts.exposures);
  const isEnough = finished >= minFinished;
  const found = [
    isEnough ? overLimit('errors', errorRate, limits.errors, `of ${finished} attempts failed`) : null,
    overUsers('slow-users', users.slow, users.exposed, 'were slow'),
    overUsers('silent-users', users.silent, users.exposed, 'gave no sign of success'),
    counts.suppressedByBreaker + counts.exposures >= minFinished
      ? overLimit('breaker', suppressed, limits.breaker, 'were held on v1 by the breaker')
      : null,
    ...beside,
  ].filter((reason) => reason !== null);
  const harm = worst(found.map(({ status }) => status));
  const doubts = doubtsOf(finished, deliveryRate);
  const status = found.length > 0 ? harm : doubts.length > 0 ? worst(doubts.map((one) => one.status)) : 'healthy';
  const commit = histograms['commitMs'];
  return {
    status,
    reasons: [...found, ...doubts],
    samples: { finished, exposures: counts.exposures, users: users.exposed },
    errorRate,
    suppressed,
    p95CommitMs: commit === undefined ? null : (percentile(commit, 0.95)?.value ?? null),
  };
}

function doubtsOf(finished: number, deliveryRate: number | null): readonly HealthReason[] {
  const reasons: HealthReason[] = [];
  if (finished < minFinished)
    reasons.push({
      code: 'few-samples',
      status: 'unknown',
      detail: `${finished} attempts ended; ${minFinished} are needed`,
    });
  if (deliveryRate !== null && deliveryRate < goodDelivery)
    reasons.push({
      code: 'delivery',
      status: deliveryRate < poorDelivery || finished < minFinished ? 'unknown' : 'degraded',
      detail: `${percent(deliveryRate)} of what pages counted arrived`,
    });
  return reasons;
}

/** What v2 does worse than v1, of users whose version came by the percentage. */
function besideV1(v2: StoredNumbers, v1: StoredNumbers): readonly HealthReason[] {
  const reasons: HealthReason[] = [];
  const rates = [v2, v1].map(({ counts }) => {
    const failed = failedTotal(counts);
    return failed + counts.settled < minFinished ? null : shareOf(failed, failed + counts.settled);
  });
  const [ours, theirs] = rates;
  if (ours && theirs && ours.low > theirs.high)
    reasons.push({
      code: 'worse-than-v1',
      status: 'degraded',
      detail: `${percent(ours.value)} failed (at least ${percent(ours.low)}), of v1 ${percent(theirs.value)} (at most ${percent(theirs.high)})`,
    });
  const [a, b] = [v2.histograms['commitMs'], v1.histograms['commitMs']];
  if (a === undefined || b === undefined || a.n < minDurations || b.n < minDurations) return reasons;
  const [mine, yours] = [percentile(a, 0.95), percentile(b, 0.95)];
  if (mine && yours && mine.value * (1 - mine.errorRatio) > slower * yours.value * (1 + yours.errorRatio))
    reasons.push({
      code: 'slower-than-v1',
      status: 'degraded',
      detail: `p95 to the commit is ${mine.value.toFixed(1)} ms, of v1 ${yours.value.toFixed(1)} ms`,
    });
  return reasons;
}

function overUsers(code: HealthReason['code'], count: number, total: number, what: string): HealthReason | null {
  return total < minFinished ? null : overLimit(code, shareOf(count, total), limits.users, `of ${total} users ${what}`);
}

function overLimit(
  code: HealthReason['code'],
  share: Share | null,
  limit: { readonly degraded: number; readonly critical: number },
  what: string,
): HealthReason | null {
  if (share === null || share.low <= limit.degraded) return null;
  const status = share.low > limit.critical ? 'critical' : 'degraded';
  return { code, status, detail: `${percent(share.value)} (at least ${percent(share.low)}) ${what}` };
}

function shareOf(count: number, total: number): Share | null {
  if (total === 0) return null;
  const [low, high] = wilsonInterval(count, total);
  return { value: count / total, low, high };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const order: readonly FeatureStatus[] = ['unknown', 'healthy', 'degraded', 'critical'];
const worst = (all: readonly FeatureStatus[]): FeatureStatus =>
  all.reduce<FeatureStatus>((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a), 'unknown');
