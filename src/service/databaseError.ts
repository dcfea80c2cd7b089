import { StoreError } from './store.js';

/** SQLSTATE of a database error or `code` of a socket error; null when there is none. */
export function sqlStateOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

const constraintOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : null;

/** Which field a CHECK of `feature_flags` speaks of, as JSON pointer, and what it asks for. */
const checks: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['feature_is_key', ['/feature', 'a letter, then up to 63 letters, digits, "_", "." or "-"']],
  ['percentage_in_range', ['/percentage', '0 to 100']],
  ['enabled_users_are_tags', ['/allow', 'up to 10,000 of { tag: 16 hex digits, label?: text }']],
  ['denied_users_are_tags', ['/deny', 'up to 10,000 of { tag: 16 hex digits, label?: text }']],
  ['regions_bounded', ['/regions', 'up to 500 names, or null']],
  ['valid_from_finite', ['/from', 'a time between 1970 and 9999, or null']],
  ['valid_until_finite', ['/until', 'a time between 1970 and 9999, or null']],
  ['valid_window', ['/until', 'later than from']],
  ['requires_bounded', ['/requires', 'up to 50 features']],
  ['config_is_object', ['/config', 'an object of at most 64 KiB']],
  ['config_schema_is_object', ['/configSchema', 'an object of at most 64 KiB, or null']],
  ['sampling_in_range', ['/sampling', '0 to 1']],
  ['owner_bounded', ['/owner', 'at most 200 characters']],
  ['description_bounded', ['/description', 'at most 2,000 characters']],
  ['remove_by_finite', ['/removeBy', 'a date as YYYY-MM-DD']],
]);

/** Says a database or socket error in the store's words: bad values are `invalid`, everything unforeseen is `unavailable`. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const state = sqlStateOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (state === '23514') {
    const [field, wanted] = checks.get(constraintOf(error) ?? '') ?? [undefined, message];
    return new StoreError('invalid', field === undefined ? message : `${field.slice(1)}: ${wanted}`, {
      cause: error,
      ...(field === undefined ? {} : { field }),
    });
  }
  // 55006: refused by a plan that runs.
  if (state === '23505' || state === '55006') return new StoreError('conflict', message, { cause: error });
  if (state !== null && /^(22|23)/.test(state)) return new StoreError('invalid', message, { cause: error });
  // 53…: no disk, no memory, no connection left.
  if (state !== null && /^(42501|53)/.test(state))
    return new StoreError('unavailable', `the database refuses this: ${message}`, { cause: error });
  return new StoreError('unavailable', `the database did not answer: ${message || state || 'unknown error'}`, {
    cause: error,
  });
}
