import type { ExportState } from '../export/totalsStore.js';
import { publicDocs as docs } from '../openapi/routes/publicDocs.js';
import { createDeliveryRate } from './deliveryRate.js';
import { callStore } from './storeCall.js';
import { rollbackStatus, versionsOf } from './rollbackStatus.js';
import type { StoredRollback } from '../store.js';
import type { Route } from './router.js';
import { currentOf, json, type Service } from './service.js';

const v2CacheMs = 500;
/** Of each feature: anyone may ask, so reasons and actors are left out, and old ones too. */
const shownRollbacks = 5;

type V2Seen = { readonly exposures: number; readonly lastSeenAtMs: number | null } | null;

/** How the service is, and how far a rollback has come: counts only, so these routes are public. */
export function healthRoutes(service: Service, exportState: () => ExportState | null): readonly Route[] {
  const { replica, streams, ofrepStreams, store, clock, delivery, completion, reports, startedAtMs } = service;
  const deliveryRate = createDeliveryRate(service);
  let history: { readonly id: string; readonly rollbacks: Promise<readonly StoredRollback[]> } | null = null;
  let seen: { readonly target: string; readonly atMs: number; readonly v2: Promise<V2Seen> } | null = null;

  const health = async (): Promise<Response> => {
    const current = replica.current();
    const alarms = replica.alarms();
    // What the environment holds on v1 reaches pages only where balancers send them.
    const shown = current ?? replica.decree();
    const status = shown === null ? 'down' : alarms.length === 0 ? 'ok' : 'degraded';
    const body = {
      status,
      writable: replica.isStoreHealthy(),
      epoch: current?.epoch ?? null,
      revision: current?.revision ?? null,
      emergency: (shown?.emergency ?? null) !== null,
      features: current?.features.size ?? 0,
      kills: shown?.kills.length ?? 0,
      streams: streams.count(),
      ofrepStreams: ofrepStreams.count(),
      uptimeSeconds: Math.max(0, Math.floor((clock.now() - startedAtMs) / 1_000)),
      alarms,
      export: exportJson(exportState()),
      delivery: deliveryRate(),
      intake: service.intake.counts(),
    };
    // Degraded still serves every read from memory, so it must not be taken out of rotation.
    return json(body, { status: status === 'down' ? 503 : 200 });
  };

  // Rollbacks change with the revision alone; while the database is away, those in force are known from memory.
  const rollbacksAt = ({ id }: { readonly id: string }): Promise<readonly StoredRollback[]> => {
    if (history !== null && history.id === id) return history.rollbacks;
    const rollbacks = callStore(clock, () => store.readRollbacks({ limit: 1_000 })).catch(() => {
      history = null;
      return [...(replica.state()?.rollbacks ?? [])].reverse();
    });
    history = { id, rollbacks };
    return rollbacks;
  };

  const featureHealth = async (): Promise<Response> => {
    const current = await currentOf(service);
    const killed = new Set(current.kills);
    const versions = versionsOf(current);
    const rollbacks = await rollbacksAt(current);
    const features = [...current.features.values()].map(({ feature, enabled, percentage }) => [
      feature,
      {
        enabled,
        percentage,
        rolloutPercentage: percentage,
        killed: current.emergency !== null || killed.has(feature),
        version: versions[feature],
        rollbackHistory: rollbacks
          .filter((rollback) => rollback.feature === feature || rollback.feature === null)
          .slice(0, shownRollbacks)
          .map(({ startedAt, endedAt }) => ({ timestamp: startedAt, endedAt })),
      },
    ]);
    const { epoch, revision, emergency } = current;
    return json({ epoch, revision, emergency: emergency !== null, features: Object.fromEntries(features) });
  };

  // Anyone may ask, so the database is asked at most twice a second.
  const readV2 = (name: string, features: readonly string[], sinceMs: number): Promise<V2Seen> => {
    const nowMs = clock.now();
    if (seen === null || seen.target !== name || Math.abs(nowMs - seen.atMs) >= v2CacheMs) {
      const v2 = callStore(clock, () => store.readV2Since(features, sinceMs)).catch(() => null);
      seen = { target: name, atMs: nowMs, v2 };
    }
    return seen.v2;
  };

  const status = async (): Promise<Response> => {
    await reports.hear();
    const current = await currentOf(service);
    const target = replica.target();
    const name = target === null ? '' : `${target.epoch}-${target.revision}`;
    completion.note(target);
    const v2 =
      target === null
        ? { exposures: 0, lastSeenAtMs: null }
        : await readV2(
            name,
            target.features === null ? [...current.features.keys()] : current.kills,
            target.startedAtMs,
          );
    const body = rollbackStatus({
      target,
      current,
      fleet: reports.progress(target ?? current),
      ackRate: delivery.ackRate,
      v2,
      nowMs: clock.now(),
      completedAtMs: completion.atMs(target),
    });
    return json(body);
  };

  return [
    { method: 'GET', path: '/api/health', access: 'public', doc: docs.health, run: health },
    { method: 'GET', path: '/health/features', access: 'public', doc: docs.featureHealth, run: featureHealth },
    { method: 'GET', path: '/api/health/rollback-status', access: 'public', doc: docs.rollbackStatus, run: status },
  ];
}

const exportJson = (state: ExportState | null) =>
  state && {
    status: state.failures === 0 ? ('ok' as const) : ('failing' as const),
    sentUntil: isoOf(state.sentUntilMs),
    sentPoints: state.sentPoints,
    refusedPoints: state.refusedPoints,
    failures: state.failures,
    failure: state.failure,
    waitingSince: isoOf(state.waitingSinceMs),
  };

const isoOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
