import * as v from 'valibot';
import { showValue } from '../../error.js';
import { Problem, type FieldError } from './problem.js';
import { findSecretText } from './secretText.js';

/** What valibot found, as field errors; at most 20. */
export function fieldErrors(issues: readonly v.BaseIssue<unknown>[], prefix = ''): readonly FieldError[] {
  return issues.slice(0, 20).map((issue) => ({
    pointer: prefix + (issue.path ?? []).map(({ key }) => `/${escapePointer(String(key))}`).join(''),
    value: showValue(issue.input),
    message: issue.message,
  }));
}

const escapePointer = (key: string): string => key.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Reads an object with these fields and no others.
 * @throws Problem 422, naming every field that is wrong or unknown, or one that holds a token of ours
 */
export function parseFields<const Entries extends v.ObjectEntries>(
  entries: Entries,
  value: unknown,
): v.InferOutput<v.ObjectSchema<Entries, undefined>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid([{ pointer: '', value: showValue(value), message: 'a JSON object' }]);
  const secretAt = findSecretText(value);
  if (secretAt !== null) throw invalid([{ pointer: secretAt, value: '…', message: 'no token: it would be kept' }]);
  const known = Object.keys(entries);
  // Own keys only, on both sides: `constructor` and `__proto__` are unknown fields like any other.
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(entries, key));
  const errors: FieldError[] = unknown.slice(0, 20).map((key) => ({
    pointer: `/${escapePointer(key)}`,
    value: showValue((value as Record<string, unknown>)[key]),
    message: `unknown field (known: ${known.join(', ')})`,
  }));
  const result = v.safeParse(v.object(entries), value);
  if (!result.success) errors.push(...fieldErrors(result.issues));
  if (errors.length > 0 || !result.success) throw invalid(errors);
  return result.output;
}

const invalid = (errors: readonly FieldError[]): Problem =>
  new Problem(
    'invalid-value',
    errors.map(({ pointer, message, value }) => `${pointer || 'body'}: ${message}, found ${value}`).join('; '),
    { errors },
  );
