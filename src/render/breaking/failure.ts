'use client';

import { refuseOption, showValue } from '../../error.js';
import type { FeatureKey } from '../../features.js';

/**
 * How v2 fails on purpose. `render`: it throws while rendering. `effect`: it throws in a layout effect. `load`: its code cannot
 * be imported. `hang`: its code never arrives, until the load's own timeout. The last two also for a v2 that is not lazy.
 */
export type Failure = 'render' | 'effect' | 'load' | 'hang';

/** Features whose v2 fails: a list (while rendering), or how, by feature. */
export type GivenFailures = readonly FeatureKey[] | { readonly [Key in FeatureKey]?: Failure | undefined };

/** How long v2's code takes to arrive, in ms up to 600,000: for all features, or by feature. */
export type GivenDelays = number | { readonly [Key in FeatureKey]?: number | undefined };

export const failures: readonly Failure[] = ['render', 'effect', 'load', 'hang'];

/** What v2 does, in words. */
export const failureNames: Readonly<Record<Failure, string>> = {
  render: 'throws while rendering',
  effect: 'throws in an effect',
  load: 'cannot be imported',
  hang: 'never arrives',
};

export const isFailure = (value: unknown): value is Failure => (failures as readonly unknown[]).includes(value);

/** The longest delay that a load's own timeout can be set to, in ms. */
export const maxDelayMs = 600_000;

export const isDelayMs = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= maxDelayMs;

/** @throws SwitchbackError `invalid-option` */
export function checkFailure(name: string, value: unknown): Failure {
  if (!isFailure(value)) refuseOption(name, failures.map(showValue).join(' or '), value);
  return value;
}

/** @throws SwitchbackError `invalid-option` */
export function checkDelayMs(name: string, value: unknown): number {
  if (!isDelayMs(value)) refuseOption(name, `ms, 0 to ${maxDelayMs}`, value);
  return value;
}

/** What v2 throws when somebody wants it to. */
export const thrownOnPurpose = (feature: string, failure: Failure): Error =>
  new Error(`v2 of ${feature} fails on purpose (fail: ${showValue(failure)})`);
