import type { Decision } from '../decide/decide.js';
import type { Version } from '../evaluate/snapshot.js';
import type { FailureReport } from '../observe/observe.js';
import type { Episode, Observed } from './episode.js';
import type { FallbackEvent, LazySource } from './gateView.js';
import type { Loads } from './loads.js';

/** What the gates of one feature share: their client, seen from that feature. */
export interface GateHost {
  /** Null for a boundary that guards no feature. */
  readonly feature: string | null;
  readonly loads: Loads;
  liveDecision(): Decision;
  /** From the initial snapshot alone: no override, no trip, nothing stored. */
  serverDecision(): Decision;
  /** As if the breaker were closed. */
  untrippedDecision(): Decision;
  /** v1 with reason `CIRCUIT_OPEN`. */
  trippedDecision(): Decision;
  chosenDecision(version: Version): Decision;
  isKill(): boolean;
  /** No snapshot yet, and still time to wait for one. */
  isUndecided(): boolean;
  isHalfOpen(): boolean;
  /** The v1 decision that mounted gates hold; undefined when nothing is held. */
  heldDecision(): Decision | undefined;
  /** Registers a gate that shows v1; returns what ends it. */
  mountOnV1(decision: Decision): () => void;
  takeProbe(): (() => void) | undefined;
  /** The live decision, a hold or the breaker may have changed. */
  subscribe(listener: () => void): () => void;
  beginEpisode(version: Version, decision: Decision, isFallback: boolean): Episode | undefined;
  emit(version: Version, decision: Decision, isFallback: boolean, observed: Observed): void;
  /** The breaker kept a gate on v1. */
  suppressed(): void;
  /**
   * v2 failed in one gate: counts it and tells the breaker.
   * @param load what gates that wait for the same code have in common, so that their failure counts once
   */
  failed(decision: Decision, failure: FailureReport, load: unknown): void;
  startLoad(lazy: LazySource, decision: Decision): void;
  onFallback(event: FallbackEvent): void;
  /** Runs a callback of the host's; what it throws goes to `onInternalFault`. */
  guardHost(operation: string, run: () => void): void;
}
