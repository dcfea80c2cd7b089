import type { SafeStorage } from './storage.js';

/** The localStorage key of the anonymous targeting key. */
export const anonymousStorageKey = 'switchback:anonymous';

/** Fills an array with random bytes. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;

const fillRandom: FillRandom = (bytes) => crypto.getRandomValues(bytes);

/** Draws 128 random bits as 32 lower-case hex digits. */
export function randomHex(fill: FillRandom = fillRandom): string {
  return Array.from(fill(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Names a user who is not signed in: random, and the same on every visit as long as the storage keeps it.
 * @returns 32 lower-case hex digits; a stored value that is anything else is replaced
 */
export function anonymousTargetingKey(storage: SafeStorage, fill?: FillRandom): string {
  const stored = storage.get(anonymousStorageKey);
  if (stored !== null && /^[0-9a-f]{32}$/.test(stored)) return stored;
  const drawn = randomHex(fill);
  storage.set(anonymousStorageKey, drawn);
  return drawn;
}
