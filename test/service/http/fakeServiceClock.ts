import type { ServiceClock } from '../../../src/service/clock.js';

/** A clock that stands until it is moved; nothing that is to happen later happens. */
export function createFakeServiceClock(nowMs = 1_795_244_451_480): ServiceClock & { nowMs: number } {
  const clock = { nowMs, now: () => clock.nowMs, after: () => () => {} };
  return clock;
}
