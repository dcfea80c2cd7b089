import { refuseOption } from '../../error.js';
import { isObject } from '../../evaluate/kind.js';
import { parseSnapshot } from '../../evaluate/parseSnapshot.js';
import { defaultDelivery, isFeatureKey, isVersion, type Delivery, type Snapshot } from '../../evaluate/snapshot.js';
import type { JsonObject, Version } from '../../evaluate/snapshot.js';

/** A feature of the mock service, as its admin routes show it. */
export interface MockFeature {
  readonly enabled: boolean;
  /** 0–100. */
  readonly percentage: number;
  readonly allow: readonly { readonly tag: string; readonly label?: string }[];
  readonly deny: readonly { readonly tag: string; readonly label?: string }[];
  readonly regions: readonly string[] | null;
  readonly from: string | null;
  readonly until: string | null;
  readonly requires: readonly string[];
  readonly config: JsonObject;
  readonly configSchema: JsonObject | null;
  readonly sampling: number;
  readonly logOnly: boolean;
  readonly owner: string | null;
  readonly description: string | null;
  readonly removeBy: string | null;
  readonly rowRevision: number;
  readonly updatedAt: string;
}

export interface MockRollback {
  readonly id: number;
  /** Null: everything. */
  readonly feature: string | null;
  readonly startedAt: string;
  readonly actor: string;
  readonly source: string;
  readonly reason: string | null;
  readonly fromPercentage: number | null;
  readonly fromEnabled: boolean | null;
  readonly revision: number;
  readonly endedAt: string | null;
  readonly endedBy: string | null;
  readonly endedReason: string | null;
}

/** How a feature's v2 does, as the service would judge it. */
export type MockHealthStatus = 'healthy' | 'degraded' | 'critical' | 'unknown';

export interface MockHealth {
  readonly status: MockHealthStatus;
  /** The reason, as people read it. */
  readonly detail: string;
}

/** What a mock service starts with: a version or some fields of each feature, or a whole snapshot as JSON. */
export type MockSnapshot =
  | { readonly [feature: string]: Version | Partial<MockFeature> }
  | { readonly schema: 1; readonly features: object; readonly [field: string]: unknown };

/** What a mock service knows. */
export interface MockState {
  readonly epoch: number;
  revision: number;
  changedAt: string;
  readonly delivery: Delivery;
  readonly features: Map<string, MockFeature>;
  readonly rollbacks: MockRollback[];
  /** By feature; absent: unknown. */
  readonly health: Map<string, MockHealth>;
}

const blank: MockFeature = {
  enabled: true,
  percentage: 0,
  allow: [],
  deny: [],
  regions: null,
  from: null,
  until: null,
  requires: [],
  config: {},
  configSchema: null,
  sampling: 1,
  logOnly: false,
  owner: null,
  description: null,
  removeBy: null,
  rowRevision: 1,
  updatedAt: '2027-01-15T08:00:00.000Z',
};

export const blankFeature = (fields: Partial<MockFeature>, at: string): MockFeature => ({
  ...blank,
  updatedAt: at,
  ...fields,
});

/** @throws SwitchbackError `invalid-option` for what is neither features nor a snapshot, showing what is wrong */
export function createMockState(given: MockSnapshot, nowMs: number): MockState {
  if (!isObject(given)) refuseOption('switchbackHandlers(snapshot)', 'features or a snapshot', given);
  const changedAt = new Date(nowMs).toISOString();
  const state: MockState = {
    epoch: nowMs,
    revision: 1,
    changedAt,
    delivery: defaultDelivery,
    features: new Map(),
    rollbacks: [],
    health: new Map(),
  };
  if (given['schema'] === 1) return fromSnapshot(given, changedAt);
  for (const [feature, value] of Object.entries(given)) {
    if (!isFeatureKey(feature)) refuseOption('a feature', 'a letter, then letters, digits, "_", "." or "-"', feature);
    if (!isVersion(value) && !isObject(value)) refuseOption(feature, '"v1", "v2" or fields of a feature', value);
    const fields = isVersion(value) ? { percentage: value === 'v2' ? 100 : 0 } : (value as Partial<MockFeature>);
    state.features.set(feature, blankFeature(fields, changedAt));
  }
  return state;
}

function fromSnapshot(given: unknown, at: string): MockState {
  const parsed = parseSnapshot(given);
  if (parsed.status !== 'valid') {
    const [problem] = parsed.problems;
    refuseOption(`snapshot${problem?.pointer ?? ''}`, problem?.message ?? 'a snapshot', problem?.value);
  }
  const { snapshot } = parsed;
  const { epoch, revision, publishedAt, delivery, emergency } = snapshot;
  const state: MockState = {
    epoch,
    revision,
    changedAt: publishedAt,
    delivery,
    features: new Map([...snapshot.features.keys()].map((key) => [key, featureOf(snapshot, key, at)])),
    rollbacks: [],
    health: new Map(),
  };
  for (const feature of snapshot.kills)
    if (state.features.get(feature)?.enabled === true) addRollback(state, feature, at);
  if (emergency !== null) addRollback(state, null, emergency.since);
  return state;
}

function featureOf(snapshot: Snapshot, key: string, at: string): MockFeature {
  const rule = snapshot.features.get(key);
  if (rule === undefined || 'malformed' in rule) return blankFeature({}, at);
  if ('version' in rule) return blankFeature({ percentage: rule.version === 'v2' ? 100 : 0, config: rule.config }, at);
  const { fromMs, untilMs, allow, deny, rolledBack: _, stage: __, ...rest } = rule;
  const tags = (set: ReadonlySet<string>) => [...set].map((tag) => ({ tag }));
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return blankFeature({ ...rest, allow: tags(allow), deny: tags(deny), from: iso(fromMs), until: iso(untilMs) }, at);
}

/** Puts a rollback into force unless there is one; returns it. */
export function addRollback(
  state: MockState,
  feature: string | null,
  at: string,
  reason: string | null = null,
): MockRollback {
  const active = state.rollbacks.find((one) => one.feature === feature && one.endedAt === null);
  if (active !== undefined) return active;
  const before = feature === null ? undefined : state.features.get(feature);
  const rollback: MockRollback = {
    id: state.rollbacks.length + 1,
    feature,
    startedAt: at,
    actor: 'test',
    source: 'api',
    reason,
    fromPercentage: before?.percentage ?? null,
    fromEnabled: before?.enabled ?? null,
    revision: state.revision + 1,
    endedAt: null,
    endedBy: null,
    endedReason: null,
  };
  state.rollbacks.push(rollback);
  if (feature !== null && before !== undefined) state.features.set(feature, { ...before, enabled: false });
  return rollback;
}

/** The published snapshot, as JSON. */
export function snapshotOf(state: MockState) {
  const { epoch, revision, changedAt, delivery, features, rollbacks } = state;
  const active = rollbacks.filter(({ endedAt }) => endedAt === null);
  const rolledBack = new Set(active.map(({ feature }) => feature));
  const emergency = active.find(({ feature }) => feature === null);
  const off = [...features].filter(([key, { enabled }]) => !enabled || rolledBack.has(key)).map(([key]) => key);
  return {
    schema: 1,
    kind: 'rules',
    epoch,
    revision,
    publishedAt: changedAt,
    emergency: emergency === undefined ? null : { since: emergency.startedAt },
    kills: off.sort(),
    delivery,
    features: Object.fromEntries(
      [...features].map(
        ([key, { enabled, percentage, from, until, requires, regions, config, sampling, logOnly, ...rule }]) => [
          key,
          {
            enabled,
            percentage,
            stage: null,
            from,
            until,
            requires,
            deny: rule.deny.map(({ tag }) => tag),
            allow: rule.allow.map(({ tag }) => tag),
            regions,
            config,
            sampling,
            logOnly,
            ...(rolledBack.has(key) && { rolledBack: true }),
          },
        ],
      ),
    ),
  };
}
