import { isFeatureKey } from '../../evaluate/snapshot.js';
import { refuseField } from './problem.js';

/** The feature that a list is asked for; undefined when absent. @throws Problem 422 */
export function readFeatureQuery(query: URLSearchParams): string | undefined {
  const given = query.get('feature');
  if (given === null) return undefined;
  if (!isFeatureKey(given)) throw refuseField('/feature', given, 'a feature key');
  return given;
}

/** How many entries a list may have: 1–1,000, default 100. @throws Problem 422 */
export function readLimit(query: URLSearchParams): number {
  const given = query.get('limit');
  if (given === null) return 100;
  const limit = Number(given);
  if (!/^\d+$/.test(given) || limit < 1 || limit > 1_000) throw refuseField('/limit', given, '1 to 1000');
  return limit;
}

/** A whole number from the query; undefined when absent. @throws Problem 422 */
export function readCount(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name);
  if (given === null) return undefined;
  if (!/^\d{1,15}$/.test(given)) throw refuseField(`/${name}`, given, 'a whole number');
  return Number(given);
}

/** A time from the query, as ms since 1970 or ISO 8601. @throws Problem 422 */
export function readTimeMs(query: URLSearchParams, name: string, fallbackMs: number): number {
  const given = query.get(name);
  if (given === null) return fallbackMs;
  const ms = /^\d{1,15}$/.test(given) ? Number(given) : Date.parse(given);
  if (Number.isNaN(ms)) throw refuseField(`/${name}`, given, 'ms since 1970 or an ISO 8601 time');
  return ms;
}
