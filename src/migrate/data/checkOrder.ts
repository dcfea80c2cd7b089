import { showValue, SwitchbackError } from '../../error.js';
import { isText } from '../../evaluate/kind.js';
import type { DataRecord } from './dataMigrationOptions.js';

/**
 * Holds a page of records to what was asked for.
 * @throws SwitchbackError `invalid-option`
 */
export function checkOrder(batch: readonly DataRecord<unknown>[], after: string | undefined, limit: number): void {
  if (!Array.isArray(batch))
    throw new SwitchbackError('invalid-option', `read must give a list, found ${showValue(batch)}`);
  if (batch.length > limit)
    throw new SwitchbackError(
      'invalid-option',
      `read gave ${batch.length} records where at most ${limit} were asked for`,
    );
  let last = after;
  for (const { key } of batch) {
    if (!isText(key))
      throw new SwitchbackError('invalid-option', `a record's key must be text, found ${showValue(key)}`);
    if (last !== undefined && key <= last)
      throw new SwitchbackError(
        'invalid-option',
        `read must give records in the order of their keys, found ${showValue(key)} after ${showValue(last)}`,
      );
    last = key;
  }
}
