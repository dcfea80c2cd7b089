// Comes in: incidents, settled episodes, the passing of time. Goes out: whether v2 may be tried. Who calls: client.
import { assertNever } from '../error.js';

/** When a breaker opens and for how long; durations in ms. */
export interface BreakerPolicy {
  /** Incidents within `windowMs` that open it. */
  readonly incidentLimit: number;
  readonly windowMs: number;
  /** The first cool-down; each further one doubles it. */
  readonly coolDownMs: number;
  readonly maxCoolDownMs: number;
}

/** @source reference table A6: 3 incidents in 5 minutes; 30 s doubling to 30 min */
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
  const current = clampClock(breaker, nowMs, policy);
  switch (current.state) {
    case 'closed':
      return stepClosed(current, event, nowMs, policy, jitter);
    case 'open':
      return event === 'tick' && nowMs >= current.untilMs ? { state: 'halfOpen', openings: current.openings } : current;
    case 'halfOpen':
      if (event === 'settled') return closedBreaker;
      return event === 'incident' ? open(nowMs, current.openings + 1, policy, jitter) : current;
    default:
      return assertNever(current);
  }
}

function stepClosed(
  breaker: Extract<BreakerState, { state: 'closed' }>,
  event: BreakerEvent,
  nowMs: number,
  policy: BreakerPolicy,
  jitter: number,
): BreakerState {
  const recent = breaker.incidentsMs.filter((atMs) => atMs > nowMs - policy.windowMs);
  if (event !== 'incident')
    return recent.length === breaker.incidentsMs.length ? breaker : { state: 'closed', incidentsMs: recent };
  const incidentsMs = [...recent, nowMs];
  return incidentsMs.length >= policy.incidentLimit ? open(nowMs, 1, policy, jitter) : { state: 'closed', incidentsMs };
}

function open(nowMs: number, openings: number, policy: BreakerPolicy, jitter: number): BreakerState {
  const coolDownMs = Math.min(policy.coolDownMs * 2 ** (openings - 1), policy.maxCoolDownMs);
  const untilMs = nowMs + Math.round(Math.min(coolDownMs * (1 + jitter * 0.2), policy.maxCoolDownMs));
  return { state: 'open', sinceMs: nowMs, untilMs, openings };
}

// A clock that was set back must neither keep v1 for a year nor count incidents of the future.
function clampClock(breaker: BreakerState, nowMs: number, policy: BreakerPolicy): BreakerState {
  if (breaker.state === 'open' && (breaker.sinceMs > nowMs || breaker.untilMs > nowMs + policy.maxCoolDownMs)) {
    const untilMs = Math.min(breaker.untilMs, nowMs + policy.maxCoolDownMs);
    return { ...breaker, sinceMs: Math.min(breaker.sinceMs, nowMs), untilMs };
  }
  if (breaker.state === 'closed' && breaker.incidentsMs.some((atMs) => atMs > nowMs))
    return { state: 'closed', incidentsMs: breaker.incidentsMs.map((atMs) => Math.min(atMs, nowMs)) };
  return breaker;
}
