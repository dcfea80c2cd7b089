import { refuseOption } from '../../error.js';
import { inRange, isObject } from '../../evaluate/kind.js';
import { isFeatureKey } from '../../evaluate/snapshot.js';
import { systemClock, type Clock } from '../clock.js';
import type { FlagKeys } from './foreignAnswer.js';
import { onPageWake, type OnWake } from './onWake.js';
import { globalFetch, readServiceUrl, type Fetch } from './serviceUrl.js';

/** What sources that stand on another engine have in common. */
export interface ForeignSourceOptions {
  readonly url: string;
  /**
   * Which flag of the engine stands for which feature, such as `{ memoryPanel: 'web.memory-panel' }`; others are not read. Default:
   * flags are called as features are.
   */
  readonly flagKeys?: FlagKeys | undefined;
  /** ms between two polls, ± 20 %; 1,000 to 3,600,000, default 15,000: with it v1 is back within 30 s whatever becomes of a stream. */
  readonly pollMs?: number | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** Draws from [0, 1). */
  readonly random?: (() => number) | undefined;
  /** Default: the page becomes visible or online. */
  readonly onWake?: OnWake | undefined;
}

const pollRange = inRange(1_000, 3_600_000);

/** Checks them and fills in defaults. @throws SwitchbackError `invalid-option` */
export function readForeignOptions(options: ForeignSourceOptions) {
  const { flagKeys, pollMs = 15_000, fetch = globalFetch, clock = systemClock, random = Math.random } = options;
  if (!pollRange.accepts(pollMs)) refuseOption('pollMs', pollRange.expected, pollMs);
  if (flagKeys !== undefined && !isObject(flagKeys)) refuseOption('flagKeys', 'an object', flagKeys);
  for (const [feature, flag] of Object.entries(flagKeys ?? {})) {
    if (!isFeatureKey(feature)) refuseOption('flagKeys', 'named by features', feature);
    if (typeof flag !== 'string' || flag === '') refuseOption(`flagKeys.${feature}`, 'the name of a flag', flag);
  }
  const { onWake = onPageWake } = options;
  return { url: readServiceUrl(options.url), flagKeys, pollMs, fetch, clock, random, onWake };
}
