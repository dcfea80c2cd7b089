import type { Service } from './service.js';

/** Of what pages counted in the last hour, how much arrived. */
export interface DeliveryRate {
  /** 0–1; null while nothing was counted. */
  readonly rate: number | null;
  readonly senders: number;
  readonly received: number;
  readonly dropped: number;
  readonly missing: number;
}

const overMs = 3_600_000;
const freshMs = 5_000;

/**
 * Reads the rate in the background, at most every 5 s: health answers at once, and anyone may ask for it.
 * @returns what is known; null before anything was read, and when it could not be read for a minute
 */
export function createDeliveryRate({ store, clock }: Pick<Service, 'store' | 'clock'>): () => DeliveryRate | null {
  let known: { readonly rate: DeliveryRate; readonly atMs: number } | null = null;
  let askedAtMs = -Infinity;

  const refresh = async (): Promise<void> => {
    try {
      const { senders, received, dropped, missing } = await store.readDelivery(clock.now() - overMs);
      const all = received + dropped + missing;
      const rate = all === 0 ? null : received / all;
      known = { rate: { rate, senders, received, dropped, missing }, atMs: clock.now() };
    } catch {
      // That the database is away is said elsewhere.
    }
  };

  return () => {
    const nowMs = clock.now();
    if (Math.abs(nowMs - askedAtMs) >= freshMs) {
      askedAtMs = nowMs;
      void refresh();
    }
    return known !== null && Math.abs(nowMs - known.atMs) <= 60_000 ? known.rate : null;
  };
}
