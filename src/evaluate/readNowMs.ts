import { isObject } from './kind.js';
import { isCount } from './snapshot.js';

/**
 * The time a server decided at: a snapshot in a page carries it as `now`, so that the browser's clock, which may be wrong or
 * later, takes no part in what is hydrated.
 * @param value anything, such as a snapshot as JSON
 * @returns ms since 1970; undefined where there is none; never throws
 */
export function readNowMs(value: unknown): number | undefined {
  try {
    return isObject(value) && Object.hasOwn(value, 'now') && isCount(value.now) ? value.now : undefined;
  } catch {
    return undefined; // an object of the host's whose getters throw
  }
}
