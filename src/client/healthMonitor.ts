import { insufficientData, notWatched, type Health } from '../guard/healthLevel.js';
import type { Observation } from '../observe/observe.js';
import type { AttachedMonitor, HealthMonitor, HealthOverview } from './attachedMonitor.js';
import { systemClock } from './clock.js';
import { fetchChunk } from './fetchChunk.js';
import type { HealthEngine, HealthEngineOptions } from './healthEngine.js';
import { healthPoliciesOf, type HealthClock, type HealthPolicyOptions } from './healthOptions.js';
import type { SwitchbackClient } from './switchbackClient.js';

/** What features are held to, and who hears of it. */
export interface HealthMonitorOptions extends HealthPolicyOptions {
  /** Fetches the code that judges; default: by `import`. @internal */
  readonly load?: (() => Promise<{ createHealthEngine(options: HealthEngineOptions): HealthEngine }>) | undefined;
}

const maxWaiting = 500;
const healthyOverview: HealthOverview = { level: 'healthy', features: new Map() };

const monotonicClock: HealthClock = { elapsedMs: () => performance.now(), after: systemClock.after };

/**
 * Watches the features of a client, by the observations that its sinks get too. The code that judges is fetched with the first
 * of them; up to 500 wait for it. One client has one monitor: a later one takes the place of an earlier one.
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value
 */
export function createHealthMonitor(client: SwitchbackClient, options: HealthMonitorOptions): HealthMonitor {
  const policyOf = healthPoliciesOf(options);
  const { clock = monotonicClock, load = () => import('./healthEngine.js') } = options;
  const { fault, parts } = client.internals;
  const known = new Map<string, Health>();
  const listeners = new Map<string | null, Set<() => void>>();
  let overview: HealthOverview | undefined = healthyOverview;
  let waiting: (readonly [Observation, number])[] = [];
  let engine: HealthEngine | undefined;
  let isClosed = false;
  let stopFetching: (() => void) | undefined;

  const guard = (operation: string, run: () => void): void => {
    try {
      run();
    } catch (error) {
      fault(operation, error);
    }
  };
  const publish = (feature: string, health: Health): void => {
    if (health.reason.because === 'insufficient-data') known.delete(feature);
    else known.set(feature, health);
    overview = undefined;
    for (const key of [feature, null])
      for (const listener of new Set(listeners.get(key))) guard('health listener', listener);
  };
  const fetchEngine = () =>
    fetchChunk(
      load,
      clockOf(clock),
      ({ createHealthEngine }) => {
        if (isClosed || engine) return;
        const trip = (feature: string): void => parts.breakers.move(feature, 'incident', true);
        engine = createHealthEngine({ policyOf, clock, publish, guard, trip, onChange: options.onChange });
        for (const [observation, atMs] of waiting.splice(0)) engine.see(observation, atMs);
      },
      (error) => fault('health', error),
    );
  const stopFollowing = client.subscribeStatus(() => {
    if (client.getStatus().status === 'closed') engine?.rest();
    else engine?.resume();
  });

  const monitor: AttachedMonitor = {
    see(observation) {
      // What this page forced says nothing of v2.
      if (observation.reason === 'OVERRIDE' || !policyOf(observation.feature)) return observation;
      let seen = observation;
      guard('health', () => {
        const atMs = clock.elapsedMs();
        if (engine) seen = engine.see(observation, atMs);
        else if (waiting.length < maxWaiting) waiting.push([observation, atMs]);
        stopFetching ??= fetchEngine();
      });
      return seen;
    },
    getHealth: (feature) => known.get(feature) ?? (policyOf(feature) ? insufficientData : notWatched),
    getOverview: () => (overview ??= overviewOf(known)),
    subscribe(feature, listener) {
      // One listener may be given twice.
      const own = () => listener();
      let set = listeners.get(feature);
      if (!set) listeners.set(feature, (set = new Set()));
      set.add(own);
      return () => {
        set.delete(own);
        if (set.size === 0 && listeners.get(feature) === set) listeners.delete(feature);
      };
    },
    close() {
      isClosed = true;
      if (parts.read().monitor === monitor) parts.watch(undefined);
      stopFollowing();
      stopFetching?.();
      waiting = [];
      engine?.rest();
    },
  };
  parts.watch(monitor);
  return monitor;
}

function overviewOf(known: ReadonlyMap<string, Health>): HealthOverview {
  const all = [...known.values()].map(({ level }) => level);
  const level = (['critical', 'degraded'] as const).find((one) => all.includes(one)) ?? 'healthy';
  return { level, features: new Map(known) };
}

// Fetching only waits.
const clockOf = ({ elapsedMs, after }: HealthClock) => ({ now: elapsedMs, after });
