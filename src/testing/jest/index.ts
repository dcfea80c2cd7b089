/**
 * Matchers for Jest, with their types.
 * @module
 */

import type { SwitchbackMatchers } from '../switchbackMatchers.js';

export { switchbackMatchers } from '../switchbackMatchers.js';
export type { Matched, SwitchbackMatchers } from '../switchbackMatchers.js';

declare global {
  namespace jest {
    // oxlint-disable-next-line typescript/no-empty-object-type, no-unused-vars -- an interface that is merged repeats its parameters
    interface Matchers<R, T = {}> extends SwitchbackMatchers<R> {}
  }
}
