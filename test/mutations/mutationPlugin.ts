// Serves one module of our source with one mutation in it; the work tree stays as it is.
import { resolve } from 'node:path';
import { applyMutation } from './applyMutation.js';
import { mutations } from './mutations.js';

/** Idle unless the environment variable SWITCHBACK_MUTATION holds the index of a mutation. */
export function mutationPlugin() {
  const index = process.env['SWITCHBACK_MUTATION'];
  const mutation = index === undefined ? undefined : mutations[Number(index)];
  if (index !== undefined && mutation === undefined) throw new Error(`there is no mutation ${index}`);
  const file = mutation && resolve(mutation.file);
  return {
    name: 'switchback:mutation',
    enforce: 'pre' as const,
    transform(code: string, id: string) {
      if (mutation === undefined || id.split('?')[0] !== file) return;
      return { code: applyMutation(code, mutation), map: null };
    },
  };
}
