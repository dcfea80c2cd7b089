import { closedBreaker, step, type BreakerPolicy, type BreakerState } from '../guard/breaker.js';
import type { SafeStorage } from './storage.js';

/** The breakers of one build, from visit to visit and from tab to tab. */
export interface BreakerStore {
  /** Of which features anything is stored. */
  features(): readonly string[];
  /** What is stored, as it is; null: nothing is. */
  textOf(feature: string): string | null;
  /**
   * Reads a record and brings it up to now. Never throws.
   * @param isNews another tab wrote it just now: its times count from now, whatever that tab's clock says
   * @returns undefined for what is of another build, expired, of the far future or no record
   */
  read(text: string | null, nowMs: number, isNews: boolean): BreakerState | undefined;
  /** What to store of a breaker; null: a closed one without incidents needs no record. */
  textFor(breaker: BreakerState, nowMs: number): string | null;
  write(feature: string, text: string | null): void;
  /** Calls back with a feature's name when its record changed, here or elsewhere; null: any may have. */
  subscribe(listener: (feature: string | null) => void): () => void;
}

const prefix = 'switchback:breaker:';
const maxLength = 2_000;

/** @param build what is stored by another build counts for nothing */
export function createBreakerStore(storage: SafeStorage, build: string, policy: BreakerPolicy): BreakerStore {
  // Longer than any cool-down, so that the next one still knows how many there were.
  const lifetimeMs = policy.windowMs + policy.maxCoolDownMs;
  return {
    features: () => storage.keys().flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])),
    textOf: (feature) => storage.get(prefix + feature),
    read(text, nowMs, isNews) {
      if (text === null || text.length > maxLength) return undefined;
      try {
        const { schema, build: writtenBy, expiresMs, breaker } = Object(JSON.parse(text));
        if (schema !== 1 || writtenBy !== build || !Number.isFinite(expiresMs)) return undefined;
        const aheadMs = expiresMs - lifetimeMs - nowMs;
        if (!isNews && Math.abs(aheadMs) >= lifetimeMs) return undefined;
        const moved = readBreaker(breaker, isNews || aheadMs > 0 ? -aheadMs : 0, nowMs - lifetimeMs);
        return moved && step(moved, 'tick', nowMs, policy);
      } catch {
        return undefined;
      }
    },
    textFor: (breaker, nowMs) =>
      breaker.state === 'closed' && breaker.incidentsMs.length === 0
        ? null
        : JSON.stringify({ schema: 1, build, expiresMs: nowMs + lifetimeMs, breaker }),
    write(feature, text) {
      if (text === null) storage.remove(prefix + feature);
      else storage.set(prefix + feature, text);
    },
    subscribe: (listener) =>
      storage.subscribe((key) => {
        if (key === null) listener(null);
        else if (key.startsWith(prefix)) listener(key.slice(prefix.length));
      }),
  };
}

function readBreaker(value: unknown, shiftMs: number, earliestMs: number): BreakerState | undefined {
  const { state, incidentsMs, sinceMs, untilMs, openings } = Object(value);
  if (state === 'closed' && Array.isArray(incidentsMs) && incidentsMs.every(Number.isFinite))
    return incidentsMs.length > 0 ? { state, incidentsMs: incidentsMs.map((atMs) => atMs + shiftMs) } : closedBreaker;
  if (!Number.isSafeInteger(openings) || openings < 1) return undefined;
  if (state === 'halfOpen') return { state, openings };
  if (state !== 'open' || !Number.isFinite(sinceMs) || !Number.isFinite(untilMs)) return undefined;
  return { state, sinceMs: Math.max(sinceMs + shiftMs, earliestMs), untilMs: untilMs + shiftMs, openings };
}
