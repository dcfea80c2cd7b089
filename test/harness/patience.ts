import { expect, inject, vi } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** How long `vi.waitFor`, `vi.waitUntil` and `expect.poll` wait unless told. */
    readonly patienceMs: number;
  }
}

// What a test waits for comes at once, unless the machine has other things to do: the runner's own second is too short for that.
const timeout = inject('patienceMs');
const { waitFor, waitUntil } = vi;
const withPatience = <Options extends object>(options: number | Options = {} as Options) =>
  typeof options === 'number' ? options : { timeout, ...options };
vi.waitFor = (callback, options) => waitFor(callback, withPatience(options));
vi.waitUntil = (callback, options) => waitUntil(callback, withPatience(options));

const { poll } = expect;
expect.poll = (actual, options) => poll(actual, { timeout, ...options });
