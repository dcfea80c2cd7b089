import type { Mutation } from './mutations.js';

/** @throws unless `find` occurs exactly once: a mutation that hits nothing, or something else as well, proves nothing */
export function applyMutation(code: string, { file, find, replace }: Mutation): string {
  const parts = code.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, not once: ${find}`);
  return parts.join(replace);
}
