import type { Trip } from '../decide/trip.js';
import { closedBreaker, step, type BreakerEvent, type BreakerPolicy, type BreakerState } from '../guard/breaker.js';
import { createBreakerStore } from './breakerStore.js';
import type { Clock } from './clock.js';
import { createProbes, type ProbesOptions } from './probes.js';

/** One breaker per feature and build, which the tabs of a browser share. */
export interface Breakers {
  stateOf(feature: string): BreakerState;
  /** The trip that holds v1 now, if any. */
  tripOf(feature: string): Trip | undefined;
  /** @param isTrip it opens at once, and a v2 on the screen leaves it, whatever `onOpen` says */
  move(feature: string, event: BreakerEvent, isTrip?: boolean): void;
  /** Closes it, here and in the other tabs, between `start` and `close`. */
  reset(feature: string): void;
  /** Whether it is open by such a trip, here. */
  isTripped(feature: string): boolean;
  /**
   * Takes the one probe of a half-open breaker.
   * @param onLost called when another tab took it over, since this one hung: what is seen of v2 here decides nothing any more
   * @returns what gives it back; undefined when the breaker is not half-open, or the probe is not this tab's to give
   */
  takeProbe(feature: string, onLost?: () => void): (() => void) | undefined;
  /** Takes up the cool-downs that `close` left, and follows the other tabs. */
  start(): void;
  /** Lets go of timers, listeners and locks. */
  close(): void;
}

export interface BreakersOptions extends ProbesOptions {
  /** Others have no breaker. */
  readonly features: ReadonlySet<string>;
  readonly policy: BreakerPolicy;
  readonly build: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Called after a feature's breaker moved. */
  readonly onChange: (feature: string) => void;
}

interface Entry {
  state: BreakerState;
  /** What was last seen in storage, and whether it was this build's. */
  text: string | null;
  isOurs: boolean;
  isTripped?: boolean;
  cancelTick: () => void;
}

export function createBreakers(options: BreakersOptions): Breakers {
  const { features, policy, build, storage, clock, random, onChange } = options;
  const store = createBreakerStore(storage, build, policy);
  const probes = createProbes(options);
  const entries = new Map<string, Entry>();
  let stopFollowing = () => {};

  const entryOf = (feature: string): Entry | undefined => {
    const known = entries.get(feature);
    if (known || !features.has(feature)) return known;
    const entry = { state: closedBreaker, text: null, isOurs: false, cancelTick: () => {} };
    entries.set(feature, entry);
    return entry;
  };

  const enter = (feature: string, entry: Entry, next: BreakerState): void => {
    const before = entry.state;
    entry.state = next;
    if (next.state !== 'open') entry.isTripped = false;
    entry.cancelTick();
    if (next.state === 'open')
      entry.cancelTick = clock.after(Math.max(next.untilMs - clock.now(), 1), () => move(feature, 'tick'));
    probes.follow(feature, next.state);
    if (next.state !== before.state) onChange(feature);
  };

  /** Does here what another tab did. Nothing is written: that would come back. */
  const follow = (feature: string, entry: Entry, isNews: boolean): void => {
    const text = store.textOf(feature);
    if (text === entry.text) return;
    const state = store.read(text, clock.now(), isNews);
    entry.text = text;
    entry.isOurs = state !== undefined;
    if (state) enter(feature, entry, state);
  };
  const followRemoval = (feature: string, entry: Entry): void => {
    if (!entry.isOurs || store.textOf(feature) !== null) return;
    entry.text = null;
    entry.isOurs = false;
    enter(feature, entry, closedBreaker);
  };

  const move: Breakers['move'] = (feature, event, isTrip) => {
    const entry = entryOf(feature);
    if (!entry) return;
    // What another tab wrote may be there before the event that tells of it.
    if (event !== 'settled' || entry.state.state !== 'closed') follow(feature, entry, true);
    const before = entry.state;
    if (event === 'settled' && before.state === 'halfOpen' && !probes.isProbing(feature)) return;
    const next = step(before, event, clock.now(), isTrip ? { ...policy, incidentLimit: 1 } : policy, random());
    if (next.state !== before.state || (event === 'incident' && next !== before)) {
      const text = store.textFor(next, clock.now());
      const { isOurs } = entry;
      entry.isOurs = text !== null;
      // Another build's record is not ours to remove.
      if (text !== null || isOurs) store.write(feature, (entry.text = text));
    }
    if (isTrip) entry.isTripped = true;
    enter(feature, entry, next);
    if (isTrip) onChange(feature);
  };

  const restore = (feature: string): void => {
    const entry = entryOf(feature);
    if (!entry) return;
    entry.text = store.textOf(feature);
    const state = store.read(entry.text, clock.now(), false);
    entry.isOurs = state !== undefined;
    entry.state = state ?? closedBreaker;
    probes.follow(feature, entry.state.state);
  };
  // Now, so that the first paint is right; and only what is there, so that it costs nothing where nothing failed.
  store.features().forEach(restore);

  return {
    stateOf: (feature) => entries.get(feature)?.state ?? closedBreaker,
    tripOf(feature) {
      const state = entries.get(feature)?.state;
      return state?.state === 'open' ? { feature, sinceMs: state.sinceMs, untilMs: state.untilMs } : undefined;
    },
    move,
    reset(feature) {
      // It is followed here as it is in the other tabs.
      if (entries.get(feature)?.isOurs) store.write(feature, null);
    },
    isTripped: (feature) => !!entries.get(feature)?.isTripped,
    takeProbe: (feature, onLost) =>
      entries.get(feature)?.state.state === 'halfOpen' ? probes.take(feature, onLost) : undefined,
    start() {
      probes.start();
      stopFollowing = store.subscribe((changed) => {
        for (const feature of changed === null ? features : [changed]) {
          const entry = entryOf(feature);
          if (!entry) continue;
          // Who empties the whole storage says nothing of v2.
          if (changed === feature) followRemoval(feature, entry);
          follow(feature, entry, true);
        }
      });
      for (const feature of new Set([...entries.keys(), ...store.features()])) {
        const entry = entryOf(feature);
        if (entry) follow(feature, entry, false);
        move(feature, 'tick');
      }
    },
    close() {
      stopFollowing();
      probes.close();
      for (const entry of entries.values()) entry.cancelTick();
    },
  };
}
