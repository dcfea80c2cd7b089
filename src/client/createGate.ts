// Comes in: a feature's decision, v2's load record, what React caught. Goes out: what one gate shows. Who calls: render.
import type { Decision } from '../decide/decide.js';
import { assertNever } from '../error.js';
import type { Version } from '../evaluate/snapshot.js';
import { describeFailure, type FailurePhase } from '../observe/observe.js';
import type { Caught, Gate } from './gate.js';
import type { GateHost } from './gateHost.js';
import type { FallbackEvent, GateSettings, GateView, ResetEvent } from './gateView.js';
import { isSameView, refuseReset } from './gateView.js';
import { HostedGate } from './hostedGate.js';
import type { GateLoad, LazySource } from './loads.js';
import { createSuspendTimeout, type SuspendTimeout } from './suspendTimeout.js';

const byHand: ResetEvent = { reason: 'imperative-api' };
const nobody: readonly (() => void)[] = [];
const maxSuppressed = 5;

export const createGate = (host: GateHost, lazy: LazySource | null): Gate => new MountedGate(host, lazy);

// A page may mount a thousand at once: methods are shared, and what few of them need is made when they need it.
class MountedGate extends HostedGate implements Gate {
  private readonly load: GateLoad | undefined;
  private listeners: readonly (() => void)[] = nobody;
  private settings: GateSettings | undefined;
  private keepsV1 = false;
  private view: GateView | undefined;
  private serverView: GateView | undefined;
  private isConnected = false;
  private failed: { readonly error: unknown; readonly suppressed: string[] } | undefined;
  private isFailing = false;
  private isV2Committed = false;
  private areMountEffectsDone = false;
  // What became of a server's HTML of v2; whatever hydrated it goes on rendering it.
  private html: 'none' | 'waiting' | 'takenOver' = 'none';
  private isSuppressionCounted = false;
  private suspendTimeout: SuspendTimeout | undefined;

  constructor(host: GateHost, lazy: LazySource | null) {
    super(host);
    if (lazy) this.load = host.loads(lazy.createLoads)?.forGate(lazy);
  }

  protected get hasFailed(): boolean {
    return this.failed !== undefined;
  }

  // Handed to React one by one.
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners = [...this.listeners, listener];
    this.mountEffectsRan();
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  };
  readonly getView = (): GateView => {
    const next = this.compute();
    if (!this.view || !isSameView(this.view, next)) this.view = next;
    return this.view;
  };
  readonly getServerView = (): GateView => {
    if (this.serverView) return this.serverView;
    const decision = this.host.serverDecision();
    this.html = decision.enabled ? 'waiting' : 'none';
    this.serverView = decision.enabled
      ? { shows: 'v2', decision, component: this.loaded(), isHtml: true, isProven: true }
      : { shows: 'v1', because: 'decision', decision };
    this.view ??= this.serverView;
    return this.serverView;
  };

  private compute(): GateView {
    const { host, html, view, failed, serverView } = this;
    const next = host.viewFor(this);
    const { decision } = next;
    if (failed) return { shows: 'v1', because: 'failed', decision, error: failed.error };
    if (next.shows !== 'v2') return next;
    const record = this.load?.record();
    if (!record || record.phase === 'ready' || html === 'waiting') {
      const component =
        host.standIn?.() ?? (html !== 'none' && serverView?.shows === 'v2' ? serverView.component : this.loaded());
      const isHtml = html === 'waiting';
      const isProven = !this.keepsV1 || this.episode?.phase === 'settled';
      const isAsGiven = component === next.component && isHtml === next.isHtml && isProven === next.isProven;
      return isAsGiven ? next : { ...next, component, isHtml, isProven };
    }
    return { shows: 'loading', keepsV1: view?.shows === 'v1' || (view?.shows === 'loading' && view.keepsV1), decision };
  }
  /** The component of a lazy v2 once it is there; undefined while it is not, and for a v2 that is no lazy. */
  private loaded(): unknown {
    const record = this.load?.record();
    return record?.phase === 'ready' ? record.component : undefined;
  }

  episodeSettled(): void {
    this.dropProbe();
    if (this.keepsV1) this.update();
  }
  update(): void {
    const before = this.view;
    if (this.isConnected) this.follow();
    if (this.getView() !== before) for (const listener of this.listeners) listener();
  }
  // Brings what this gate registered and started in line with what it shows.
  private follow(): void {
    const { host } = this;
    let next = this.getView();
    // A half-open breaker lets one gate try, and only as it mounts or is reset.
    if (!this.mountedOn && next.shows === 'v1' && next.because === 'tripped') {
      this.takeProbe();
      next = this.getView();
    }
    if (next.shows !== 'v2') this.suspendTimeout?.cancel();
    switch (next.shows) {
      case 'v1':
        this.html = 'none';
        if (this.load) this.load.isWaiting = false;
        if (next.because === 'failed') return;
        if (next.because === 'tripped' && !this.isSuppressionCounted) {
          this.isSuppressionCounted = true;
          host.observer('v2', next.decision)({ kind: 'suppressedByBreaker' });
        }
        if (this.episode?.version === 'v2') this.end();
        return this.mount('v1', next.decision);
      case 'loading':
        if (next.decision.enabled) this.startLoad(next.decision);
        return;
      case 'v2':
        if (this.mountedOn !== 'v2' && !this.isV2Committed) this.watchForSuspension();
        this.mount('v2');
        return this.begin('v2');
      default:
        assertNever(next);
    }
  }

  private watchForSuspension(): void {
    const afterMs = this.settings?.suspendTimeoutMs;
    if (afterMs !== undefined)
      this.suspendTimeout ??= createSuspendTimeout(this.host.clock, (error) => {
        if (this.getView().shows === 'v2') this.fail('render', error);
      });
    if (this.isConnected) this.suspendTimeout?.watch(afterMs);
  }

  private startLoad(decision: Decision): void {
    const { host, load } = this;
    this.mount('v2');
    if (!load || load.isWaiting) return;
    this.begin('v2');
    load.isWaiting = true;
    load.request((valueMs) => host.observer('v2', decision)({ kind: 'timing', name: 'chunkLoadMs', valueMs }));
  }
  private loadChanged(): void {
    const { load } = this;
    const record = load?.record();
    const isWaiting = load?.isWaiting;
    if (load && record?.phase !== 'loading') load.isWaiting = false;
    if (isWaiting && record?.phase === 'failed') return this.fail('load', record.error);
    if (isWaiting && record?.phase === 'ready') this.watchForSuspension();
    this.update();
  }

  // v1 is shown from now on, and everything else happens after the paint.
  private fail(phase: FailurePhase, error: unknown, details: Caught = {}): void {
    if (this.failed) return;
    const { decision } = this.getView();
    this.begin('v2');
    this.episode?.fail();
    const suppressed: string[] = [];
    this.failed = { error, suppressed };
    this.isFailing = true;
    // Tried again, it is a new attempt, over which breaker and holds rule.
    this.mount(undefined);
    this.update();
    const record = this.load?.record();
    const load = phase !== 'load' ? undefined : record?.phase === 'failed' ? record : error;
    queueMicrotask(() => {
      const { host } = this;
      // The gate is gone already: v1 threw in its turn and the host's boundary took over, so v2 alone is not to blame.
      const v1AlsoFailed = !this.isConnected && phase !== 'load';
      const failure = {
        ...describeFailure(phase, error, details.componentStack),
        ...(v1AlsoFailed && { v1AlsoFailed }),
        ...(suppressed.length > 0 && { suppressed }),
      };
      host.failed(decision, failure, load, this);
      this.dropProbe();
      if (load !== record) host.loads()?.forgetFailure(error);
      const event = this.eventOf(phase, error, details);
      this.tell('onError', event);
      this.tell('onFallback', event);
      host.onFallback(event);
      this.isFailing = false;
    });
  }
  private eventOf(phase: FallbackEvent['phase'], error: unknown, details: Caught): FallbackEvent {
    const { componentStack, hadFocus = false } = details;
    return { feature: this.feature, phase, error, componentStack, hadFocus };
  }
  private tell(callback: 'onError' | 'onFallback', event: FallbackEvent): void {
    this.host.guardHost(callback, () => this.settings?.[callback]?.(event));
  }

  configure(latest: GateSettings, keepsV1: boolean): readonly unknown[] | undefined {
    const { resetKeys } = this.settings ?? latest;
    this.settings = latest;
    this.keepsV1 = keepsV1;
    return resetKeys;
  }
  connect(): () => void {
    this.isConnected = true;
    const stop = this.host.subscribe(this);
    const stopLoads = this.load?.subscribe(() => this.loadChanged());
    this.update();
    return () => {
      stop();
      stopLoads?.();
      this.disconnect();
    };
  }
  private disconnect(): void {
    this.isConnected = false;
    this.suspendTimeout?.cancel();
    this.mount(undefined);
    // StrictMode reconnects at once; only a gate that stays away has ended its episode.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.dropProbe();
      // Hidden and shown again by an Activity it goes on as the same episode: what was exposed counts once.
      if (this.episode?.phase === 'trying') this.end();
      else this.episode?.leave();
    });
  }

  committed(version: Version, commitMs: number): void {
    this.isV2Committed = version === 'v2';
    this.suspendTimeout?.cancel();
    // v1 that fills the time until v2's code is there is part of v2's attempt.
    if (this.getView().shows !== version) return;
    this.begin(version);
    this.areMountEffectsDone = false;
    this.episode?.expose(commitMs);
    if (this.html !== 'waiting') return;
    this.html = 'takenOver';
    this.update();
  }
  concealed(version: Version): void {
    if (version !== 'v2') return;
    this.isV2Committed = false;
    if (this.getView().shows === 'v2') this.watchForSuspension();
  }
  isSubscribed(): boolean {
    return this.listeners.length > 0;
  }
  mountEffectsRan(): void {
    // An effect that threw is handed to the catcher synchronously after this, before any microtask.
    queueMicrotask(() => (this.areMountEffectsDone = true));
  }

  caught(error: unknown, details: Caught): void {
    const { host, failed } = this;
    if (details.isLeaving || (!failed && this.getView().shows !== 'v2'))
      return this.tell('onError', this.eventOf('cleanup', error, details));
    if (failed) {
      const { name, message } = describeFailure('render', error);
      if (failed.suppressed.length < maxSuppressed) failed.suppressed.push(`${name}: ${message}`.slice(0, 200));
      return;
    }
    // React does not say whether an effect threw. During a mount's effects it must have been one.
    const isFromEffect = this.episode?.phase === 'exposed' && !this.areMountEffectsDone;
    const isFromLoad = host.loads()?.isLoadError(error);
    const ofRender = this.html === 'waiting' ? 'hydration' : isFromEffect ? 'effect' : 'render';
    this.fail(isFromLoad ? 'load' : ofRender, error, details);
  }
  fallBack(phase: FailurePhase, error: unknown): void {
    if (this.getView().shows === 'v2') this.fail(phase, error);
  }
  reportFailure(version: Version, phase: FailurePhase, error: unknown): void {
    const failure = describeFailure(phase, error);
    if (version === 'v2') this.host.failed(this.getView().decision, failure, undefined, this);
    else this.observer(version)({ kind: 'failure', failure });
  }
  v1Failed(error: unknown): void {
    if (this.episode?.version !== 'v1') return;
    this.episode.fail();
    this.observer('v1')({ kind: 'failure', failure: describeFailure('render', error) });
  }
  reset(event: ResetEvent = byHand): void {
    const { host } = this;
    if (this.isFailing) return host.guardHost('reset', refuseReset);
    if (!this.failed && !this.isSuppressionCounted) return;
    if (this.failed) this.isSuppressionCounted = false;
    this.failed = undefined;
    if (this.episode?.version === 'v2') this.end();
    this.mount(undefined);
    this.update();
    host.guardHost('onReset', () => this.settings?.onReset?.(event));
  }
}
