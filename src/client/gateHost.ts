import type { Decision } from '../decide/decide.js';
import type { Version } from '../evaluate/snapshot.js';
import type { FailureReport } from '../observe/observe.js';
import type { Clock } from './clock.js';
import type { Emit, Episode } from './episode.js';
import type { FallbackEvent, GateView } from './gateView.js';
import type { CreateLoads, Loads } from './loads.js';

/** A gate, for whoever asks whether a version is still there. */
export interface ShownBy {
  /** What it has settled on wanting; undefined before it is mounted, and after. */
  readonly mountedOn?: Version | undefined;
}

/** What a gate brings along when it asks what to show. */
export interface GateState extends ShownBy {
  /** It may try v2 for a half-open breaker. */
  readonly hasProbe: boolean;
}

/** A gate that is on the page, for whoever looks from outside. */
export interface VisibleGate {
  update(): void;
  /** The user leaves. */
  leave(): void;
  /** Another user is there. */
  greet(): void;
  reset(): void;
  getView(): GateView;
}

/** What the gates of one feature share: their client, seen from that feature. */
export interface GateHost {
  /** Null for a boundary that guards no feature. */
  readonly feature: string | null;
  readonly clock: Clock;
  /** The client's load records, as far as any lazy version made some. */
  loads(create?: CreateLoads): Loads | undefined;
  decision(): Decision;
  /** The version that came to the screen last; until one did, the decided one. */
  shownVersion(): Version;
  /** Whether nothing local may outrank the decision. */
  isKill(): boolean;
  /** From the initial snapshot alone: no override, no trip, nothing stored. */
  serverDecision(): Decision;
  /** What a gate without a failure shows once v2's code is there. */
  viewFor(gate: GateState, decision?: Decision): GateView;
  /** Registers a gate that shows v1; returns what ends it. */
  mountOnV1(decision: Decision): () => void;
  /**
   * Takes the one probe of a half-open breaker; undefined when it is not to be had.
   * @param onLost called when another tab had to take it over
   */
  takeProbe(onLost: () => void): (() => void) | undefined;
  /** The live decision, a hold or the breaker may have changed. */
  subscribe(gate: VisibleGate): () => void;
  /** The component that takes v2's place, if any does. */
  standIn?(): unknown;
  /** @param gate told once the version has stayed on the screen for long enough */
  beginEpisode(
    version: Version,
    decision: Decision,
    isFallback: boolean,
    gate: ShownBy & { episodeSettled(): void },
  ): Episode | undefined;
  /** Labels observations as things are now. @param gate that shows the version, if any does */
  observer(version: Version, decision: Decision, isFallback?: boolean, gate?: ShownBy): Emit;
  /**
   * v2 failed in one gate: counts it and tells the breaker.
   * @param load what gates that wait for the same code have in common, so that their failure counts once
   */
  failed(decision: Decision, failure: FailureReport, load?: unknown, gate?: ShownBy): void;
  onFallback(event: FallbackEvent): void;
  /** Runs a callback of the host's; what it throws goes to `onInternalFault`. */
  guardHost(operation: string, run: () => void): void;
}
