import { Problem, unavailable } from './problem.js';
import { networkOf } from './throttle.js';

export interface StreamSlotOptions {
  readonly maxStreams: number;
  readonly maxStreamsPerAddress: number;
  /** 0–1. */
  readonly random: () => number;
}

/** Who holds how many live streams. */
export interface StreamSlots {
  /**
   * Takes a slot. @returns what gives it back; safe to call twice
   * @throws Problem 503 when all are taken, 429 when this address has its share; both with Retry-After
   */
  take(address: string): () => void;
}

/** Bounds live streams, all together and by address. */
export function createStreamSlots({ maxStreams, maxStreamsPerAddress, random }: StreamSlotOptions): StreamSlots {
  const byAddress = new Map<string, number>();
  let total = 0;
  // Spread, so that those who were refused do not come back together.
  const retryAfterS = (): number => 5 + Math.floor(random() * 25);

  return {
    take(address) {
      if (total >= maxStreams) throw unavailable(`${maxStreams} streams are open; poll instead`, retryAfterS());
      const key = networkOf(address);
      const held = byAddress.get(key) ?? 0;
      if (held >= maxStreamsPerAddress)
        throw new Problem(
          'too-many-requests',
          `${maxStreamsPerAddress} streams are open from this address; poll instead (behind a proxy: --trust-proxy, or --max-streams-per-address)`,
          { headers: { 'retry-after': String(retryAfterS()) } },
        );
      total += 1;
      byAddress.set(key, held + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        total -= 1;
        const left = (byAddress.get(key) ?? 1) - 1;
        if (left > 0) byAddress.set(key, left);
        else byAddress.delete(key);
      };
    },
  };
}
