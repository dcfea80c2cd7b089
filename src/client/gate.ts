// Comes in: a feature's decision, v2's load record, what React caught. Goes out: what one gate shows. Who calls: render.
import type { Decision } from '../decide/decide.js';
import { assertNever } from '../error.js';
import type { Version } from '../evaluate/snapshot.js';
import { describeFailure, type FailurePhase } from '../observe/observe.js';
import type { Episode } from './episode.js';
import type { GateHost } from './gateHost.js';
import { isSameView, type FallbackEvent, type GateCallbacks, type GateView, type LazySource } from './gateView.js';
import type { LoadRecord } from './loads.js';

/**
 * One mounted gate. It is an external store for React: `getView` is pure and stable, and only effects, catchers and timers
 * call what changes it.
 */
export class Gate {
  #callbacks: GateCallbacks = {};
  readonly #host: GateHost;
  readonly #lazy: LazySource | null;
  #view: GateView | undefined;
  #serverView: GateView | undefined;
  readonly #listeners = new Set<() => void>();
  #isConnected = false;
  #disconnect = () => {};
  /** What this gate has settled on wanting: decides holds and whether a trip may move it. */
  #mountedOn: Version | undefined;
  #unmountVersion = () => {};
  #failed: { readonly error: unknown } | undefined;
  #choice: Version | undefined;
  #episode: Episode | undefined;
  #releaseProbe: (() => void) | undefined;
  #areMountEffectsDone = false;
  #isHydrating = false;
  #isWaitingForLoad = false;
  #isSuppressionCounted = false;

  constructor(host: GateHost, lazy: LazySource | null) {
    this.#host = host;
    this.#lazy = lazy;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly getView = (): GateView => {
    const next = this.#compute();
    if (this.#view === undefined || !isSameView(this.#view, next)) this.#view = next;
    return this.#view;
  };

  /** What the server rendered, for hydration: the initial snapshot alone, without anything local. */
  readonly getServerView = (): GateView => {
    if (this.#serverView !== undefined) return this.#serverView;
    const decision = this.#host.serverDecision();
    this.#isHydrating = decision.version === 'v2';
    this.#serverView = this.#isHydrating
      ? { shows: 'v2', decision, component: this.#loaded() }
      : { shows: 'v1', because: 'decision', decision };
    return this.#serverView;
  };

  setCallbacks(callbacks: GateCallbacks): void {
    this.#callbacks = callbacks;
  }

  /** Mounts the gate; returns what unmounts it. Call in a layout effect. */
  connect(): () => void {
    this.#isConnected = true;
    const stops = [this.#host.subscribe(() => this.#update())];
    if (this.#lazy !== null) stops.push(this.#host.loads.subscribe(this.#lazy.loader, () => this.#loadChanged()));
    this.#disconnect = () => stops.forEach((stop) => stop());
    this.#update();
    return () => {
      this.#disconnect();
      this.#isConnected = false;
      this.#mount(undefined);
      // StrictMode and Activity reconnect at once; only a gate that stays away has ended its episode.
      queueMicrotask(() => {
        if (this.#isConnected) return;
        this.#releaseProbe?.();
        this.#releaseProbe = undefined;
        this.#endEpisode();
      });
    };
  }

  /** A version was committed `commitMs` after its first render began. Call in a layout effect inside that version. */
  committed(version: Version, commitMs: number): void {
    // v1 that fills the time until v2's code is there is part of v2's attempt.
    if (this.getView().shows !== version) return;
    if (this.#episode?.version !== version) this.#beginEpisode(version);
    this.#areMountEffectsDone = false;
    this.#episode?.expose(commitMs);
  }

  /** The passive effects of a version's mount have run. */
  mountEffectsRan(): void {
    // An effect that threw is handed to the catcher synchronously after this, before any microtask.
    queueMicrotask(() => {
      this.#areMountEffectsDone = true;
    });
  }

  /** A catcher around v2 caught something. */
  caught(error: unknown, componentStack: string | undefined): void {
    const isOnV2 = this.#failed === undefined && this.getView().shows === 'v2';
    if (!isOnV2) {
      if (this.#failed === undefined || this.#episode?.phase !== 'failed')
        this.#tell({ feature: this.#host.feature, phase: 'cleanup', error, componentStack }, 'onError');
      return;
    }
    // React does not say whether an effect threw. During a mount's effects it must have been one.
    const isFromEffect = this.#episode?.phase === 'exposed' && !this.#areMountEffectsDone;
    const phase = this.#host.loads.isLoadError(error) ? 'load' : isFromEffect ? 'effect' : 'render';
    this.fail(phase, error, componentStack);
  }

  /** v1's own error is on its way to the host's boundary and takes the gate with it. */
  v1Failed(error: unknown): void {
    if (this.#episode?.version !== 'v1') return;
    this.#episode.fail();
    this.#host.emit('v1', this.#host.liveDecision(), this.#failed !== undefined, {
      kind: 'failure',
      failure: describeFailure('render', error),
    });
  }

  /** v2 failed: v1 is shown from now on, and everything else happens after the paint. */
  fail(phase: FailurePhase, error: unknown, componentStack?: string): void {
    if (this.#failed !== undefined) return;
    const decision = this.getView().decision;
    if (this.#episode?.version !== 'v2') this.#beginEpisode('v2');
    this.#episode?.fail();
    this.#failed = { error };
    this.#update();
    const record = this.#record();
    const load = phase !== 'load' ? undefined : record?.phase === 'failed' ? record : error;
    queueMicrotask(() => {
      // The gate is gone already: v1 threw in its turn and the host's boundary took over, so v2 alone is not to blame.
      const v1AlsoFailed = !this.#isConnected && phase !== 'load';
      const failure = { ...describeFailure(phase, error, componentStack), ...(v1AlsoFailed ? { v1AlsoFailed } : {}) };
      this.#host.failed(decision, failure, load);
      if (load !== record) this.#host.loads.forgetFailure(error);
      const event = { feature: this.#host.feature, phase, error, componentStack };
      this.#tell(event, 'onError');
      this.#tell(event, 'onFallback');
    });
  }

  /** Forgets a failure and tries v2 again, as far as the breaker allows. */
  reset(): void {
    if (this.#failed === undefined) return;
    this.#failed = undefined;
    this.#endEpisode();
    this.#update();
  }

  /** Lets this gate alone show a version; null follows the decision again. Kills and trips still win. */
  choose(version: Version | null): void {
    this.#choice = version ?? undefined;
    this.#update();
  }

  /** The component of a lazy v2 once it is there; undefined while it is not, and for a v2 that is no lazy. */
  #loaded(): unknown {
    const record = this.#record();
    return record?.phase === 'ready' ? record.component : undefined;
  }

  #record(): LoadRecord | undefined {
    return this.#lazy === null ? undefined : (this.#lazy.preloaded() ?? this.#host.loads.get(this.#lazy.loader));
  }

  #decision(): Decision {
    const live = this.#host.liveDecision();
    if (this.#choice === undefined || this.#host.isKill() || live.reason === 'CIRCUIT_OPEN') return live;
    return this.#host.chosenDecision(this.#choice);
  }

  #compute(): GateView {
    const decision = this.#decision();
    if (this.#failed !== undefined) return { shows: 'v1', because: 'failed', decision, error: this.#failed.error };
    if (decision.reason === 'DEFAULT' && this.#mountedOn === undefined && this.#host.isUndecided())
      return { shows: 'loading', keepsV1: false, decision };

    if (decision.reason === 'CIRCUIT_OPEN') {
      // A trip stops new attempts; a v2 that works stays.
      const untripped = this.#mountedOn === 'v2' ? this.#host.untrippedDecision() : decision;
      return untripped.version === 'v2' ? this.#showV2(untripped) : { shows: 'v1', because: 'tripped', decision };
    }
    if (decision.version === 'v1') return { shows: 'v1', because: 'decision', decision };
    if (this.#mountedOn === 'v2') return this.#showV2(decision);
    if (decision.reason !== 'OVERRIDE') {
      const held = this.#host.heldDecision();
      if (held !== undefined) return { shows: 'v1', because: 'held', decision: held };
      if (this.#host.isHalfOpen() && this.#releaseProbe === undefined)
        return { shows: 'v1', because: 'tripped', decision: this.#host.trippedDecision() };
    }
    return this.#showV2(decision);
  }

  #showV2(decision: Decision): GateView {
    const record = this.#record();
    if (record === undefined || record.phase === 'ready') {
      return { shows: 'v2', decision, component: record?.component };
    }
    if (this.#isHydrating) return { shows: 'v2', decision, component: undefined };
    return { shows: 'loading', keepsV1: this.#view?.shows === 'v1' || this.#keepsV1(), decision };
  }

  #keepsV1(): boolean {
    return this.#view?.shows === 'loading' && this.#view.keepsV1;
  }

  #update(): void {
    const before = this.#view;
    if (this.#isConnected) this.#follow();
    if (this.getView() !== before) for (const listener of this.#listeners) listener();
  }

  // Brings what this gate registered and started in line with what it shows.
  #follow(): void {
    const view = this.#probe(this.getView());
    switch (view.shows) {
      case 'v1':
        this.#isWaitingForLoad = false;
        if (view.because === 'failed') return;
        if (view.because === 'tripped' && !this.#isSuppressionCounted) {
          this.#isSuppressionCounted = true;
          this.#host.suppressed();
        }
        if (this.#episode?.version === 'v2') this.#endEpisode();
        return this.#mount('v1', view.decision);
      case 'loading':
        if (view.decision.version === 'v2') this.#startLoad(view.decision);
        return;
      case 'v2':
        this.#mount('v2', view.decision);
        if (this.#isHydrating && this.#lazy !== null) this.#isHydrating = this.#loaded() === undefined;
        if (this.#episode?.version !== 'v2') this.#beginEpisode('v2');
        return;
      default:
        assertNever(view);
    }
  }

  // A half-open breaker lets one gate try, and only as it mounts.
  #probe(view: GateView): GateView {
    if (this.#mountedOn !== undefined || view.shows !== 'v1' || view.because !== 'tripped') return view;
    this.#releaseProbe ??= this.#host.takeProbe();
    return this.getView();
  }

  #startLoad(decision: Decision): void {
    this.#mount('v2', decision);
    if (this.#lazy === null || this.#isWaitingForLoad) return;
    if (this.#episode?.version !== 'v2') this.#beginEpisode('v2');
    this.#isWaitingForLoad = true;
    this.#host.startLoad(this.#lazy, decision);
  }

  #loadChanged(): void {
    const record = this.#record();
    if (this.#isWaitingForLoad && record?.phase === 'failed') {
      this.#isWaitingForLoad = false;
      this.fail('load', record.error);
    } else {
      if (record?.phase === 'ready') this.#isWaitingForLoad = false;
      this.#update();
    }
  }

  #mount(version: Version | undefined, decision?: Decision): void {
    if (this.#mountedOn === version) return;
    this.#unmountVersion();
    this.#mountedOn = version;
    this.#unmountVersion = version === 'v1' && decision !== undefined ? this.#host.mountOnV1(decision) : () => {};
  }

  #beginEpisode(version: Version): void {
    this.#endEpisode();
    const isFallback = this.#failed !== undefined;
    this.#episode = this.#host.beginEpisode(version, this.#decision(), isFallback);
  }

  #endEpisode(): void {
    this.#episode?.leave();
    this.#episode = undefined;
  }

  #tell(event: FallbackEvent, callback: 'onFallback' | 'onError'): void {
    this.#host.guardHost(callback, () => this.#callbacks[callback]?.(event));
    if (callback === 'onFallback') this.#host.onFallback(event);
  }
}
