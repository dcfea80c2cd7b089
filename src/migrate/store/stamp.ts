import { crc32 } from '../../client/reporter/crc32.js';
import { SwitchbackError, showValue } from '../../error.js';
import type { Stamp } from './recordStore.js';

/**
 * CRC-32 of a value as JSON whose names are sorted, 8 hex digits: equal for values that say the same.
 * @throws SwitchbackError `invalid-option` for a value that JSON cannot hold: a circle, a bigint, a function
 */
export function checksumOf(value: unknown): string {
  return crc32(new TextEncoder().encode(canonicalJson(value)));
}

function canonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, (_, held: unknown) => {
      if (typeof held === 'function' || typeof held === 'symbol') throw new TypeError(`a ${typeof held}`);
      if (typeof held !== 'object' || held === null || Array.isArray(held)) return held;
      return Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)));
    });
  } catch (cause) {
    throw new SwitchbackError('invalid-option', `a record must be JSON, found ${showValue(value)}`, { cause });
  }
  if (text === undefined)
    throw new SwitchbackError('invalid-option', `a record must be JSON, found ${showValue(value)}`);
  return text;
}

/** Gives sequence numbers: of the time, so that they grow over restarts, and always greater than the last. */
export function createSequence(nowMs: () => number): { next(atLeast?: number): number } {
  let last = 0;
  return {
    next(atLeast = 0) {
      last = Math.max(last + 1, atLeast + 1, Math.floor(nowMs()) * 1_000);
      return last;
    },
  };
}

export const stampOf = (value: unknown, sequence: number): Stamp => ({ sequence, checksum: checksumOf(value) });
