// Comes in: options, and what a source delivers. Goes out: decisions, and observations of what became of them. Who calls: render, hosts.
import { showValue, SwitchbackError } from '../error.js';
import { readNowMs } from '../evaluate/readNowMs.js';
import type { EvaluationContext, Snapshot } from '../evaluate/snapshot.js';
import type { FeatureConfig } from '../features.js';
import { describeFailure } from '../observe/observe.js';
import { createBreakers } from './breakers.js';
import { systemClock } from './clock.js';
import { createConfigs } from './configs.js';
import { createDecisions } from './decisions.js';
import { createEarly } from './early.js';
import { createFaults } from './faults.js';
import { createGate } from './createGate.js';
import { createGates } from './gates.js';
import type { GateHost } from './gateHost.js';
import { createIntake } from './intake.js';
import { shareLoads } from './loads.js';
import { createMeasuring } from './measuring.js';
import { createObserver } from './observer.js';
import { breakerPolicyOf, checkContext, checkOptions, type SwitchbackOptions } from './options.js';
import { createOverrides } from './overrides.js';
import { httpSink } from './reporter/httpSink.js';
import { createSnapshotStore } from './snapshotStore.js';
import { httpSource } from './source/httpSource.js';
import { createClientStore, createStatusReader, statusOf } from './state.js';
import { openStorage } from './storage.js';
import type { SwitchbackClient } from './switchbackClient.js';
import { anonymousTargetingKey } from './targetingKey.js';

// Keys that a program makes up must not fill the memory.
const maxUnknown = 100;

/**
 * Makes a client. Nothing is fetched before `start`.
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value. An `initial` that is no snapshot is told to
 *   `onInternalFault` and counts as none: a broken answer of a server must not take the page with it.
 */
export function createSwitchback(options: SwitchbackOptions): SwitchbackClient {
  checkOptions(options);
  const { features, url, clock = systemClock, random = Math.random } = options;
  const known = new Set(Object.keys(features));
  const faults = createFaults(options.onInternalFault);
  const storage = openStorage(options.storage, (operation, error) => faults.report(`storage ${operation}`, error));
  const source = options.source ?? (url ? httpSource({ ...options, url, clock, random }) : undefined);

  const identify = (context: EvaluationContext): EvaluationContext =>
    (context.targetingKey ?? '').trim() === '' ? { ...context, targetingKey: anonymousTargetingKey(storage) } : context;
  const openSnapshots = (context: EvaluationContext) =>
    createSnapshotStore(storage, source?.storageKey ?? null, context.targetingKey ?? '');

  const givenContext = options.context ?? {};
  const store = createClientStore({
    snapshot: null,
    announced: null,
    context: identify(givenContext),
    isStale: false,
    isWaitOver: (options.waitMs ?? 0) === 0,
    status: source ? 'connecting' : 'static',
    error: null,
    contactAtMs: null,
  });
  const { getState: read } = store;
  let snapshots = openSnapshots(read().context);

  const refresh = (feature?: string): void => {
    decisions.refresh(feature);
    early.look();
    gates.notify(feature);
  };
  const intake = createIntake({ store, source, clock, faults, snapshots: () => snapshots, refresh: () => refresh() });
  const overrides = createOverrides({
    storage,
    search: globalThis.location?.search,
    session: globalThis.window && options.storage === undefined ? () => sessionStorage : undefined,
    clock,
    policy: options.overrides,
    knownFeatures: known,
    context: () => read().context,
    onFault: faults.report,
  });
  const breakers = createBreakers({
    features: known,
    policy: breakerPolicyOf(options.breaker),
    build: options.build ?? '',
    storage,
    clock,
    random,
    // What is not kept where other tabs see it is not shared with them.
    locks: options.storage === false ? null : undefined,
    onChange: refresh,
    onFault: faults.report,
  });
  let initial: Snapshot | null = null;
  const decisions = createDecisions(
    read,
    {
      overrideOf: overrides.get,
      tripOf: breakers.tripOf,
      isKnown: (feature) => known.has(feature),
      onUnknown: (feature) => void checked(feature),
      nowMs: intake.serviceNowMs,
    },
    () => ({ snapshot: initial, context: givenContext, nowMs: readNowMs(options.initial), given: options.initial }),
  );
  const configs = createConfigs(features, read, faults.report);
  const configsForServer = createConfigs(features, () => ({ snapshot: initial }), faults.report);
  let hasToldOfStaleBuild = false;
  const loads = shareLoads(clock, random, (error) => {
    if (hasToldOfStaleBuild) return;
    hasToldOfStaleBuild = true;
    faults.guard('onStaleBuild', () => options.onStaleBuild?.(error));
  });
  const { sinks = url ? [httpSink({ ...options, url, onInternalFault: faults.report })] : [] } = options;
  const observer = createObserver(sinks, faults.report, (seen) => read().monitor?.see(seen) ?? seen);
  const { settleMs = 2_000 } = options;
  const { observe } = observer;
  const hostOf = (feature: string): GateHost => gates.hostOf(checked(feature));
  const measuring = createMeasuring({ clock, faults, features, settleMs, observe, hostOf });
  let isRunning = false;
  let isOver = false;
  const early = createEarly({
    clock,
    isUndecided() {
      const { snapshot, status } = read();
      return !(snapshot || isOver || status === 'offline' || status === 'static');
    },
  });
  const gates = createGates({
    read,
    decisions,
    breakers,
    loads,
    clock,
    early,
    given: options,
    observe(observation, subject) {
      // Work that ends after the client would open its sinks again.
      if (isOver) return;
      observe(observation, subject);
      if (sinks[0] && observation.arm !== 'none') measuring.saw(observation, subject);
    },
    guardHost: faults.guard,
  });

  store.subscribe(({ status }, before) => {
    if (status === before.status) return;
    observer.connection({ kind: 'connection', from: before.status, to: status, atMs: clock.now() });
    early.look();
  });

  /** Says once what is wrong with a key; whoever asks for it gets v1. */
  const unknown = new Set<string>();
  const checked = (feature: string): string => {
    if (known.has(feature) || unknown.has(feature) || unknown.size >= maxUnknown) return feature;
    unknown.add(feature);
    const names = [...known].join(', ');
    const message = `unknown feature ${showValue(feature)} is v1; known: ${names}`;
    faults.report('feature', new SwitchbackError('invalid-feature', message));
    return feature;
  };

  // Both are read now, so that the first paint is right; the newer one counts.
  if (options.initial !== undefined && options.initial !== null) {
    const { snapshot = null, problem } = intake.apply(options.initial);
    initial = snapshot;
    if (initial) store.setState({ contactAtMs: clock.now() });
    // A broken server snapshot must not take the page with it.
    else faults.report('initial', problem);
  }
  intake.restore();

  let stops: readonly (() => void)[] = [];
  return {
    isEnabled: (feature) => decisions.cell(feature).isEnabled(),
    getDecision: (feature) => decisions.cell(feature).get(),
    getConfig: (feature) => configs.get(checked(feature)) as FeatureConfig<typeof feature>,
    subscribe: (feature, listener) => decisions.cell(feature).subscribe(listener),
    getStatus: createStatusReader(read),
    subscribeStatus: store.subscribe,
    applySnapshot(value) {
      const { snapshot, isApplied, problem } = intake.apply(value);
      if (isApplied) intake.save();
      if (problem && !snapshot) throw problem;
      if (problem) faults.report('snapshot', problem);
      return isApplied;
    },
    setContext(context) {
      checkContext(context);
      if (context === null) snapshots.clear();
      const next = identify(context ?? {});
      if (isSameContext(read().context, next)) return;
      early.flush();
      snapshots = openSnapshots(next);
      const isOther = read().context.targetingKey !== next.targetingKey;
      if (isOther) gates.leave();
      // Rules hold for everyone; a snapshot of one user's assignments does not.
      const isPersonal = source?.dependsOnContext;
      store.setState(isPersonal && isOther ? { context: next, snapshot: null, announced: null } : { context: next });
      if (isPersonal && isOther) intake.restore();
      refresh();
      if (isOther) gates.release();
      if (isPersonal) {
        if (isRunning) intake.start();
      } else if (context !== null) intake.save();
    },
    setOverride(feature, version, expiresInMs) {
      const isSet = overrides.set(checked(feature), version, expiresInMs);
      refresh(feature);
      return isSet;
    },
    getOverride: (feature) => ({
      version: overrides.get(feature)?.version ?? null,
      allowed: overrides.isAllowed(feature),
    }),
    reportFailure(feature, error, phase = 'reported') {
      const host = hostOf(feature);
      const decision = host.decision();
      const failure = describeFailure(phase, error);
      if (decision.enabled) host.failed(decision, failure);
      else host.observer('v1', decision)({ kind: 'failure', failure });
    },
    measure: measuring.measure,
    time: measuring.time,
    start() {
      if (isRunning) return;
      isRunning = true;
      isOver = false;
      overrides.keep();
      const stopOverrides = overrides.subscribe((feature) => refresh(feature ?? undefined));
      const cancelWait = read().isWaitOver
        ? () => {}
        : clock.after(options.waitMs ?? 0, () => {
            store.setState({ isWaitOver: true });
            refresh();
          });
      stops = [stopOverrides, cancelWait];
      store.setState({ status: source ? 'connecting' : 'static' });
      intake.start();
      breakers.start();
    },
    close() {
      if (!isRunning) return;
      isRunning = false;
      intake.stop();
      for (const stop of stops) stop();
      store.setState({ status: 'closed' });
      // Gates that go at the same time have their last word in a microtask.
      queueMicrotask(() => {
        if (isRunning) return;
        early.flush();
        isOver = true;
        measuring.close();
        observer.close();
      });
      breakers.close();
    },
    internals: {
      parts: {
        read,
        decisions,
        breakers,
        clock,
        measuring,
        observe,
        watch: (monitor) => store.setState({ monitor }),
        hostOf,
        gates,
        overrides,
        features,
        source: source?.name,
        put: store.setState,
      },
      cell: decisions.cell,
      createGate: (feature, lazy, wrap = (host) => host) => createGate(wrap(hostOf(feature)), lazy),
      configForServer: configsForServer.get,
      statusForServer: statusOf({ ...read(), snapshot: initial, contactAtMs: null }),
      loads,
      subscribe: store.subscribe,
      subscribeOverrides: overrides.subscribe,
      fault: faults.report,
    },
  };
}

function isSameContext(a: EvaluationContext, b: EvaluationContext): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && Object.is(a[name], b[name]))
  );
}
