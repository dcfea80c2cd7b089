import type { SwitchbackError } from '../../error.js';
import type { EvaluationContext, Order } from '../../evaluate/snapshot.js';

/**
 * How a client hears of changes. `connecting`: nothing yet. `live`: a stream delivers them. `degraded`: it does, but streams or
 * requests failed 3 times within 60 s. `polling`: the stream is down, polls succeed. `offline`: neither works, or the browser
 * says so. `static`: there is nothing to hear.
 */
export type SourceStatus = 'connecting' | 'live' | 'degraded' | 'polling' | 'offline' | 'static';

/** What a source tells its client. Every call is safe at any time; after stop they are ignored. */
export interface SourceListener {
  /** A snapshot as parsed JSON, unchecked: the client validates it and applies it only if it is newer. */
  snapshot(value: unknown): void;
  /** Kills that are in force at `order`, ahead of the snapshot that carries them. */
  kills(order: Order, kills: readonly string[], emergency: boolean): void;
  /** The service was reached: what is known is still true at this moment. `serviceNowMs` where it told its time. */
  contact(serviceNowMs?: number): void;
  /** How the source hears of changes now, and what is wrong. */
  status(status: SourceStatus, error?: SwitchbackError): void;
  /** A fault of ours or of the service, for `onInternalFault`. */
  fault(operation: string, error: unknown): void;
}

/** What a client tells its source at start. */
export interface SourceRequest {
  readonly context: EvaluationContext;
  /** The order of what the client already has, from storage or `initial`; null when nothing. */
  readonly order: () => Order | null;
}

/** Where snapshots come from. */
export interface Source {
  /** `http`, `static`, `env`, …: shown in status and devtools. */
  readonly name: string;
  /** Distinguishes stored snapshots: the URL for `http`; null means nothing is stored for this source. */
  readonly storageKey: string | null;
  /** The context is part of the request, so a new context needs a new start. */
  readonly dependsOnContext: boolean;
  /** Begins to deliver; returns what ends it. Never throws; trouble goes to the listener. */
  start(listener: SourceListener, request: SourceRequest): () => void;
  /** Tells the service that kills up to `order` are on this screen. */
  confirm?(order: Order): void;
}
