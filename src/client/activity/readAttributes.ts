import type { ActivityAttributes } from './activityEvent.js';

const maxAttributes = 10;
const maxTextLength = 100;
const keyPattern = /^[a-zA-Z][a-zA-Z0-9_.-]{0,31}$/;

/**
 * Takes what may be kept of a host's attributes: at most 10, plain values only, text cut at 100 characters. Whatever else is in
 * them, such as objects, getters that throw and keys of every object, is left out.
 */
export function readAttributes(given: unknown): ActivityAttributes {
  const kept: [string, string | number | boolean][] = [];
  for (const key of keysOf(given)) {
    if (kept.length >= maxAttributes) break;
    const value = keyPattern.test(key) ? valueOf(given, key) : undefined;
    if (typeof value === 'string') kept.push([key, value.slice(0, maxTextLength)]);
    else if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
      kept.push([key, value]);
  }
  return Object.freeze(Object.fromEntries(kept));
}

function keysOf(given: unknown): readonly string[] {
  try {
    return typeof given === 'object' && given !== null ? Object.keys(given) : [];
  } catch {
    return [];
  }
}

function valueOf(given: unknown, key: string): unknown {
  try {
    return (given as Readonly<Record<string, unknown>>)[key];
  } catch {
    return undefined;
  }
}
