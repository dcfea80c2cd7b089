import type { Trip } from '../decide/trip.js';
import { closedBreaker, step, type BreakerEvent, type BreakerPolicy, type BreakerState } from '../guard/breaker.js';
import type { Clock } from './clock.js';

/** One breaker per feature of this tab. */
export interface Breakers {
  stateOf(feature: string): BreakerState;
  /** The trip that holds v1 now, if any. */
  tripOf(feature: string): Trip | undefined;
  move(feature: string, event: BreakerEvent): void;
  /** Takes the one probe of a half-open breaker; undefined when it is not half-open or somebody has it. */
  takeProbe(feature: string): (() => void) | undefined;
  /** Takes up the cool-downs that `close` left. */
  start(): void;
  /** Lets go of timers. */
  close(): void;
}

interface Entry {
  state: BreakerState;
  isProbed: boolean;
  cancelTick: () => void;
}

const nothing = () => {};

/** @param onChange called after a feature's breaker moved */
export function createBreakers(
  policy: BreakerPolicy,
  clock: Clock,
  random: () => number,
  onChange: (feature: string) => void,
): Breakers {
  const entries = new Map<string, Entry>();

  const move = (feature: string, event: BreakerEvent): void => {
    const entry = entries.get(feature) ?? { state: closedBreaker, isProbed: false, cancelTick: nothing };
    const before = entry.state;
    const next = step(before, event, clock.now(), policy, random());
    entry.state = next;
    entries.set(feature, entry);
    entry.cancelTick();
    if (next.state === 'open')
      entry.cancelTick = clock.after(Math.max(next.untilMs - clock.now(), 1), () => move(feature, 'tick'));
    if (next.state !== 'halfOpen') entry.isProbed = false;
    if (next.state !== before.state) onChange(feature);
  };

  return {
    stateOf: (feature) => entries.get(feature)?.state ?? closedBreaker,
    tripOf(feature) {
      const state = entries.get(feature)?.state;
      return state?.state === 'open' ? { feature, sinceMs: state.sinceMs, untilMs: state.untilMs } : undefined;
    },
    move,
    takeProbe(feature) {
      const entry = entries.get(feature);
      if (entry?.state.state !== 'halfOpen' || entry.isProbed) return undefined;
      entry.isProbed = true;
      const probed = entry.state;
      return () => {
        if (entry.state === probed) entry.isProbed = false;
      };
    },
    start() {
      for (const feature of entries.keys()) move(feature, 'tick');
    },
    close() {
      for (const entry of entries.values()) entry.cancelTick();
    },
  };
}
