'use client';

import type { FeatureKey } from '../../features.js';
import { checkDelayMs, checkFailure, type Failure, type GivenDelays, type GivenFailures } from './failure.js';

/** What becomes of v2 of one feature. */
export interface Fault {
  /** Null: it works. */
  readonly failure: Failure | null;
  /** How long its code takes, in ms. */
  readonly delayMs: number;
}

/** Asked whenever v2 renders, commits or loads, so that it may change. */
export type FaultOf = (feature: string) => Fault;

/** What becomes of v2, by feature, checked. */
export interface Faults {
  readonly of: FaultOf;
  /** From now on; null: it works again. */
  fail(feature: string, failure: Failure | null): void;
  /** From now on. @param delayMs 0–600,000 */
  delay(feature: string, delayMs: number): void;
}

/**
 * Reads how v2 fails.
 * @param check throws for a feature that is not known
 * @throws SwitchbackError `invalid-option` for a wrong failure or delay, and whatever `check` throws
 */
export function createFaults(
  fail: GivenFailures | undefined,
  delayMs: GivenDelays | undefined,
  check: (feature: string, option: 'fail' | 'delayMs') => void,
): Faults {
  const failing = new Map<string, Failure>();
  const delays = new Map<string, number>();
  const delayOfAllMs = typeof delayMs === 'number' ? checkDelayMs('delayMs', delayMs) : 0;
  const faults: Faults = {
    of: (feature) => ({ failure: failing.get(feature) ?? null, delayMs: delays.get(feature) ?? delayOfAllMs }),
    fail(feature, failure) {
      check(feature, 'fail');
      if (failure === null) failing.delete(feature);
      else failing.set(feature, checkFailure(`fail.${feature}`, failure));
    },
    delay(feature, ms) {
      check(feature, 'delayMs');
      delays.set(feature, checkDelayMs(`delayMs.${feature}`, ms));
    },
  };
  for (const [feature, failure] of failuresIn(fail)) faults.fail(feature, failure ?? null);
  for (const [feature, ms] of typeof delayMs === 'number' ? [] : Object.entries<number | undefined>(delayMs ?? {}))
    faults.delay(feature, ms ?? 0);
  return faults;
}

const isList = (fail: GivenFailures): fail is readonly FeatureKey[] => Array.isArray(fail);

const failuresIn = (fail: GivenFailures = {}): readonly (readonly [string, Failure | undefined])[] =>
  isList(fail) ? fail.map((feature) => [feature, 'render'] as const) : Object.entries<Failure | undefined>(fail);
