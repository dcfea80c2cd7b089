import { refuseOption } from '../error.js';
import { isTimingName } from '../observe/observe.js';
import type { Observed } from './episode.js';

/**
 * A duration of the host's own; undefined for a value that is none, such as NaN.
 * @throws SwitchbackError `invalid-option` for a bad name
 */
export function timingOf(name: string, valueMs: number): Observed | undefined {
  if (!isTimingName(name)) refuseOption('a measure', 'named such as "searchMs", letters and digits', name);
  return valueMs >= 0 && valueMs < Infinity ? { kind: 'timing', name, valueMs } : undefined;
}
