import { showValue } from '../../error.js';
import type { SchemaIssue } from '../configSchema.js';
import { Problem } from './problem.js';

/** @throws Problem 422 that names each of them; none: nothing */
export function refuseIssues(issues: readonly SchemaIssue[]): void {
  if (issues.length === 0) return;
  const errors = issues.map(({ pointer, value, message }) => ({ pointer, value: showValue(value), message }));
  throw new Problem(
    'invalid-value',
    errors.map(({ pointer, message, value }) => `${pointer}: ${message}, found ${value}`).join('; '),
    { errors },
  );
}
