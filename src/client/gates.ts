import type { Decision } from '../decide/decide.js';
import type { FeatureSet } from '../features.js';
import type { Version } from '../evaluate/snapshot.js';
import type { Breakers } from './breakers.js';
import { Episode, type EpisodeHost } from './episode.js';
import type { FallbackEvent, GateView } from './gateView.js';
import type { GateHost, VisibleGate } from './gateHost.js';
import { createLabels, type LabelsOptions } from './labels.js';
import { createSettling, type Settling } from './settling.js';

/** A version that was committed to the screen, for the host's analytics. */
export interface ExposureEvent {
  readonly feature: string;
  readonly version: Version;
  /** Why it was decided. */
  readonly reason: Decision['reason'];
  /** v1 in place of a v2 that failed. */
  readonly isFallback: boolean;
}

export interface GatesOptions extends LabelsOptions {
  readonly breakers: Breakers;
  readonly loads: GateHost['loads'];
  readonly given: {
    readonly features: FeatureSet;
    readonly settleMs?: number | undefined;
    readonly breaker?: { readonly onOpen?: 'new' | 'all' | undefined } | undefined;
    readonly onExposure?: ((event: ExposureEvent) => void) | undefined;
    readonly onFallback?: ((event: FallbackEvent) => void) | undefined;
  };
  readonly guardHost: GateHost['guardHost'];
}

// So many users of one page are told apart.
const maxExposures = 1_000;

/** The gates of one client, by feature. */
export interface Gates {
  hostOf(feature: string): GateHost;
  /** Those of a feature that are on the page. */
  visible(feature: string): Iterable<VisibleGate>;
  /** Holds, the breaker or readiness of a feature may have changed; without a feature, of all. */
  notify(feature?: string): void;
  /** Lets go of what was held, such as for the user before; without a feature, of all. */
  release(feature?: string): void;
  /** The user leaves; the next one is greeted by `release`. */
  leave(): void;
}

export function createGates(options: GatesOptions): Gates {
  const hosts = new Map<string, Entry>();
  const settling = createSettling(options.clock, options.given.settleMs ?? 2_000);
  return {
    hostOf(feature) {
      let entry = hosts.get(feature);
      if (!entry) hosts.set(feature, (entry = createHost(feature, options, settling)));
      return entry.host;
    },
    visible: (feature) => hosts.get(feature)?.mounted ?? [],
    notify(feature) {
      for (const [key, { notify }] of hosts) if (feature === undefined || feature === key) notify();
    },
    release(feature) {
      for (const [key, { release }] of hosts) if (feature === undefined || feature === key) release();
    },
    leave() {
      for (const { mounted } of hosts.values()) for (const gate of mounted) gate.leave();
    },
  };
}

interface Entry {
  readonly host: GateHost;
  readonly mounted: ReadonlySet<VisibleGate>;
  readonly notify: () => void;
  readonly release: () => void;
}

function createHost(feature: string, options: GatesOptions, settling: Settling): Entry {
  const { read, decisions, breakers, clock, guardHost, given } = options;
  const cell = decisions.cell(feature);
  const mounted = new Set<VisibleGate>();
  const seenErrors = new Set<string>();
  let countedLoad: unknown;
  let shown: Version | undefined;
  let mountedOnV1 = 0;
  let held: Decision | undefined;

  // A list of gates asks the same again and again: it gets the same object.
  let latestView: Extract<GateView, { shows: 'v2' }> | undefined;
  const v2For = (decision: Decision): GateView => {
    if (latestView?.decision !== decision)
      latestView = { shows: 'v2', decision, component: undefined, isHtml: false, isProven: true };
    return latestView;
  };
  const areLive = given.features[feature]?.upgrade === 'live';
  const areHeldEarly = (): boolean => !areLive && held?.reason === 'DEFAULT';
  const labels = createLabels(feature, options, { areLive, areHeldEarly });
  const exposures = new Set<string>();
  const episodes: EpisodeHost = {
    settling,
    exposed({ version, decision: { reason }, isFallback }) {
      shown = version;
      const { size } = exposures;
      exposures.add(`${read().context.targetingKey}|${version}|${isFallback}`);
      if (exposures.size > size && given.onExposure)
        guardHost('onExposure', () => given.onExposure?.({ feature, version, reason, isFallback }));
      if (size > maxExposures) exposures.clear();
    },
    settled({ version, decision: { reason } }) {
      if (version === 'v2' && reason !== 'OVERRIDE') breakers.move(feature, 'settled');
    },
  };

  const host: GateHost = {
    feature,
    clock,
    loads: options.loads,
    serverDecision: cell.getForServer,
    decision: cell.get,
    shownVersion: () => shown ?? cell.get().version,
    isKill: () => decisions.assignmentOf(feature)?.kill === true,
    viewFor({ mountedOn, hasProbe }, decision = cell.get()) {
      const { reason } = decision;
      if (reason === 'DEFAULT' && !mountedOn && !read().isWaitOver && !read().snapshot)
        return { shows: 'loading', keepsV1: false, decision };
      if (reason === 'CIRCUIT_OPEN') {
        // A trip stops new attempts; a v2 that works stays.
        const stays = mountedOn === 'v2' && given.breaker?.onOpen !== 'all' && !breakers.isTripped(feature);
        const untripped = stays ? decisions.untripped(feature) : decision;
        if (!untripped.enabled) return { shows: 'v1', because: 'tripped', decision };
        return v2For(untripped);
      }
      if (!decision.enabled) return { shows: 'v1', because: 'decision', decision };
      if (mountedOn !== 'v2' && reason !== 'OVERRIDE') {
        if (held && !areLive) return { shows: 'v1', because: 'held', decision: held };
        if (breakers.stateOf(feature).state === 'halfOpen' && !hasProbe)
          return {
            shows: 'v1',
            because: 'tripped',
            decision: { feature, version: 'v1', enabled: false, reason: 'CIRCUIT_OPEN' },
          };
      }
      return v2For(decision);
    },
    mountOnV1(decision) {
      mountedOnV1++;
      held ??= decision;
      return () => {
        if (--mountedOnV1 === 0) held = undefined;
      };
    },
    takeProbe: (onLost) => breakers.takeProbe(feature, onLost),
    standIn: () => read().standIns?.get(feature),
    subscribe(gate) {
      mounted.add(gate);
      return () => void mounted.delete(gate);
    },
    beginEpisode: (version, decision, isFallback, gate) =>
      new Episode({
        version,
        decision,
        isFallback,
        host: episodes,
        emit: labels.observer(version, decision, isFallback, gate),
        gate,
      }),
    observer: labels.observer,
    failed(decision, failure, load, gate) {
      if (load !== undefined) {
        if (load === countedLoad) return;
        countedLoad = load;
      }
      labels.observer('v2', decision, false, gate)({ kind: 'failure', failure });
      // Somebody else changed the page, or what the versions share is broken: that is not v2's doing.
      if (decision.reason === 'OVERRIDE' || failure.v1AlsoFailed || failure.class) return;
      // A hundred rows that break over one bad record are one incident.
      const signature = `${failure.name}|${failure.message}`;
      if (seenErrors.has(signature)) return;
      seenErrors.add(signature);
      clock.after(0, () => seenErrors.delete(signature));
      breakers.move(feature, 'incident');
    },
    onFallback: (event) => guardHost('onFallback', () => given.onFallback?.(event)),
    guardHost,
  };
  const notify = () => {
    labels.forget();
    // A copy: what one shows may mount others.
    [...mounted].forEach((gate) => gate.update());
  };
  return {
    host,
    mounted,
    notify,
    release() {
      held = undefined;
      notify();
      // Those that are still on v1 hold it again, for the new user.
      if (mountedOnV1 > 0) held = cell.get();
      for (const gate of mounted) gate.greet();
    },
  };
}
