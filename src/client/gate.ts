import type { Version } from '../evaluate/snapshot.js';
import type { FailurePhase } from '../observe/observe.js';
import type { Emit } from './episode.js';
import type { GateSettings, GateView, ResetEvent } from './gateView.js';

/** What a catcher knows of an error besides the error. */
export interface Caught {
  readonly componentStack?: string | undefined;
  /** v2 had left already: only a cleanup of it can have thrown. */
  readonly isLeaving?: boolean;
  readonly hadFocus?: boolean;
}

/**
 * One mounted gate. It is an external store for React: `getView` is pure and stable, and only effects, catchers and timers
 * call what changes it.
 */
export interface Gate {
  /** Null for a boundary that guards no feature. */
  readonly feature: string | null;
  readonly subscribe: (listener: () => void) => () => void;
  readonly getView: () => GateView;
  /** What the server rendered, for hydration: the initial snapshot alone, without anything local. */
  readonly getServerView: () => GateView;
  /**
   * Call in a layout effect.
   * @param keepsV1 whether v1 waits out of sight until v2 has settled
   * @returns the reset keys so far
   */
  configure(settings: GateSettings, keepsV1: boolean): readonly unknown[] | undefined;
  /** Mounts the gate; returns what unmounts it. Call in a layout effect. */
  connect(): () => void;
  /** A version was committed `commitMs` after its first render began. Call in a layout effect inside that version. */
  committed(version: Version, commitMs: number): void;
  /** React took a committed version off the screen: it suspends, is hidden or goes away. */
  concealed(version: Version): void;
  /** Whether React has subscribed: it does so after the passive effects of whatever was mounted with the gate. */
  isSubscribed(): boolean;
  /** The passive effects of a version that was mounted later have run. */
  mountEffectsRan(): void;
  /** A catcher around v2 caught something. */
  caught(error: unknown, details: Caught): void;
  /** Shows v1 in place of v2 for an error that no catcher sees. */
  fallBack(phase: FailurePhase, error: unknown): void;
  /** Counts a failure of a version that stays on the screen. */
  reportFailure(version: Version, phase: FailurePhase, error: unknown): void;
  /** Counts something of a version of this gate, as things are now. */
  observer(version: Version): Emit;
  /** Runs something of the host's; what it throws goes to `onInternalFault`. */
  guardHost(operation: string, run: () => void): void;
  /** v1's own error is on its way to the host's boundary and takes the gate with it. */
  v1Failed(error: unknown): void;
  /** Forgets a failure, or that a trip kept v1 here, and tries v2 again, as far as the breaker allows. Ignored while v2 fails, such as in `onFallback`: that would loop. */
  reset(event?: ResetEvent): void;
  /** Looks again at what its host says. */
  update(): void;
}
