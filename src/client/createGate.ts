// Comes in: a feature's decision, v2's load record, what React caught. Goes out: what one gate shows. Who calls: render.
import type { Decision } from '../decide/decide.js';
import { assertNever } from '../error.js';
import type { Version } from '../evaluate/snapshot.js';
import { describeFailure, type FailurePhase } from '../observe/observe.js';
import type { Episode } from './episode.js';
import type { Caught, Gate } from './gate.js';
import type { GateHost } from './gateHost.js';
import type { FallbackEvent, GateSettings, GateView, LazySource } from './gateView.js';
import { isSameView, refuseReset } from './gateView.js';
import type { LoadRecord } from './loads.js';
import { createProbe } from './probe.js';
import { createSuspendTimeout } from './suspendTimeout.js';

const nothing = () => {};
const maxSuppressed = 5;

export function createGate(host: GateHost, lazy: LazySource | null): Gate {
  const { feature, clock } = host;
  const loads = lazy && host.loads(lazy.createLoads);
  const listeners = new Set<() => void>();
  let settings: GateSettings = {};
  let view: GateView | undefined;
  let serverView: GateView | undefined;
  let isConnected = false;
  // What this gate has settled on wanting: decides holds and whether a trip may move it.
  let mountedOn: Version | undefined;
  let unmountVersion = nothing;
  let failed: { readonly error: unknown; readonly suppressed: string[] } | undefined;
  let isFailing = false;
  let episode: Episode | undefined;
  const probe = createProbe(host.takeProbe);
  let isV2Committed = false;
  let areMountEffectsDone = false;
  // What became of a server's HTML of v2; whatever hydrated it goes on rendering it.
  let html: 'none' | 'waiting' | 'takenOver' = 'none';
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
    const next = host.viewFor({ mountedOn, hasProbe: probe.isHeld() });
    const { decision } = next;
    if (failed) return { shows: 'v1', because: 'failed', decision, error: failed.error };
    if (next.shows !== 'v2') return next;
    const record = recordOf();
    if (!record || record.phase === 'ready' || html === 'waiting') {
      const component = html !== 'none' && serverView?.shows === 'v2' ? serverView.component : loaded();
      const isProven = !settings.keepsV1 || episode?.phase() === 'settled';
      return { ...next, component, isHtml: html === 'waiting', isProven };
    }
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
    episode = host.beginEpisode(version, host.decision(), failed !== undefined, () => {
      probe.drop();
      if (settings.keepsV1) update();
    });
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
    // A half-open breaker lets one gate try, and only as it mounts or is reset.
    if (!mountedOn && next.shows === 'v1' && next.because === 'tripped') {
      probe.take(() => {
        mount(undefined);
        update();
      });
      next = getView();
    }
    if (next.shows !== 'v2') suspendTimeout.cancel();
    switch (next.shows) {
      case 'v1':
        html = 'none';
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
        if (mountedOn !== 'v2' && !isV2Committed) watchForSuspension();
        mount('v2');
        return begin('v2');
      default:
        assertNever(next);
    }
  };

  const suspendTimeout = createSuspendTimeout(clock, (error) => {
    if (getView().shows === 'v2') fail('render', error);
  });
  const watchForSuspension = (): void => {
    if (isConnected) suspendTimeout.watch(settings.suspendTimeoutMs);
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
    if (isWaiting && record?.phase === 'failed') return fail('load', record.error);
    if (isWaiting && record?.phase === 'ready') watchForSuspension();
    update();
  };

  // v1 is shown from now on, and everything else happens after the paint.
  const fail = (phase: FailurePhase, error: unknown, details: Caught = {}): void => {
    if (failed) return;
    const { decision } = getView();
    begin('v2');
    episode?.fail();
    const suppressed: string[] = [];
    failed = { error, suppressed };
    isFailing = true;
    // Tried again, it is a new attempt, over which breaker and holds rule.
    mount(undefined);
    update();
    const record = recordOf();
    const load = phase !== 'load' ? undefined : record?.phase === 'failed' ? record : error;
    queueMicrotask(() => {
      // The gate is gone already: v1 threw in its turn and the host's boundary took over, so v2 alone is not to blame.
      const v1AlsoFailed = !isConnected && phase !== 'load';
      const failure = {
        ...describeFailure(phase, error, details.componentStack),
        ...(v1AlsoFailed && { v1AlsoFailed }),
        ...(suppressed.length > 0 && { suppressed }),
      };
      host.failed(decision, failure, load);
      probe.drop();
      if (load !== record) host.loads()?.forgetFailure(error);
      const event = eventOf(phase, error, details);
      tell('onError', event);
      tell('onFallback', event);
      host.onFallback(event);
      isFailing = false;
    });
  };
  const eventOf = (phase: FallbackEvent['phase'], error: unknown, details: Caught): FallbackEvent => {
    const { componentStack, hadFocus = false } = details;
    return { feature, phase, error, componentStack, hadFocus };
  };
  const tell = (callback: 'onError' | 'onFallback', event: FallbackEvent): void =>
    host.guardHost(callback, () => settings[callback]?.(event));
  const observe: Gate['observe'] = (version, observed) =>
    host.observer(version, host.decision(), failed !== undefined)(observed);

  return {
    feature,
    getView,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    getServerView() {
      if (serverView) return serverView;
      const decision = host.serverDecision();
      html = decision.enabled ? 'waiting' : 'none';
      serverView = decision.enabled
        ? { shows: 'v2', decision, component: loaded(), isHtml: true, isProven: true }
        : { shows: 'v1', because: 'decision', decision };
      view ??= serverView;
      return serverView;
    },
    configure(latest) {
      settings = latest;
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
        suspendTimeout.cancel();
        mount(undefined);
        // StrictMode reconnects at once; only a gate that stays away has ended its episode.
        queueMicrotask(() => {
          if (isConnected) return;
          probe.drop();
          // Hidden and shown again by an Activity it goes on as the same episode: what was exposed counts once.
          if (episode?.phase() === 'trying') end();
          else episode?.leave();
        });
      };
    },
    committed(version, commitMs) {
      isV2Committed = version === 'v2';
      suspendTimeout.cancel();
      // v1 that fills the time until v2's code is there is part of v2's attempt.
      if (getView().shows !== version) return;
      begin(version);
      areMountEffectsDone = false;
      episode?.expose(commitMs);
      if (html !== 'waiting') return;
      html = 'takenOver';
      update();
    },
    concealed(version) {
      if (version !== 'v2') return;
      isV2Committed = false;
      if (getView().shows === 'v2') watchForSuspension();
    },
    mountEffectsRan() {
      // An effect that threw is handed to the catcher synchronously after this, before any microtask.
      queueMicrotask(() => (areMountEffectsDone = true));
    },
    caught(error, details) {
      if (details.isLeaving || (!failed && getView().shows !== 'v2'))
        return tell('onError', eventOf('cleanup', error, details));
      if (failed) {
        const { name, message } = describeFailure('render', error);
        if (failed.suppressed.length < maxSuppressed) failed.suppressed.push(`${name}: ${message}`.slice(0, 200));
        return;
      }
      // React does not say whether an effect threw. During a mount's effects it must have been one.
      const isFromEffect = episode?.phase() === 'exposed' && !areMountEffectsDone;
      const isFromLoad = host.loads()?.isLoadError(error);
      fail(isFromLoad ? 'load' : html === 'waiting' ? 'hydration' : isFromEffect ? 'effect' : 'render', error, details);
    },
    fallBack(phase, error) {
      if (getView().shows === 'v2') fail(phase, error);
    },
    reportFailure(version, phase, error) {
      const failure = describeFailure(phase, error);
      if (version === 'v2') host.failed(getView().decision, failure);
      else observe(version, { kind: 'failure', failure });
    },
    observe,
    guardHost: host.guardHost,
    v1Failed(error) {
      if (episode?.version !== 'v1') return;
      episode.fail();
      observe('v1', { kind: 'failure', failure: describeFailure('render', error) });
    },
    reset(event = { reason: 'imperative-api' }) {
      if (isFailing) return host.guardHost('reset', refuseReset);
      if (!failed && !isSuppressionCounted) return;
      failed = undefined;
      isSuppressionCounted = false;
      if (episode?.version === 'v2') end();
      mount(undefined);
      update();
      host.guardHost('onReset', () => settings.onReset?.(event));
    },
    update,
  };
}
