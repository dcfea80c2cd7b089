// Comes in: observations of features that are watched. Goes out: their health, trips, and calls of the host's. Who calls: healthMonitor, by import().
import { compareLevels, healthOf, judge, step, untriedHealth, type HealthState } from '../guard/health.js';
import type { Health } from '../guard/healthLevel.js';
import { createHealthWindow, windowSlices, type HealthWindow } from '../guard/healthWindow.js';
import type { Observation } from '../observe/observe.js';
import type { HealthClock, HealthEvent, WatchedPolicy } from './healthOptions.js';

export interface HealthEngineOptions {
  readonly policyOf: (feature: string) => WatchedPolicy | undefined;
  readonly clock: HealthClock;
  readonly publish: (feature: string, health: Health) => void;
  /** Runs what may throw. */
  readonly guard: (operation: string, run: () => void) => void;
  readonly trip: (feature: string) => void;
  readonly onChange: ((event: HealthEvent) => void) | undefined;
}

export interface HealthEngine {
  /** Takes an observation. @returns it, perhaps with a lower `sampling` */
  see(observation: Observation, atMs: number): Observation;
  /** Lets go of its timer; it is there again with the next observation, or `resume`. */
  rest(): void;
  resume(): void;
}

interface Watched {
  readonly feature: string;
  readonly policy: WatchedPolicy;
  readonly window: HealthWindow;
  state: HealthState;
  health: Health;
  /** Observations that say anything of health, or as many as are enough to judge. */
  seen: number;
}

/** A snapshot has no more. */
const maxFeatures = 1_000;
/** How long the page is held up at once, however many features are news. */
const forOneTaskMs = 4;

export function createHealthEngine(options: HealthEngineOptions): HealthEngine {
  const { policyOf, clock, publish, guard, trip, onChange } = options;
  const watched = new Map<string, Watched>();
  const news = new Set<Watched>();
  // What may trip has to show before the next paint.
  const failing = new Set<Watched>();
  let cancelTick: (() => void) | undefined;
  let tickMs = Infinity;
  let cancelSlice = () => {};

  const watch = (feature: string): Watched | undefined => {
    const known = watched.get(feature);
    const policy = known ? undefined : policyOf(feature);
    if (!policy || watched.size >= maxFeatures) return known;
    const window = createHealthWindow(policy, policy.latency);
    const entry: Watched = { feature, policy, window, state: untriedHealth, health: healthOf(untriedHealth), seen: 0 };
    watched.set(feature, entry);
    if (sliceOf(policy) < tickMs) stopTick();
    return entry;
  };

  const look = (entry: Watched, nowMs: number): void => {
    const { feature, policy, window, state } = entry;
    const readings = window.readings('v2', nowMs);
    const next = (entry.state = step(state, readings, nowMs, policy, () => window.readings('v1', nowMs)));
    const before = entry.health;
    entry.health = healthOf(next, before);
    const isTripped = mayTrip(entry, judge(readings, policy));
    if (isTripped) {
      // What led to it must not lead to the next one: v2 is judged anew by what it does then.
      window.clear('v2');
      guard('health trip', () => trip(feature));
    }
    if (entry.health === before) return;
    publish(feature, entry.health);
    if (entry.health.level === before.level || !policy.actions[entry.health.level].includes('notify')) return;
    guard('onChange', () => onChange?.({ feature, from: before.level, health: entry.health }));
  };

  /** Looks at what is new, as much as fits. */
  const lookAt = (entries: Set<Watched>, forMs: number): void => {
    const nowMs = clock.elapsedMs();
    for (const entry of entries) {
      if (clock.elapsedMs() - nowMs >= forMs) {
        cancelSlice = clock.after(0, () => lookAt(entries, forMs));
        break;
      }
      entries.delete(entry);
      guard('health', () => look(entry, nowMs));
      if (isIdle(entry, nowMs)) watched.delete(entry.feature);
    }
    cancelTick ??= waitForTick();
  };
  /** Time alone heals, and empties windows. */
  const tick = (): void => {
    cancelTick = undefined;
    cancelSlice();
    for (const entry of watched.values()) news.add(entry);
    lookAt(news, forOneTaskMs);
  };
  const waitForTick = (): (() => void) | undefined => {
    tickMs = Infinity;
    for (const { policy } of watched.values()) tickMs = Math.min(tickMs, sliceOf(policy));
    return tickMs === Infinity ? undefined : clock.after(tickMs, tick);
  };
  const stopTick = (): void => {
    cancelTick?.();
    cancelTick = undefined;
  };

  return {
    see(observation, atMs) {
      const entry = watch(observation.feature);
      if (!entry) return observation;
      const { policy, state } = entry;
      const { kind, sampling = 1, times = 1 } = observation;
      if (entry.window.add(observation, atMs)) {
        entry.seen = Math.min(entry.seen + Math.max(times, 1), policy.minSamples);
        // Too few say nothing but of the heap: most features of a page that starts.
        const isNews = kind === 'sum' || !(entry.seen < policy.minSamples);
        const entries = kind === 'failure' ? failing : news;
        if (isNews && entries.size === 0) {
          const forMs = kind === 'failure' ? Infinity : forOneTaskMs;
          queueMicrotask(() => lookAt(entries, forMs));
        }
        if (isNews) entries.add(entry);
        cancelTick ??= waitForTick();
      }
      const isReduced = policy.actions[state.level].includes('reduce-sampling') && policy.reducedSampling < sampling;
      return isReduced ? { ...observation, sampling: policy.reducedSampling } : observation;
    },
    rest() {
      stopTick();
      cancelSlice();
      news.clear();
      failing.clear();
    },
    resume() {
      cancelTick ??= waitForTick();
    },
  };
}

const sliceOf = ({ windowMs }: WatchedPolicy): number => windowMs / windowSlices;

const isIdle = ({ state, window }: Watched, nowMs: number): boolean =>
  state.level === 'healthy' && !state.hasData && window.isEmpty(nowMs);

/** Whether what is in the window now, not what was, calls for v1. */
function mayTrip({ state, policy }: Watched, judged: ReturnType<typeof judge>): boolean {
  if (judged.level === 'healthy') return false;
  // The heap is the page's, not v2's.
  if (judged.reason.threshold === 'maxMemoryMB') return false;
  return compareLevels(judged.level, state.level) >= 0 && policy.actions[state.level].includes('trip');
}
