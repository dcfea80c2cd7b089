// Comes in: incidents, settled episodes, the passing of time. Goes out: whether v2 may be tried. Who calls: client.
import { assertNever } from '../error.js';

/** When a breaker opens and for how long; durations in ms. */
export interface BreakerPolicy {
  /** Incidents within `windowMs` that open it; default 3. */
  readonly incidentLimit: number;
  /** Default 300,000. */
  readonly windowMs: number;
  /** The first cool-down; each further one doubles it. Default 30,000. */
  readonly coolDownMs: number;
  /** Default 1,800,000. */
  readonly maxCoolDownMs: number;
}

/** @source docs/fallback.md, "The breaker": 3 incidents in 5 minutes; 30 s doubling to 30 min */
export const defaultBreakerPolicy: BreakerPolicy = {
  incidentLimit: 3,
  windowMs: 300_000,
  coolDownMs: 30_000,
  maxCoolDownMs: 1_800_000,
};

/**
 * `closed`: v2 may be tried. `open`: v1 until `untilMs`. `halfOpen`: the cool-down is over; one probe decides.
 * Times are ms since 1970; `openings` counts the cool-downs in a row.
 */
export type BreakerState =
  | { readonly state: 'closed'; readonly incidentsMs: readonly number[] }
  | { readonly state: 'open'; readonly sinceMs: number; readonly untilMs: number; readonly openings: number }
  | { readonly state: 'halfOpen'; readonly openings: number };

/** `incident`: a load attempt or an episode failed. `settled`: an episode stayed healthy. `tick`: time passed. */
export type BreakerEvent = 'incident' | 'settled' | 'tick';

export const closedBreaker: BreakerState = { state: 'closed', incidentsMs: [] };

/**
 * Moves a breaker by one event. Pure: the same input gives the same output, and no change gives the same object.
 * @param jitter 0–1, drawn by the caller when it opens; stretches the cool-down by up to 20 %
 */
export function step(
  breaker: BreakerState,
  event: BreakerEvent,
  nowMs: number,
  policy: BreakerPolicy = defaultBreakerPolicy,
  jitter = 0,
): BreakerState {
  // A clock that was set back must neither keep v1 for a year nor count incidents of the future.
  switch (breaker.state) {
    case 'closed': {
      const { incidentsMs } = breaker;
      const recent = incidentsMs.map((atMs) => Math.min(atMs, nowMs)).filter((atMs) => atMs > nowMs - policy.windowMs);
      if (event === 'incident') {
        recent.push(nowMs);
        if (recent.length >= policy.incidentLimit) return open(nowMs, 1, policy, jitter);
      }
      return String(recent) === String(incidentsMs) ? breaker : { state: 'closed', incidentsMs: recent };
    }
    case 'open': {
      const { openings } = breaker;
      const sinceMs = Math.min(breaker.sinceMs, nowMs);
      const untilMs = Math.min(breaker.untilMs, nowMs + policy.maxCoolDownMs);
      if (event === 'tick' && nowMs >= untilMs) return { state: 'halfOpen', openings };
      const isSame = sinceMs === breaker.sinceMs && untilMs === breaker.untilMs;
      return isSame ? breaker : { state: 'open', sinceMs, untilMs, openings };
    }
    case 'halfOpen':
      if (event === 'settled') return closedBreaker;
      return event === 'incident' ? open(nowMs, breaker.openings + 1, policy, jitter) : breaker;
    default:
      return assertNever(breaker);
  }
}

function open(nowMs: number, openings: number, policy: BreakerPolicy, jitter: number): BreakerState {
  const coolDownMs = policy.coolDownMs * 2 ** (openings - 1) * (1 + jitter * 0.2);
  return {
    state: 'open',
    sinceMs: nowMs,
    untilMs: nowMs + Math.round(Math.min(coolDownMs, policy.maxCoolDownMs)),
    openings,
  };
}
