import type { SwitchbackClient } from '../client/switchbackClient.js';
import { refuseOption } from '../error.js';
import { inRange, isObject } from '../evaluate/kind.js';
import type { EvaluationContext } from '../evaluate/snapshot.js';
import { checkClient, type Callable, type CallEffect, type Counterpart } from './safelyOptions.js';
import type { Difference } from './sameValue.js';

/** How a version ended. */
export type Outcome<T> =
  | { readonly status: 'fulfilled'; readonly value: T }
  | { readonly status: 'rejected'; readonly error: unknown };

/** Two versions that did not do the same; what they gave is in it as `clean` left it, or not at all. */
export interface Mismatch {
  readonly feature: string;
  /** `answer`: both answered, differently. `v2-failed`, `v1-failed`: only the other one answered. `error`: both failed, differently. */
  readonly kind: 'answer' | 'v2-failed' | 'v1-failed' | 'error';
  readonly differences: readonly Difference[];
  readonly v1Ms: number;
  readonly v2Ms: number;
}

/** How v2 is run beside v1. @source the semantics of github/scientist 1.6 */
export interface ShadowOptions<F extends Callable> {
  /** Whose decisions choose the calls that are shadowed. */
  readonly client: SwitchbackClient;
  readonly v1: F;
  readonly v2: Counterpart<F>;
  /** The share of the calls of users on v2 that are shadowed, 0–1; default 1. */
  readonly sampling?: number | undefined;
  /** How many v2s may be under way at once, 1–1,000; default 10. Further calls are not shadowed. */
  readonly maxConcurrent?: number | undefined;
  /** How long a v2 is waited for, in ms: 1–600,000; default 10,000. Its AbortSignal, if any, is aborted then. */
  readonly timeoutMs?: number | undefined;
  /** Whether two answers are the same; default: they hold the same. */
  readonly compare?: ((v1: Awaited<ReturnType<F>>, v2: Awaited<ReturnType<F>>) => boolean) | undefined;
  /** Whether two errors are the same; default: their names and messages are. */
  readonly compareErrors?: ((v1: unknown, v2: unknown) => boolean) | undefined;
  /** Whether a mismatch is known and of no account. */
  readonly ignore?:
    | ((v1: Outcome<Awaited<ReturnType<F>>>, v2: Outcome<Awaited<ReturnType<F>>>, ...args: Parameters<F>) => boolean)
    | undefined;
  /** Makes of an answer what may be told: differences are then of that, with their values. Default: kinds and sizes alone. */
  readonly clean?: ((answer: Awaited<ReturnType<F>>) => unknown) | undefined;
  /** Hears of each mismatch that is not ignored. */
  readonly onMismatch?: ((mismatch: Mismatch) => void) | undefined;
  /** `v1First` (default), or at `random`: v2 begins before v1 in half of the calls. Should v2 be synchronous, v1 waits for it then. */
  readonly order?: 'v1First' | 'random' | undefined;
  /** `read` (default). `write` is refused unless `writesApart` says that v2 writes to a store of its own. */
  readonly effect?: CallEffect | undefined;
  /** v2 writes to a store of its own; default false. */
  readonly writesApart?: boolean | undefined;
  /** Copies the arguments for v2, where a caller may change them after the call; default: they are passed on. */
  readonly copyArgs?: ((args: Parameters<F>) => Parameters<F>) | undefined;
  /** Who a call is for, on a server that serves many; default: the client's own user. */
  readonly context?: ((...args: Parameters<F>) => EvaluationContext) | undefined;
  /** Returns 0–1, like `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const functions = [
  'compare',
  'compareErrors',
  'ignore',
  'clean',
  'onMismatch',
  'copyArgs',
  'context',
  'random',
] as const;
const ranges = { sampling: inRange(0, 1), maxConcurrent: inRange(1, 1_000), timeoutMs: inRange(1, 600_000) };

/** @throws SwitchbackError `invalid-option` */
export function checkShadowOptions(options: unknown): ShadowOptions<Callable> {
  if (!isObject(options)) return refuseOption('options', 'an object', options);
  checkClient(options['client']);
  for (const name of ['v1', 'v2'])
    if (typeof options[name] !== 'function') refuseOption(name, 'a function', options[name]);
  for (const name of functions)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      refuseOption(name, 'a function', options[name]);
  for (const [name, { accepts, expected }] of Object.entries(ranges))
    if (options[name] !== undefined && !accepts(options[name])) refuseOption(name, expected, options[name]);
  const { order = 'v1First', effect = 'read', writesApart = false } = options;
  if (order !== 'v1First' && order !== 'random') refuseOption('order', '"v1First" or "random"', order);
  if (effect !== 'read' && effect !== 'write') refuseOption('effect', '"read" or "write"', effect);
  if (effect === 'write' && writesApart !== true)
    refuseOption('writesApart', 'true where effect is "write": a shadowed v2 runs besides v1', writesApart);
  return options as Partial<ShadowOptions<Callable>> as ShadowOptions<Callable>;
}
