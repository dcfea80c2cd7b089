import type { FeatureKey } from '../features.js';
import { createCallHost } from './callHost.js';
import { createCallTally } from './callTally.js';
import { createOutcomes } from './outcomes.js';
import { createSafeCall, type SafeCall } from './createSafeCall.js';
import { checkSafelyOptions, type Callable, type SafelyOptions } from './safelyOptions.js';

/**
 * Puts one function behind two versions: v2 runs where it is decided for the caller; if it throws, rejects, takes too long or
 * answers what `validate` refuses, v1 answers and the failure is counted.
 * @returns a function with v1's exact type. Synchronous functions stay so; `this`, overloads, async iterables and the caller's
 *   AbortSignal are kept; what v1 throws reaches the caller untouched.
 * @throws SwitchbackError `invalid-option` for options that make no sense
 * @example const titleOf = safely('sessionTitle', { client, v1: oldTitle, v2: newTitle, validate: (title) => title !== '' })
 */
export function safely<F extends Callable>(feature: FeatureKey, options: SafelyOptions<F>): F {
  const { client, ...rest } = checkSafelyOptions(options);
  const host = createCallHost(client, feature);
  const records = { host, tally: createCallTally(host), outcomes: createOutcomes() };
  return likeV1(options.v1, createSafeCall({ ...rest, records, nowMs }));
}

export const nowMs = (): number => performance.now();

const ofEveryFunction = new Set<string | symbol>(['name', 'length', 'prototype', 'arguments', 'caller']);

/** Gives a wrapper the type, name and length of what it stands for, and what that carries besides. */
export function likeV1<F extends Callable>(v1: F, run: SafeCall): F {
  for (const name of ['name', 'length'] as const)
    Object.defineProperty(run, name, { value: v1[name], configurable: true });
  for (const name of Reflect.ownKeys(v1))
    if (!ofEveryFunction.has(name))
      Object.defineProperty(run, name, {
        get: () => Reflect.get(v1, name) as unknown,
        set(value) {
          Reflect.set(v1, name, value);
        },
        enumerable: true,
        configurable: true,
      });
  return run as Callable as F;
}
