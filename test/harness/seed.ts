import fc from 'fast-check';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of all that is drawn at random; null: drawn anew in each run. */
    readonly seed: number | null;
  }
}

// A continuous run draws from the commit, so that it says the same of a commit each time; every commit draws something else.
const seed = inject('seed');
if (seed !== null) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
