/**
 * Matchers for Vitest, with their types.
 * @module
 */

// Found first, to be added to.
import type {} from 'vitest';
import type { SwitchbackMatchers } from '../switchbackMatchers.js';

export { switchbackMatchers } from '../switchbackMatchers.js';
export type { Matched, SwitchbackMatchers } from '../switchbackMatchers.js';

declare module 'vitest' {
  // oxlint-disable-next-line no-unused-vars -- an interface that is merged repeats its parameters
  interface Matchers<
    R extends void | Promise<void> = void | Promise<void>,
    T = unknown,
  > extends SwitchbackMatchers<R> {}
}
