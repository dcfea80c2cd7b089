import type { ServiceClock } from '../clock.js';

/** Counts what should not happen often, by address, in bounded memory. */
export interface Throttle {
  /**
   * Notes one failure.
   * @returns seconds to wait once there were too many, else null; `isFirst` when this is the one that passed the limit
   */
  fail(address: string): { readonly retryAfterS: number; readonly isFirst: boolean } | null;
}

export interface ThrottleOptions {
  readonly clock: ServiceClock;
  /** Failures that are let pass in a window; default 10. */
  readonly maxFailures?: number;
  /** Default 60,000. */
  readonly windowMs?: number;
  /** Addresses remembered; those not heard of for longest are forgotten. Default 1,000. */
  readonly maxAddresses?: number;
}

/** Counts failures by address in windows that begin with the first one. */
export function createThrottle(options: ThrottleOptions): Throttle {
  const { clock, maxFailures = 10, windowMs = 60_000, maxAddresses = 1_000 } = options;
  const seen = new Map<string, { count: number; readonly sinceMs: number }>();

  return {
    fail(address) {
      const nowMs = clock.now();
      const key = networkOf(address);
      const known = seen.get(key);
      // A clock that was set back must not hold anybody for longer than a window.
      const isCurrent = known !== undefined && nowMs >= known.sinceMs && nowMs - known.sinceMs < windowMs;
      const entry = isCurrent ? known : { count: 0, sinceMs: nowMs };
      entry.count += 1;
      seen.delete(key);
      seen.set(key, entry);
      for (const oldest of seen.keys()) {
        if (seen.size <= maxAddresses) break;
        seen.delete(oldest);
      }
      if (entry.count <= maxFailures) return null;
      const retryAfterS = Math.max(1, Math.ceil((entry.sinceMs + windowMs - nowMs) / 1_000));
      return { retryAfterS, isFirst: entry.count === maxFailures + 1 };
    },
  };
}

/** Whoever has one IPv6 address usually has 2^64 of them: the first four groups stand for all. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').slice(0, 64);
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
