import { refuseOption } from '../error.js';

/**
 * How v2 fails in a story. `render`: it throws while rendering. `effect`: it throws in a layout effect. `load`: its code cannot
 * be imported. `hang`: its code never arrives, until the load's own timeout. The last two also for a v2 that is not lazy.
 */
export type Failure = 'render' | 'effect' | 'load' | 'hang';

export const failures: readonly Failure[] = ['render', 'effect', 'load', 'hang'];

export const isFailure = (value: unknown): value is Failure => (failures as readonly unknown[]).includes(value);

/** The longest delay that a load's own timeout can be set to, in ms. */
export const maxDelayMs = 600_000;

export const isDelayMs = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= maxDelayMs;

export const isPercentage = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= 100;

/** What v2 throws when a story wants it to. */
export const thrownOnPurpose = (feature: string, failure: Failure): Error =>
  new Error(`v2 of ${feature} fails on purpose (${failure})`);

/** @throws SwitchbackError `invalid-option` */
export function checkFailure(name: string, value: unknown): Failure {
  if (!isFailure(value)) refuseOption(name, failures.join(', '), value);
  return value;
}

/** @throws SwitchbackError `invalid-option` */
export function checkDelayMs(name: string, value: unknown): number {
  if (!isDelayMs(value)) refuseOption(name, `ms, 0 to ${maxDelayMs}`, value);
  return value;
}
