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
    const next = step(entry.state, event, clock.now(), policy, random());
    if (next === entry.state) {
      scheduleTick(feature, entry);
      return;
    }
    const isMove = next.state !== entry.state.state;
    entries.set(feature, entry);
    entry.state = next;
    if (next.state !== 'halfOpen') entry.isProbed = false;
    scheduleTick(feature, entry);
    if (isMove) onChange(feature);
  };

  const scheduleTick = (feature: string, entry: Entry): void => {
    entry.cancelTick();
    entry.cancelTick = nothing;
    if (entry.state.state !== 'open') return;
    entry.cancelTick = clock.after(Math.max(entry.state.untilMs - clock.now(), 1), () => move(feature, 'tick'));
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
    close() {
      for (const entry of entries.values()) entry.cancelTick();
    },
  };
}
