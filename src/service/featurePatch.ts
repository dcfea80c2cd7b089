import { showValue } from '../error.js';
import { isFeatureKey } from '../evaluate/snapshot.js';
import { StoreError, type FeaturePatch, type StoredFeature, type TaggedUser } from './store.js';

/** How one field of a patch is checked, and which column takes it. */
interface Field {
  readonly column: string;
  readonly isGood: (value: unknown) => boolean;
  readonly wanted: string;
  /** The SQL type of the parameter; `jsonb` values are sent as JSON text. */
  readonly type: 'boolean' | 'numeric' | 'jsonb' | 'text[]' | 'timestamptz' | 'double precision' | 'text' | 'date';
}

const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
// PostgreSQL's text holds every character but this one.
const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const isTextUpTo = (length: number) => (value: unknown) => value === null || (isText(value) && value.length <= length);
const isNumberIn = (low: number, high: number) => (value: unknown) =>
  typeof value === 'number' && value >= low && value <= high;
const isHundredths = (value: unknown): boolean =>
  typeof value === 'number' && isNumberIn(0, 100)(value) && Math.abs(value * 100 - Math.round(value * 100)) < 1e-6;
const isListOf = (isGood: (value: unknown) => boolean, limit: number) => (value: unknown) =>
  Array.isArray(value) && value.length <= limit && value.every(isGood);
const isUser = (value: unknown): value is TaggedUser =>
  typeof value === 'object' &&
  value !== null &&
  'tag' in value &&
  typeof value.tag === 'string' &&
  /^[0-9a-f]{16}$/.test(value.tag) &&
  (!('label' in value) || value.label === undefined || (isText(value.label) && value.label.length <= 200));
const isTime = (value: unknown): boolean => {
  if (value === null) return true;
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return ms >= 0 && ms < Date.UTC(9999, 11, 31);
};
const isDate = (value: unknown): boolean => {
  if (value === null) return true;
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const ms = Date.parse(value);
  return ms >= 0 && new Date(ms).toISOString().startsWith(value);
};
const isConfig = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const text = JSON.stringify(value);
  return text.length <= 65_536 && !text.includes('\\u0000');
};

const users = 'up to 10,000 of { tag: 16 hex digits, label?: text }';
const time = 'a time as ISO 8601 between 1970 and 9999, or null';

const fields: Readonly<Record<keyof Required<FeaturePatch>, Field>> = {
  enabled: { column: 'enabled', isGood: isBoolean, wanted: 'true or false', type: 'boolean' },
  percentage: { column: 'percentage', isGood: isHundredths, wanted: '0 to 100 in steps of 0.01', type: 'numeric' },
  allow: { column: 'enabled_users', isGood: isListOf(isUser, 10_000), wanted: users, type: 'jsonb' },
  deny: { column: 'denied_users', isGood: isListOf(isUser, 10_000), wanted: users, type: 'jsonb' },
  regions: {
    column: 'regions',
    isGood: (value) => value === null || isListOf(isText, 500)(value),
    wanted: 'up to 500 names, or null',
    type: 'text[]',
  },
  from: { column: 'valid_from', isGood: isTime, wanted: time, type: 'timestamptz' },
  until: { column: 'valid_until', isGood: isTime, wanted: time, type: 'timestamptz' },
  requires: { column: 'requires', isGood: isListOf(isFeatureKey, 50), wanted: 'up to 50 feature keys', type: 'text[]' },
  config: { column: 'config', isGood: isConfig, wanted: 'an object of at most 64 KiB', type: 'jsonb' },
  configSchema: {
    column: 'config_schema',
    isGood: (value) => value === null || isConfig(value),
    wanted: 'an object of at most 64 KiB, or null',
    type: 'jsonb',
  },
  sampling: { column: 'sampling', isGood: isNumberIn(0, 1), wanted: '0 to 1', type: 'double precision' },
  logOnly: { column: 'log_only', isGood: isBoolean, wanted: 'true or false', type: 'boolean' },
  owner: { column: 'owner', isGood: isTextUpTo(200), wanted: 'at most 200 characters, or null', type: 'text' },
  description: {
    column: 'description',
    isGood: isTextUpTo(2_000),
    wanted: 'at most 2,000 characters, or null',
    type: 'text',
  },
  removeBy: { column: 'remove_by', isGood: isDate, wanted: 'a date as YYYY-MM-DD, or null', type: 'date' },
};

/** A patch as SQL: columns, their casts, and the parameters in the same order. */
export interface ColumnChange {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly values: readonly unknown[];
  /** The same as they were given, for a change that goes as JSON. */
  readonly given: readonly unknown[];
}

/**
 * Checks a patch and says it in columns.
 * @throws StoreError `invalid`, naming the field and showing the value
 */
export function toColumns(patch: FeaturePatch): ColumnChange {
  const columns: string[] = [];
  const types: string[] = [];
  const values: unknown[] = [];
  const given: unknown[] = [];
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (!isFieldName(name)) throw new StoreError('invalid', `unknown field ${showValue(name)}`, { field: `/${name}` });
    const { column, isGood, wanted, type } = fields[name];
    if (!isGood(value))
      throw new StoreError('invalid', `${name}: ${wanted}, found ${showValue(value)}`, { field: `/${name}` });
    columns.push(column);
    types.push(type);
    given.push(value);
    values.push(type === 'jsonb' && value !== null ? JSON.stringify(value) : value);
  }
  return { columns, types, values, given };
}

const isFieldName = (name: string): name is keyof typeof fields & keyof StoredFeature => Object.hasOwn(fields, name);
