import { emptyNumbers, valuesIn } from '../../src/service/metrics/mergeNumbers.js';
import { addUpSteps, totalsOf } from '../../src/service/readTotals.js';
import {
  StoreError,
  type AcceptedBucket,
  type AuditEntry,
  type BatchToStore,
  type ChangeOrigin,
  type ChangeResult,
  type FeaturePatch,
  type FlagStore,
  type RetiredFeature,
  type StoredFeature,
  type StoredRollback,
  type StoredStep,
} from '../../src/service/store.js';

/** A FlagStore in memory, for tests of what stands on it; its trouble can be switched on. */
export interface MemoryStore extends FlagStore {
  readonly batches: BatchToStore[];
  /** `down`: every call fails. `silent`: no call ever ends. */
  trouble: 'none' | 'down' | 'silent';
  /** Another process changes a row, as psql would. */
  changeOutside(feature: string, patch: FeaturePatch): Promise<void>;
  /** The database is restored from a backup. */
  goBackTo(revision: number): void;
}

const blank = {
  enabled: false,
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
};

const sql: ChangeOrigin = { actor: 'sql:test', source: 'sql', reason: null, requestId: null };

export function createMemoryStore(seed: Readonly<Record<string, FeaturePatch>> = {}): MemoryStore {
  const epoch = 1_795_244_451_480;
  let revision = 1;
  let changedAt = new Date().toISOString();
  const now = () => new Date().toISOString();
  let features = new Map<string, StoredFeature>();
  const retired = new Map<string, RetiredFeature>();
  for (const [feature, patch] of Object.entries(seed))
    features.set(feature, { ...blank, feature, rowRevision: 1, updatedAt: now(), ...patch });
  const rollbacks: StoredRollback[] = [];
  const audit: AuditEntry[] = [];
  const batches: MemoryStore['batches'] = [];
  const watchers = new Set<() => void>();

  const guard = async (): Promise<void> => {
    if (store.trouble === 'down') throw new StoreError('unavailable', 'connection refused');
    if (store.trouble === 'silent') await new Promise(() => {});
  };
  const find = (feature: string): StoredFeature => {
    const found = features.get(feature);
    if (found === undefined) throw new StoreError('not-found', `there is no feature ${feature}`);
    return found;
  };
  const active = (feature: string | null) =>
    rollbacks.findIndex((one) => one.feature === feature && one.endedAt === null);
  const start = (feature: string | null, { actor, source, reason }: ChangeOrigin): number => {
    const at = active(feature);
    if (at >= 0) return rollbacks[at]!.id;
    const id = rollbacks.length + 1;
    const fromPercentage = feature === null ? null : (features.get(feature)?.percentage ?? null);
    rollbacks.push({
      id,
      feature,
      startedAt: now(),
      actor,
      source,
      reason,
      fromPercentage,
      revision: revision + 1,
      endedAt: null,
      endedBy: null,
      endedReason: null,
    });
    return id;
  };
  const end = (feature: string | null, { actor, reason }: ChangeOrigin): void => {
    const at = active(feature);
    if (at >= 0) rollbacks[at] = { ...rollbacks[at]!, endedAt: now(), endedBy: actor, endedReason: reason };
  };
  const set = (feature: string, patch: FeaturePatch, origin: ChangeOrigin): void => {
    const before = features.get(feature) ?? { ...blank, feature, rowRevision: 0, updatedAt: now() };
    if (before.enabled && patch.enabled === false) start(feature, origin);
    if (patch.enabled === true) end(feature, origin);
    features.set(feature, { ...before, ...patch, rowRevision: before.rowRevision + 1, updatedAt: now() });
  };
  const commit = (
    action: string,
    feature: string | null,
    rollbackId: number | null,
    origin: ChangeOrigin,
  ): ChangeResult => {
    revision += 1;
    changedAt = now();
    const { actor, source, reason, requestId } = origin;
    audit.push({
      id: audit.length + 1,
      at: now(),
      feature,
      action,
      actor,
      source,
      reason,
      before: null,
      after: null,
      requestId,
    });
    for (const watcher of watchers) setTimeout(watcher, 5);
    const stored = feature === null ? null : (features.get(feature) ?? null);
    return { epoch, revision, feature: stored, rollbackId, auditId: audit.length };
  };

  const store: MemoryStore = {
    batches,
    trouble: 'none',
    async changeOutside(feature, patch) {
      set(feature, patch, sql);
      commit('change', feature, null, sql);
    },
    goBackTo(earlier) {
      revision = earlier;
      rollbacks.length = 0;
      features = new Map([...features].map(([key, feature]) => [key, { ...feature, enabled: true }]));
      for (const watcher of watchers) watcher();
    },
    async readState() {
      await guard();
      return {
        epoch,
        revision,
        changedAt,
        features: new Map(features),
        rollbacks: rollbacks.filter((one) => one.endedAt === null),
      };
    },
    async createFeature(feature, patch, origin) {
      await guard();
      if (features.has(feature)) throw new StoreError('conflict', `${feature} exists already`, { field: '/feature' });
      set(feature, patch, origin);
      return commit('create', feature, null, origin);
    },
    async changeFeature(feature, patch, ifRowRevision, origin) {
      await guard();
      const current = find(feature);
      if (ifRowRevision !== null && ifRowRevision !== current.rowRevision)
        throw new StoreError('stale', 'stale', { current });
      set(feature, patch, origin);
      const at = active(feature);
      return commit('change', feature, at < 0 ? null : rollbacks[at]!.id, origin);
    },
    async changeFeatures(changes, origin) {
      await guard();
      for (const { feature, ifRowRevision } of changes) {
        const current = features.get(feature);
        if (ifRowRevision === 0 && current !== undefined) throw new StoreError('conflict', `${feature} exists already`);
        if (ifRowRevision !== 0 && find(feature).rowRevision !== ifRowRevision)
          throw new StoreError('stale', 'stale', { current: find(feature) });
      }
      for (const { feature, patch } of changes) set(feature, patch, origin);
      return commit('change', null, null, origin);
    },
    async retireFeature(feature, origin) {
      await guard();
      retired.set(feature, { ...find(feature), retiredAt: now() });
      features.delete(feature);
      return commit('change', feature, null, origin);
    },
    async restoreFeature(feature, origin) {
      await guard();
      const found = retired.get(feature);
      if (found === undefined) throw new StoreError('not-found', `there is no feature ${feature}`);
      retired.delete(feature);
      const { retiredAt: _, ...stored } = found;
      features.set(feature, { ...stored, enabled: false });
      return commit('change', feature, null, origin);
    },
    async readRetired() {
      await guard();
      return [...retired.values()];
    },
    async rollback(feature, origin) {
      await guard();
      find(feature);
      const id = start(feature, origin);
      if (find(feature).enabled) set(feature, { enabled: false }, origin);
      return commit('rollback', feature, id, origin);
    },
    async emergencyRollback(origin) {
      await guard();
      return commit('emergency-rollback', null, start(null, origin), origin);
    },
    async undoRollback(id, listed, origin) {
      await guard();
      const found = rollbacks.find((one) => one.id === id);
      if (found === undefined) throw new StoreError('not-found', `there is no rollback ${id}`);
      if (found.endedAt !== null) throw new StoreError('conflict', `rollback ${id} has ended already`);
      end(found.feature, origin);
      if (found.feature !== null) set(found.feature, { enabled: true }, origin);
      else for (const key of features.keys()) if (!(listed ?? []).includes(key)) set(key, { enabled: false }, origin);
      return commit('undo', found.feature, id, origin);
    },
    async readAudit({ feature, limit, beforeId = Infinity }) {
      await guard();
      return audit
        .filter((one) => one.id < beforeId && (feature === undefined || one.feature === feature))
        .reverse()
        .slice(0, limit);
    },
    async readRollbacks({ feature, limit }) {
      await guard();
      return rollbacks
        .filter((one) => feature === undefined || one.feature === feature || one.feature === null)
        .reverse()
        .slice(0, limit);
    },
    async storeBatch(batch) {
      await guard();
      const mine = batches.filter(({ senderId }) => senderId === batch.senderId);
      const same = mine.find(({ seq }) => seq === batch.seq);
      if (same === undefined) batches.push(batch);
      const seqs = [0, ...new Set([...mine.map(({ seq }) => seq), batch.seq])].sort((one, other) => one - other);
      const gaps = seqs
        .slice(1)
        .map((seq, at) => [(seqs[at] ?? 0) + 1, seq - 1] as const)
        .filter(([from, until]) => from <= until);
      if (same === undefined) return { status: 'stored', gaps };
      const differs = batch.checksum !== undefined && same.checksum !== undefined && same.checksum !== batch.checksum;
      return { status: 'duplicate', gaps, ...(differs && { differs }) };
    },
    async readTotals(feature, fromMs, toMs) {
      await guard();
      const buckets = between(batches, feature, fromMs, toMs);
      const steps = addUpSteps(buckets.map(stepOf), Infinity);
      return totalsOf((version, assigned) => {
        const own = steps.find((step) => step.version === version && step.assigned === assigned) ?? emptyNumbers;
        const { counts, histograms, sums, measures } = own;
        const users = (bit: 'exposed' | 'error' | 'slow' | 'silent') =>
          assigned
            ? new Set(buckets.filter((one) => one.arm === version && one.units[bit] === 1).map((one) => one.subject))
                .size
            : 0;
        const units = {
          exposed: users('exposed'),
          error: users('error'),
          slow: users('slow'),
          silent: users('silent'),
        };
        return { version, assigned, counts, histograms, sums, measures, units };
      });
    },
    async readSteps(feature, fromMs, toMs, stepMs) {
      await guard();
      return addUpSteps(between(batches, feature, fromMs, toMs).map(stepOf), stepMs);
    },
    async readDelivery() {
      await guard();
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      const senders = new Set(batches.map(({ senderId }) => senderId));
      const received = sum(batches.flatMap(({ buckets }) => buckets.map(valuesIn)));
      const missing = sum(
        [...senders].map((sender) => {
          const seqs = batches.flatMap(({ senderId, seq }) => (senderId === sender ? [seq] : []));
          return Math.max(...seqs) - Math.min(...seqs, 1) + 1 - seqs.length;
        }),
      );
      return {
        senders: senders.size,
        received,
        dropped: sum(batches.map(({ dropped: { queueFull, expired, storage } }) => queueFull + expired + storage)),
        missing: batches.length === 0 ? 0 : Math.round((missing * received) / batches.length),
      };
    },
    async readV2Since(keys, sinceMs) {
      await guard();
      const found = batches
        .flatMap(({ buckets }) => buckets)
        .filter((one) => keys.includes(one.feature) && one.version === 'v2' && one.startMs > sinceMs);
      const exposures = found.reduce((sum, one) => sum + one.counts.exposures, 0);
      return { exposures, lastSeenAtMs: found.length === 0 ? null : Math.max(...found.map((one) => one.startMs)) };
    },
    watch(onChange) {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
    async close() {},
  };
  return store;
}

const stepOf = ({ version, arm, startMs, counts, histograms, sums, measures }: AcceptedBucket): StoredStep => ({
  version,
  assigned: arm === version,
  startMs: Math.floor(startMs / 10_000) * 10_000,
  durationMs: 10_000,
  counts,
  histograms,
  sums,
  measures,
});

const between = (batches: MemoryStore['batches'], feature: string, fromMs: number, toMs: number) =>
  batches
    .flatMap(({ buckets }) => buckets)
    .filter((one) => one.feature === feature && one.startMs >= fromMs && one.startMs < toMs);
