import { decide, isSameDecision, type Decision } from '../decide/decide.js';
import type { Arm, Observation, ObservedVersion } from '../observe/observe.js';
import type { Version } from '../evaluate/snapshot.js';
import type { Breakers } from './breakers.js';
import type { Clock } from './clock.js';
import type { Decisions } from './decisions.js';
import { Episode, type Observed } from './episode.js';
import type { FallbackEvent } from './gateView.js';
import type { GateHost } from './gateHost.js';
import type { Loads } from './loads.js';
import type { ClientState } from './state.js';

/** A version that was committed to the screen, for the host's analytics. */
export interface ExposureEvent {
  readonly feature: string;
  readonly version: Version;
  readonly reason: Decision['reason'];
}

export interface GatesOptions {
  readonly read: () => ClientState;
  readonly decisions: Decisions;
  readonly breakers: Breakers;
  readonly loads: Loads;
  readonly clock: Clock;
  readonly settleMs: number;
  readonly upgradeOf: (feature: string) => 'held' | 'live';
  readonly observe: (observation: Observation) => void;
  readonly onExposure: (event: ExposureEvent) => void;
  readonly onFallback: (event: FallbackEvent) => void;
  readonly guardHost: GateHost['guardHost'];
}

/** The gates of one client, by feature. */
export interface Gates {
  hostOf(feature: string): GateHost;
  /** Holds, the breaker or readiness of a feature may have changed; without a feature, of all. */
  notify(feature?: string): void;
}

export function createGates(options: GatesOptions): Gates {
  const hosts = new Map<string, { readonly host: GateHost; readonly notify: () => void }>();

  const entryOf = (feature: string) => {
    let entry = hosts.get(feature);
    if (entry === undefined) {
      entry = createHost(feature, options);
      hosts.set(feature, entry);
    }
    return entry;
  };

  return {
    hostOf: (feature) => entryOf(feature).host,
    notify(feature) {
      if (feature !== undefined) hosts.get(feature)?.notify();
      else for (const entry of hosts.values()) entry.notify();
    },
  };
}

function createHost(feature: string, options: GatesOptions): { host: GateHost; notify: () => void } {
  const { read, decisions, breakers, loads, clock } = options;
  const cell = decisions.cell(feature);
  const listeners = new Set<() => void>();
  const seenErrors = new Set<string>();
  let countedLoad: unknown;
  let mountedOnV1 = 0;
  let held: Decision | undefined;
  let untripped: Decision | undefined;
  const tripped: Decision = { feature, version: 'v1', enabled: false, reason: 'CIRCUIT_OPEN' };
  const chosen = {
    v1: decide({ feature, override: { version: 'v1', origin: 'program' } }),
    v2: decide({ feature, override: { version: 'v2', origin: 'program' } }),
  };

  const observedVersion = (version: Version, decision: Decision, isFallback: boolean): ObservedVersion => {
    const { snapshot } = read();
    const assignment = decisions.assignmentOf(feature);
    const rule = snapshot?.kind === 'rules' ? snapshot.features.get(feature) : undefined;
    const isAssigned =
      !isFallback && decision.reason !== 'OVERRIDE' && assignment?.reason === 'SPLIT' && assignment.version === version;
    const arm: Arm = isAssigned ? version : 'none';
    return {
      feature,
      version,
      arm,
      reason: decision.reason,
      epoch: snapshot?.epoch ?? 0,
      revision: snapshot?.revision ?? 0,
      stage: rule !== undefined && 'stage' in rule ? rule.stage : null,
    };
  };

  const host: GateHost = {
    feature,
    loads,
    liveDecision: cell.get,
    serverDecision: cell.getForServer,
    untrippedDecision() {
      const next = decisions.untripped(feature);
      if (untripped === undefined || !isSameDecision(untripped, next)) untripped = next;
      return untripped;
    },
    trippedDecision: () => tripped,
    chosenDecision: (version) => chosen[version],
    isKill: () => decisions.assignmentOf(feature)?.kill === true,
    isUndecided: () => !read().isWaitOver && read().snapshot === null,
    isHalfOpen: () => breakers.stateOf(feature).state === 'halfOpen',
    heldDecision: () => (mountedOnV1 > 0 && options.upgradeOf(feature) === 'held' ? held : undefined),
    mountOnV1(decision) {
      mountedOnV1++;
      held ??= decision;
      let isMounted = true;
      return () => {
        if (!isMounted) return;
        isMounted = false;
        mountedOnV1--;
        if (mountedOnV1 === 0) held = undefined;
      };
    },
    takeProbe: () => breakers.takeProbe(feature),
    subscribe(listener) {
      listeners.add(listener);
      const stop = cell.subscribe(listener);
      return () => {
        listeners.delete(listener);
        stop();
      };
    },
    beginEpisode(version, decision, isFallback) {
      const isOverridden = decision.reason === 'OVERRIDE';
      const labels = observedVersion(version, decision, isFallback);
      const emit = (observed: Observed): void => {
        // A forced version says nothing about its users: it is counted as such, once, and nothing else of it is.
        if (!isOverridden) options.observe({ ...labels, ...observed, atMs: clock.now() } as Observation);
        else if (observed.kind === 'attempt') options.observe({ ...labels, kind: 'overridden', atMs: clock.now() });
      };
      return new Episode({
        version,
        clock,
        settleMs: options.settleMs,
        emit,
        onExposed: () =>
          options.guardHost('onExposure', () => options.onExposure({ feature, version, reason: decision.reason })),
        onSettled: () => {
          if (version === 'v2' && !isOverridden) breakers.settled(feature);
        },
      });
    },
    emit(version, decision, isFallback, observed) {
      if (decision.reason === 'OVERRIDE') return;
      const labels = observedVersion(version, decision, isFallback);
      options.observe({ ...labels, ...observed, atMs: clock.now() } as Observation);
    },
    suppressed() {
      host.emit('v2', tripped, false, { kind: 'suppressedByBreaker' });
    },
    failed(decision, failure, load) {
      if (load !== undefined) {
        if (load === countedLoad) return;
        countedLoad = load;
      }
      host.emit('v2', decision, false, { kind: 'failure', failure });
      if (decision.reason === 'OVERRIDE' || failure.v1AlsoFailed === true) return;
      // A hundred rows that break over one bad record are one incident.
      const signature = `${failure.name}|${failure.message}`;
      if (seenErrors.has(signature)) return;
      seenErrors.add(signature);
      clock.after(0, () => seenErrors.delete(signature));
      breakers.incident(feature);
    },
    startLoad(lazy, decision) {
      const isFirst = loads.get(lazy.loader).phase !== 'loading';
      void loads.request(lazy.loader, lazy.options).then(
        () => {
          const record = loads.get(lazy.loader);
          if (isFirst && record.phase === 'ready')
            host.emit('v2', decision, false, { kind: 'timing', name: 'chunkLoadMs', valueMs: record.loadMs });
        },
        () => {}, // the gates that wait read the record and fail with it
      );
    },
    onFallback: (event) => options.guardHost('onFallback', () => options.onFallback(event)),
    guardHost: options.guardHost,
  };
  return { host, notify: () => [...listeners].forEach((listener) => listener()) };
}
