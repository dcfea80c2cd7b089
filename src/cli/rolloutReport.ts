import type { AuditEntry, StoredFeature } from '../service/index.js';
import type { Api } from './api.js';

/** One version's numbers; rates 0–1, null while there is nothing to divide by. */
export interface VersionNumbers {
  readonly users: number;
  readonly exposures: number;
  readonly errorRate: number | null;
  readonly p95CommitMs: number | null;
}

export type Stale = 'at 100 %' | 'past removeBy' | 'unseen';

/** Where one feature is. */
export interface FeatureReport {
  readonly feature: string;
  readonly state: 'on' | 'off' | 'rolled back';
  readonly percentage: number;
  readonly owner: string | null;
  readonly removeBy: string | null;
  /** When it came to what it is at, and who brought it there. */
  readonly since: string;
  readonly by: string | null;
  readonly reason: string | null;
  /** Of users whose version came by the percentage: only these compare. */
  readonly v1: VersionNumbers;
  readonly v2: VersionNumbers;
  readonly stale: readonly Stale[];
}

export interface RolloutReport {
  readonly at: string;
  readonly from: string;
  /** Since when everything is held on v1; null when it is not. */
  readonly emergencySince: string | null;
  readonly features: readonly FeatureReport[];
}

interface Listed extends StoredFeature {
  readonly rolledBack: boolean;
}

interface Comparable {
  readonly counts: { readonly exposures: number };
  readonly errorRate: number | null;
  readonly users: { readonly exposed: number };
  readonly timings: Readonly<Record<string, { readonly p95Ms: number | null }>>;
}

interface Metrics {
  readonly versions: { readonly v1: Comparable; readonly v2: Comparable };
  readonly outside: { readonly v1: Comparable; readonly v2: Comparable };
}

const atOnce = 4;

/** Asks the service for everything a report of the rollout needs, a few features at a time. */
export async function gatherRollout(
  api: Api,
  nowMs: number,
  periodMs: number,
  onProgress: (done: number, all: number) => void,
): Promise<RolloutReport> {
  const { body } = await api.call<{ emergency: { since: string } | null; features: readonly Listed[] }>(
    'GET',
    '/api/features',
  );
  const reports: FeatureReport[] = [];
  const waiting = [...body.features];
  const work = async (): Promise<void> => {
    for (let feature = waiting.shift(); feature !== undefined; feature = waiting.shift()) {
      onProgress(reports.length, body.features.length);
      reports.push(await reportOf(api, feature, nowMs, periodMs));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return {
    at: new Date(nowMs).toISOString(),
    from: new Date(nowMs - periodMs).toISOString(),
    emergencySince: body.emergency?.since ?? null,
    features: reports.sort((a, b) => (a.feature < b.feature ? -1 : 1)),
  };
}

async function reportOf(api: Api, listed: Listed, nowMs: number, periodMs: number): Promise<FeatureReport> {
  const { feature, enabled, percentage, owner, removeBy, rolledBack, updatedAt } = listed;
  const [audit, metrics] = await Promise.all([
    api.call<{ entries: readonly AuditEntry[] }>('GET', `/api/audit?feature=${feature}&limit=200`),
    api.call<Metrics>('GET', `/api/features/${feature}/metrics?from=${nowMs - periodMs}&to=${nowMs}`),
  ]);
  const last = audit.body.entries.find(changesWhoGetsIt);
  const { versions, outside } = metrics.body;
  const seen = [versions.v1, versions.v2, outside.v1, outside.v2].some(({ counts }) => counts.exposures > 0);
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const isOn = enabled && !rolledBack;
  const stale: Stale[] = [];
  if (isOn && percentage === 100) stale.push('at 100 %');
  if (removeBy !== null && removeBy < today) stale.push('past removeBy');
  if (!seen) stale.push('unseen');
  return {
    feature,
    state: isOn ? 'on' : rolledBack ? 'rolled back' : 'off',
    percentage,
    owner,
    removeBy,
    since: last?.at ?? updatedAt,
    by: last?.actor ?? null,
    reason: last?.reason ?? null,
    v1: numbersOf(versions.v1),
    v2: numbersOf(versions.v2),
    stale,
  };
}

const turns: ReadonlySet<string> = new Set(['create', 'enable', 'disable', 'rollback', 'rollback-ended', 'restore']);

const changesWhoGetsIt = ({ action, before, after }: AuditEntry): boolean =>
  turns.has(action) || (action === 'change' && before?.['percentage'] !== after?.['percentage']);

const numbersOf = ({ counts, errorRate, users, timings }: Comparable): VersionNumbers => ({
  users: users.exposed,
  exposures: counts.exposures,
  errorRate,
  p95CommitMs: timings['commitMs']?.p95Ms ?? null,
});
