import { refuseOption, showValue, SwitchbackError } from '../error.js';
import type { FeatureKey } from '../features.js';

/**
 * How v2 fails in a test. `render`: it throws while rendering. `effect`: it throws in a layout effect. `load`: its code cannot
 * be imported. `hang`: its code never arrives, until the load's own timeout. Both also for a v2 that is not lazy.
 */
export type TestFailure = 'render' | 'effect' | 'load' | 'hang';

/** Features whose v2 fails: a list (while rendering), or how, by feature. */
export type TestFailures = readonly FeatureKey[] | { readonly [Key in FeatureKey]?: TestFailure | undefined };

/** How long v2's code takes to arrive, in ms: for all features, or by feature. */
export type TestDelays = number | { readonly [Key in FeatureKey]?: number | undefined };

const kinds: readonly unknown[] = ['render', 'effect', 'load', 'hang'];

/** What becomes of v2, by feature, checked. */
export interface Faults {
  failureOf(feature: string): TestFailure | undefined;
  delayMsOf(feature: string): number;
  /** From now on; null: it works again. */
  fail(feature: string, failure: TestFailure | null): void;
}

/** @throws SwitchbackError `invalid-option` for a wrong failure or delay, `invalid-feature` for a feature that is not `known` */
export function createFaults(
  fail: TestFailures | undefined,
  delayMs: TestDelays | undefined,
  known: (feature: string) => void,
): Faults {
  const failures = new Map<string, TestFailure>();
  const delays = new Map<string, number>();
  const faults: Faults = {
    failureOf: (feature) => failures.get(feature),
    delayMsOf: (feature) => delays.get(feature) ?? (typeof delayMs === 'number' ? delayMs : 0),
    fail(feature, failure) {
      known(feature);
      if (failure === null) return void failures.delete(feature);
      if (!kinds.includes(failure)) refuseOption(`fail.${feature}`, kinds.map(showValue).join(' or '), failure);
      failures.set(feature, failure);
    },
  };
  for (const [feature, failure] of entriesOf(fail, 'render')) if (failure !== undefined) faults.fail(feature, failure);
  for (const [feature, delay] of typeof delayMs === 'number' ? [] : Object.entries<number | undefined>(delayMs ?? {})) {
    known(feature);
    if (delay !== undefined) delays.set(feature, checkDelay(`delayMs.${feature}`, delay));
  }
  if (typeof delayMs === 'number') checkDelay('delayMs', delayMs);
  return faults;
}

type FailureEntries = readonly (readonly [string, TestFailure | undefined])[];

const isList = (fail: TestFailures): fail is readonly FeatureKey[] => Array.isArray(fail);

const entriesOf = (fail: TestFailures = {}, listed: TestFailure): FailureEntries =>
  isList(fail) ? fail.map((feature) => [feature, listed]) : Object.entries<TestFailure | undefined>(fail);

function checkDelay(name: string, delayMs: number): number {
  if (!(delayMs >= 0 && delayMs <= 600_000)) refuseOption(name, 'ms, 0 to 600000', delayMs);
  return delayMs;
}

/** What v2 throws when a test wants it to. */
export const thrownOnPurpose = (feature: string, failure: TestFailure): Error =>
  new Error(`v2 of ${feature} fails on purpose (fail: ${showValue(failure)})`);

/** @throws SwitchbackError `invalid-feature`, with the list of those that are known */
export function refuseUnknown(feature: string, known: Iterable<string>): never {
  const names = [...known].sort().join(', ');
  throw new SwitchbackError(
    'invalid-feature',
    `unknown feature ${showValue(feature)}; this test knows ${names === '' ? 'none' : names}`,
  );
}
