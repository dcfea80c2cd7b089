import type { Decision } from '../decide/decide.js';
import type { EvaluationContext, JsonObject, Version } from '../evaluate/snapshot.js';
import type { FeatureConfig, FeatureKey, FeatureSet } from '../features.js';
import type { FailurePhase } from '../observe/observe.js';
import type { Breakers } from './breakers.js';
import type { Clock } from './clock.js';
import type { DecisionCell, Decisions } from './decisions.js';
import type { Gate } from './gate.js';
import type { GateHost } from './gateHost.js';
import type { Gates } from './gates.js';
import type { LazySource } from './loads.js';
import type { AttachedMonitor } from './attachedMonitor.js';
import type { Measuring } from './measuring.js';
import type { MeasureOptions } from './meter.js';
import type { Observer } from './observer.js';
import type { Overrides } from './overrides.js';
import type { ClientState, SwitchbackStatus } from './state.js';

/** A client: knows the features' state, decides for one user, and reports what became of the decisions. No React. */
export interface SwitchbackClient {
  /** Whether v2 is on. Unknown features are v1. */
  isEnabled(feature: FeatureKey): boolean;
  /** The live decision; the same object as long as it says the same. */
  getDecision(feature: FeatureKey): Decision;
  /** The feature's defaults with the published settings over them; the same object as long as both are the same. */
  getConfig<Key extends FeatureKey>(feature: Key): FeatureConfig<Key>;
  /** Calls back when this feature's decision changed. Returns what ends it. */
  subscribe(feature: FeatureKey, listener: () => void): () => void;
  /** How things stand between this client and its source; the same object as long as it says the same. */
  getStatus(): SwitchbackStatus;
  /** Calls back when the status changed. Returns what ends it. */
  subscribeStatus(listener: () => void): () => void;
  /**
   * Applies a snapshot by hand, such as one from a CDN.
   * @returns whether it was applied: false for one that is not newer
   *   A feature of it that is malformed is v1 `ERROR` and told to `onInternalFault`; the others count.
   * @throws SwitchbackError `invalid-snapshot` for what is no snapshot, naming the first field that is wrong; its kills are
   *   applied all the same
   */
  applySnapshot(snapshot: unknown): boolean;
  /** Says who the user is now; null after a logout, which also forgets what was stored. */
  setContext(context: EvaluationContext | null): void;
  /**
   * Forces a version here, also for later visits, or stops doing so.
   * @param expiresInMs how long it counts; default: as the policy says
   * @returns false where policy does not allow it
   */
  setOverride(feature: FeatureKey, version: Version | null, expiresInMs?: number): boolean;
  /** What is forced here (null: nothing), and whether policy lets this user force it. */
  getOverride(feature: FeatureKey): { readonly version: Version | null; readonly allowed: boolean };
  /**
   * Tells of a failure that no boundary sees, such as one in an event handler. It counts for the version that is decided.
   * @param phase default `reported`
   */
  reportFailure(feature: FeatureKey, error: unknown, phase?: FailurePhase): void;
  /**
   * Adds a value to the numbers of the version that is decided. A bad name or value is left out and told to `onInternalFault`.
   * @param name a letter, then up to 63 letters, digits, `_` or `.`; 10 names per feature, each of one kind and unit
   * @param value 0 to 10^15; a gauge may be negative
   * @param given a unit, or unit and kind; default: a histogram of ms
   */
  measure(feature: FeatureKey, name: string, value: number, given?: string | MeasureOptions): void;
  /**
   * Measures how long work takes, in ms, also when it fails. The version is the one that is decided as it begins.
   * @param work a promise, or a function that is called at once; what it throws then is not measured
   * @returns what the work gives: of a promise, another one
   */
  time<T>(feature: FeatureKey, name: string, work: T | (() => T)): T;
  /** Begins to fetch and listen. Safe to call again after `close`. */
  start(): void;
  /** Stops fetching, sends what is waiting, lets go of every timer and listener. Decisions stay readable. */
  close(): void;
  /** What `render` builds on; not for hosts. @internal */
  readonly internals: ClientInternals;
}

/** What a client is put together from, for the rooms that build something else than gates on it. */
export interface ClientParts {
  readonly read: () => ClientState;
  readonly decisions: Decisions;
  readonly breakers: Breakers;
  readonly clock: Clock;
  readonly measuring: Measuring;
  readonly observe: Observer['observe'];
  /** Lets a monitor see every observation, in place of the one before; undefined: nobody. */
  watch(monitor: AttachedMonitor | undefined): void;
  hostOf(feature: string): GateHost;
  readonly gates: Gates;
  readonly overrides: Overrides;
  readonly features: FeatureSet;
  /** The name of where snapshots come from; undefined: from nowhere. */
  readonly source: string | undefined;
  put(change: Pick<ClientState, 'standIns' | 'inspect'>): void;
}

/** The part of a client that `render` uses. */
export interface ClientInternals {
  readonly parts: ClientParts;
  cell(feature: string): DecisionCell;
  /** @param wrap makes the gate ask something else than its feature */
  createGate(feature: string, lazy: LazySource | null, wrap?: (host: GateHost) => GateHost): Gate;
  configForServer(feature: string): JsonObject;
  readonly statusForServer: SwitchbackStatus;
  readonly loads: GateHost['loads'];
  /** Any change of state: settings, status, context. */
  subscribe(listener: () => void): () => void;
  subscribeOverrides(listener: () => void): () => void;
  fault(operation: string, error: unknown): void;
}
