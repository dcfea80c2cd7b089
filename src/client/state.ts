import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EvaluationContext, Order, Snapshot } from '../evaluate/snapshot.js';
import type { SwitchbackError } from '../error.js';
import type { ConnectionQuality } from '../observe/connectionEvent.js';
import type { Observation } from '../observe/observe.js';
import type { AttachedMonitor } from './attachedMonitor.js';

/** Kills that were announced ahead of the snapshot that carries them. */
export interface AnnouncedKills {
  /** Until a snapshot of at least this order arrives; null: until any newer one. */
  readonly order: Order | null;
  readonly kills: ReadonlySet<string>;
  readonly emergency: boolean;
}

/** What one client knows. Decisions are derived from it, nothing else is kept twice. */
export interface ClientState {
  readonly snapshot: Snapshot | null;
  readonly announced: AnnouncedKills | null;
  readonly context: EvaluationContext;
  /** The service was not heard for longer than it allows: a v2 it once gave is not used any more. */
  readonly isStale: boolean;
  /** `waitMs` has passed, or never counted. */
  readonly isWaitOver: boolean;
  readonly status: ConnectionQuality;
  readonly error: SwitchbackError | null;
  /** ms since 1970 of the last sign of life; null before the first. */
  readonly contactAtMs: number | null;
  /** Who watches the health of features, if anybody does. */
  readonly monitor?: AttachedMonitor | undefined;
  /** Components that take v2's place, by feature, so that one can see what happens when v2 does what they do. */
  readonly standIns?: ReadonlyMap<string, unknown> | undefined;
  /** Sees what happens here, also to forced versions, of which nobody else hears. Must not throw. */
  readonly inspect?: ((observation: Observation) => void) | undefined;
}

export type ClientStore = StoreApi<ClientState>;

export const createClientStore = (initial: ClientState): ClientStore => createStore(() => initial);

/** How things stand between this client and its source. */
export interface SwitchbackStatus {
  /**
   * `connecting`: nothing heard yet. `live`: changes arrive as they happen. `degraded`: they do, but the connection failed 3
   * times within 60 s. `polling`: the stream is down, polls succeed. `offline`: neither works, or the browser says so; what is
   * shown is the last known good. `static`: a source that never changes. `closed`: stopped.
   */
  readonly status: ConnectionQuality;
  /** Null before the first snapshot. */
  readonly revision: number | null;
  /** ms since 1970: the store that counts the revisions was made then. */
  readonly epoch: number | null;
  /** ISO 8601: when the source was last heard; null before the first sign of life. */
  readonly updatedAt: string | null;
  /** Why the source was not reached at last. */
  readonly error?: SwitchbackError;
}

export function statusOf(state: ClientState): SwitchbackStatus {
  const { status, snapshot, contactAtMs, error } = state;
  return {
    status,
    revision: snapshot?.revision ?? null,
    epoch: snapshot?.epoch ?? null,
    updatedAt: contactAtMs === null ? null : new Date(contactAtMs).toISOString(),
    ...(error === null ? {} : { error }),
  };
}

/** The same object while it says the same, for `useSyncExternalStore`. */
export function createStatusReader(read: () => ClientState): () => SwitchbackStatus {
  let of: ClientState | undefined;
  let status: SwitchbackStatus | undefined;
  return () => {
    const state = read();
    const next = state === of && status ? status : statusOf(state);
    of = state;
    status = status && JSON.stringify(status) === JSON.stringify(next) ? status : next;
    return status;
  };
}
