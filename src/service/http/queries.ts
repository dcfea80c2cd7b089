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

const unitMs: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** The length of a step, in ms; null when none is asked for. @throws Problem 422 */
export function readStepMs(query: URLSearchParams): number | null {
  const given = query.get('step');
  if (given === null) return null;
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
  const ms = Number(count) * (unitMs.get(unit) ?? 0);
  if (!(ms >= 10_000 && ms <= 86_400_000 && 86_400_000 % ms === 0 && ms % 10_000 === 0))
    throw refuseField(
      '/step',
      given,
      '10s to 1d, a whole number of tens of seconds that divides a day, such as 10s, 1m, 5m or 1h',
    );
  return ms;
}
