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
export interface Gate {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getView: () => GateView;
  /** What the server rendered, for hydration: the initial snapshot alone, without anything local. */
  readonly getServerView: () => GateView;
  setCallbacks(callbacks: GateCallbacks): void;
  /** Mounts the gate; returns what unmounts it. Call in a layout effect. */
  connect(): () => void;
  /** A version was committed `commitMs` after its first render began. Call in a layout effect inside that version. */
  committed(version: Version, commitMs: number): void;
  /** The passive effects of a version's mount have run. */
  mountEffectsRan(): void;
  /** A catcher around v2 caught something. */
  caught(error: unknown, componentStack: string | undefined): void;
  /** v1's own error is on its way to the host's boundary and takes the gate with it. */
  v1Failed(error: unknown): void;
  /** Forgets a failure and tries v2 again, as far as the breaker allows. */
  reset(): void;
  /** Looks again at what its host says. */
  update(): void;
}

const nothing = () => {};

export function createGate(host: GateHost, lazy: LazySource | null): Gate {
  const { feature } = host;
  const loads = lazy && host.loads(lazy.createLoads);
  const listeners = new Set<() => void>();
  let callbacks: GateCallbacks = {};
  let view: GateView | undefined;
  let serverView: GateView | undefined;
  let isConnected = false;
  // What this gate has settled on wanting: decides holds and whether a trip may move it.
  let mountedOn: Version | undefined;
  let unmountVersion = nothing;
  let failed: { readonly error: unknown } | undefined;
  let episode: Episode | undefined;
  let releaseProbe: (() => void) | undefined;
  let areMountEffectsDone = false;
  let isHydrating = false;
  let isWaitingForLoad = false;
  let isSuppressionCounted = false;

  const recordOf = (): LoadRecord | undefined =>
    lazy && loads ? (lazy.preloaded() ?? loads.get(lazy.loader)) : undefined;
  /** The component of a lazy v2 once it is there; undefined while it is not, and for a v2 that is no lazy. */
  const loaded = (): unknown => {
    const record = recordOf();
    return record?.phase === 'ready' ? record.component : undefined;
  };

  const compute = (): GateView => {
    const next = host.viewFor({ mountedOn, hasProbe: releaseProbe !== undefined });
    const { decision } = next;
    if (failed) return { shows: 'v1', because: 'failed', decision, error: failed.error };
    if (next.shows !== 'v2') return next;
    const record = recordOf();
    if (!record || record.phase === 'ready' || isHydrating) return { ...next, component: loaded() };
    return { shows: 'loading', keepsV1: view?.shows === 'v1' || (view?.shows === 'loading' && view.keepsV1), decision };
  };
  const getView = (): GateView => {
    const next = compute();
    if (!view || !isSameView(view, next)) view = next;
    return view;
  };

  const begin = (version: Version): void => {
    if (episode?.version === version) return;
    end();
    episode = host.beginEpisode(version, host.decision(), failed !== undefined);
  };
  const end = (): void => {
    episode?.leave();
    episode = undefined;
  };
  const mount = (version: Version | undefined, decision?: Decision): void => {
    if (mountedOn === version) return;
    unmountVersion();
    mountedOn = version;
    unmountVersion = version === 'v1' && decision ? host.mountOnV1(decision) : nothing;
  };

  const update = (): void => {
    const before = view;
    if (isConnected) follow();
    if (getView() !== before) for (const listener of listeners) listener();
  };
  // Brings what this gate registered and started in line with what it shows.
  const follow = (): void => {
    let next = getView();
    // A half-open breaker lets one gate try, and only as it mounts.
    if (!mountedOn && next.shows === 'v1' && next.because === 'tripped') {
      releaseProbe ??= host.takeProbe();
      next = getView();
    }
    switch (next.shows) {
      case 'v1':
        isWaitingForLoad = false;
        if (next.because === 'failed') return;
        if (next.because === 'tripped' && !isSuppressionCounted) {
          isSuppressionCounted = true;
          host.observer('v2', next.decision)({ kind: 'suppressedByBreaker' });
        }
        if (episode?.version === 'v2') end();
        return mount('v1', next.decision);
      case 'loading':
        if (next.decision.enabled) startLoad(next.decision);
        return;
      case 'v2':
        mount('v2');
        isHydrating &&= lazy !== null && loaded() === undefined;
        return begin('v2');
      default:
        assertNever(next);
    }
  };

  const startLoad = (decision: Decision): void => {
    mount('v2');
    if (!lazy || !loads || isWaitingForLoad) return;
    begin('v2');
    isWaitingForLoad = true;
    const isFirst = loads.get(lazy.loader).phase !== 'loading';
    void loads.request(lazy.loader, lazy.options).then(
      () => {
        const record = loads.get(lazy.loader);
        if (isFirst && record.phase === 'ready')
          host.observer('v2', decision)({ kind: 'timing', name: 'chunkLoadMs', valueMs: record.loadMs });
      },
      nothing, // the gates that wait read the record and fail with it
    );
  };
  const loadChanged = (): void => {
    const record = recordOf();
    const isWaiting = isWaitingForLoad;
    if (record?.phase !== 'loading') isWaitingForLoad = false;
    if (isWaiting && record?.phase === 'failed') fail('load', record.error);
    else update();
  };

  // v1 is shown from now on, and everything else happens after the paint.
  const fail = (phase: FailurePhase, error: unknown, componentStack?: string): void => {
    if (failed) return;
    const { decision } = getView();
    begin('v2');
    episode?.fail();
    failed = { error };
    update();
    const record = recordOf();
    const load = phase !== 'load' ? undefined : record?.phase === 'failed' ? record : error;
    queueMicrotask(() => {
      // The gate is gone already: v1 threw in its turn and the host's boundary took over, so v2 alone is not to blame.
      const v1AlsoFailed = !isConnected && phase !== 'load';
      const failure = { ...describeFailure(phase, error, componentStack), ...(v1AlsoFailed && { v1AlsoFailed }) };
      host.failed(decision, failure, load);
      if (load !== record) host.loads()?.forgetFailure(error);
      const event = { feature, phase, error, componentStack };
      tell('onError', event);
      tell('onFallback', event);
      host.onFallback(event);
    });
  };
  const tell = (callback: keyof GateCallbacks, event: FallbackEvent): void =>
    host.guardHost(callback, () => callbacks[callback]?.(event));

  return {
    getView,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    getServerView() {
      if (serverView) return serverView;
      const decision = host.serverDecision();
      isHydrating = decision.enabled;
      serverView = isHydrating
        ? { shows: 'v2', decision, component: loaded() }
        : { shows: 'v1', because: 'decision', decision };
      return serverView;
    },
    setCallbacks(latest) {
      callbacks = latest;
    },
    connect() {
      isConnected = true;
      const stop = host.subscribe(update);
      const stopLoads = lazy && loads?.subscribe(lazy.loader, loadChanged);
      update();
      return () => {
        stop();
        stopLoads?.();
        isConnected = false;
        mount(undefined);
        // StrictMode and Activity reconnect at once; only a gate that stays away has ended its episode.
        queueMicrotask(() => {
          if (isConnected) return;
          releaseProbe?.();
          releaseProbe = undefined;
          end();
        });
      };
    },
    committed(version, commitMs) {
      // v1 that fills the time until v2's code is there is part of v2's attempt.
      if (getView().shows !== version) return;
      begin(version);
      areMountEffectsDone = false;
      episode?.expose(commitMs);
    },
    mountEffectsRan() {
      // An effect that threw is handed to the catcher synchronously after this, before any microtask.
      queueMicrotask(() => {
        areMountEffectsDone = true;
      });
    },
    caught(error, componentStack) {
      if (failed || getView().shows !== 'v2') {
        if (!failed || episode?.phase() !== 'failed')
          tell('onError', { feature, phase: 'cleanup', error, componentStack });
        return;
      }
      // React does not say whether an effect threw. During a mount's effects it must have been one.
      const isFromEffect = episode?.phase() === 'exposed' && !areMountEffectsDone;
      fail(host.loads()?.isLoadError(error) ? 'load' : isFromEffect ? 'effect' : 'render', error, componentStack);
    },
    v1Failed(error) {
      if (episode?.version !== 'v1') return;
      episode.fail();
      const failure = describeFailure('render', error);
      host.observer('v1', host.decision(), failed !== undefined)({ kind: 'failure', failure });
    },
    reset() {
      if (!failed) return;
      failed = undefined;
      end();
      update();
    },
    update,
  };
}
