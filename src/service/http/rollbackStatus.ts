import type { Publication } from './publish.js';
import type { RollbackTarget } from './replica.js';
import type { FleetProgress } from './replicaReports.js';
import type { StreamProgress } from './streams.js';

export interface RollbackStatusInput {
  readonly target: RollbackTarget | null;
  readonly current: Publication;
  readonly fleet: FleetProgress;
  readonly ackRate: number;
  /** Null when the database could not be asked. */
  readonly v2: { readonly exposures: number; readonly lastSeenAtMs: number | null } | null;
  readonly nowMs: number;
  /** When it was first seen complete, so that the elapsed time stands still. */
  readonly completedAtMs: number | null;
}

const quietMs = 30_000;
const confirmedShare = 0.99;

/** Whether enough of the streams that were open at the rollback, and still are, say that they show it. */
export function isConfirmed({ sampled, confirmed, sent, connected }: StreamProgress, ackRate: number): boolean {
  if (sent < connected) return false;
  const expected = sampled * ackRate;
  // Who confirms is drawn by the clients: allow for three deviations of that draw.
  return confirmed >= Math.ceil(expected * confirmedShare - 3 * Math.sqrt(expected * (1 - ackRate)));
}

/** Whether every replica that can be heard applied it, and enough streams say that they show it. */
export function isConfirmedByAll({ replicas, streams }: FleetProgress, ackRate: number): boolean {
  return replicas.applied === replicas.total && isConfirmed(streams, ackRate);
}

/**
 * Tells how far the newest rollback has come on all replicas.
 * @source docs/contracts.md part 4: `current` is an addition, so that a caller knows that its change is included
 */
export function rollbackStatus(input: RollbackStatusInput) {
  const { target, current, fleet, ackRate, v2, nowMs, completedAtMs } = input;
  const { streams, replicas } = fleet;
  const quietSinceMs = target === null ? nowMs : Math.max(target.noticedAtMs, v2?.lastSeenAtMs ?? 0);
  const isQuiet = v2 !== null && nowMs - quietSinceMs >= quietMs;
  const blockers: string[] = [];
  if (target === null) blockers.push('no rollback is in force');
  else if (!isConfirmedByAll(fleet, ackRate) && !isQuiet) {
    const { sent, connected, sampled, confirmed } = streams;
    const behind = replicas.total - replicas.applied - fleet.lost;
    if (behind > 0) blockers.push(`${behind} of ${replicas.total} replicas have not applied it`);
    if (fleet.lost > 0) blockers.push(`${fleet.lost} of ${replicas.total} replicas have not been heard of for 10 s`);
    if (sent < connected) blockers.push(`${connected - sent} of ${connected} streams were not sent it`);
    if (!isConfirmed({ ...streams, sent: connected }, ackRate))
      blockers.push(`${sampled - confirmed} of ${sampled} streams have not confirmed`);
    if (v2 === null) blockers.push('the database does not say whether v2 is still seen');
    else blockers.push(`v2 must not be seen for ${Math.ceil((quietMs - (nowMs - quietSinceMs)) / 1_000)} s more`);
  }
  const endMs = completedAtMs ?? nowMs;
  const lastSeenAtMs = v2?.lastSeenAtMs ?? null;
  return {
    rollbackComplete: blockers.length === 0,
    target: target === null ? null : { epoch: target.epoch, revision: target.revision },
    current: { epoch: current.epoch, revision: current.revision },
    startedAt: target === null ? null : new Date(target.startedAtMs).toISOString(),
    elapsedSeconds: target === null ? 0 : Math.max(0, Math.round((endMs - target.noticedAtMs) / 100) / 10),
    replicas,
    streams,
    ofrepStreams: fleet.ofrepStreams,
    v2: {
      exposuresAfter: v2?.exposures ?? null,
      lastSeenAt: lastSeenAtMs === null ? null : new Date(lastSeenAtMs).toISOString(),
    },
    status: versionsOf(current),
    blockers,
  };
}

/** `v2` where anyone may get it by the rules. */
export function versionsOf({ features, kills, emergency, broken }: Publication): Readonly<Record<string, 'v1' | 'v2'>> {
  const killed = new Set([...kills, ...broken.map(({ feature }) => feature)]);
  return Object.fromEntries(
    [...features.values()].map((rule) => {
      const isOff =
        emergency !== null || killed.has(rule.feature) || (rule.percentage === 0 && rule.allow.length === 0);
      return [rule.feature, isOff ? 'v1' : 'v2'];
    }),
  );
}
