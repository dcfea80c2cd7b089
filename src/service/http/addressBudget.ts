import type { ServiceClock } from '../clock.js';
import { Problem } from './problem.js';
import type { Route } from './router.js';
import { networkOf } from './throttle.js';

/** What each address may still ask for, in bounded memory. */
export interface AddressBudget {
  /**
   * Takes from what an address has left; what is refused takes nothing.
   * @param weight counted as the whole budget where it is more
   * @throws Problem 429 with Retry-After
   */
  spend(address: string, weight?: number): void;
}

export interface AddressBudgetOptions {
  readonly clock: ServiceClock;
  /** At once, and refilled evenly within 10 s. */
  readonly perTenSeconds: number;
  /** What is counted, and the setting that raises it; for whoever is refused. */
  readonly what: string;
  /** Addresses remembered; those not heard of for longest are forgotten. Default 10,000. */
  readonly maxAddresses?: number;
}

const windowMs = 10_000;

/** A bucket of tokens for each address, or IPv6 network of 64 bits. */
export function createAddressBudget(options: AddressBudgetOptions): AddressBudget {
  const { clock, perTenSeconds, what, maxAddresses = 10_000 } = options;
  const left = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  return {
    spend(address, weight = 1) {
      const nowMs = clock.now();
      const key = networkOf(address);
      const known = left.get(key) ?? { tokens: perTenSeconds, atMs: nowMs };
      // A clock that was set back refills nothing, and takes nothing away.
      const elapsedMs = Math.max(0, nowMs - known.atMs);
      const tokens = Math.min(perTenSeconds, known.tokens + (elapsedMs * perTenSeconds) / windowMs);
      const cost = Math.min(weight, perTenSeconds);
      const isEnough = tokens >= cost;
      left.delete(key);
      left.set(key, { tokens: isEnough ? tokens - cost : tokens, atMs: nowMs });
      for (const oldest of left.keys()) {
        if (left.size <= maxAddresses) break;
        left.delete(oldest);
      }
      if (isEnough) return;
      const retryAfterS = Math.max(1, Math.ceil(((cost - tokens) * windowMs) / perTenSeconds / 1_000));
      throw new Problem('too-many-requests', `too many ${what} from this address; wait ${retryAfterS} s`, {
        headers: { 'retry-after': String(retryAfterS) },
      });
    },
  };
}

/** The same route, as often as an address may. Before the body is read, so that a refusal costs next to nothing. */
export const limitRoute = (route: Route, budget: AddressBudget): Route => ({
  ...route,
  run(call) {
    budget.spend(call.address);
    return route.run(call);
  },
});
