import type { SwitchbackClient } from '../client/switchbackClient.js';
import { refuseOption } from '../error.js';
import type { EvaluationContext } from '../evaluate/snapshot.js';
import { inRange, isObject } from '../evaluate/kind.js';

/** Any function, with any `this`. */
export type Callable = (this: never, ...args: never[]) => unknown;

/** A function that may stand for another: it takes and gives the same. */
export type Counterpart<F extends Callable> = (this: ThisParameterType<F>, ...args: Parameters<F>) => ReturnType<F>;

/** What a call does to the world. */
export type CallEffect = 'read' | 'write';

/** How one function is put behind two versions. */
export interface CallOptions<F extends Callable> {
  /**
   * Whether v2's answer may be given to the caller; text says what is wrong with it. Asynchronous functions may be validated
   * asynchronously. What it throws counts as a refusal and is told to `onInternalFault`.
   */
  readonly validate?:
    | ((answer: Awaited<ReturnType<F>>, ...args: Parameters<F>) => boolean | string | Promise<boolean | string>)
    | undefined;
  /**
   * How long v2 may take, in ms: 1–600,000; default: as long as it likes. Asynchronous functions only; for an async iterable, the
   * wait for each item. An AbortSignal among the arguments, or as `signal` in one of them, is aborted for v2 when time is up.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * `read` (default): a failed v2 is followed by v1. `write`: only when v2 failed before it did anything, or with
   * `idempotencyKey`; otherwise the caller gets v2's error, since nothing is written twice behind its back.
   */
  readonly effect?: CallEffect | undefined;
  /** Says that an error of v2 came before its effect. Besides, every `NotApplied` does. Writes only. */
  readonly failedBeforeEffect?: ((error: unknown) => boolean) | undefined;
  /** The key by which both stores know a write again, so that v1 may repeat it; empty: there is none. Writes only. */
  readonly idempotencyKey?: ((...args: Parameters<F>) => string) | undefined;
}

/** The two functions, and whose decision chooses. */
export interface SafelyOptions<F extends Callable> extends CallOptions<F> {
  /** Whose decisions choose. */
  readonly client: SwitchbackClient;
  readonly v1: F;
  readonly v2: Counterpart<F>;
  /** Who a call is for, on a server that serves many; default: the client's own user. Should it throw, v1 runs. */
  readonly context?: ((...args: Parameters<F>) => EvaluationContext) | undefined;
}

/** Throw it in a v2 that writes, when nothing was written: v1 may then do it. */
export class NotApplied extends Error {
  override readonly name = 'NotApplied';
}

type UncheckedOptions = { readonly [Name in keyof CallOptions<Callable>]?: unknown };

const isFunction = (value: unknown): boolean => typeof value === 'function';
const duration = inRange(1, 600_000);

/** @throws SwitchbackError `invalid-option` */
export function checkSafelyOptions(options: unknown): SafelyOptions<Callable> {
  if (!isObject(options)) return refuseOption('options', 'an object', options);
  checkClient(options['client']);
  for (const name of ['v1', 'v2']) if (!isFunction(options[name])) refuseOption(name, 'a function', options[name]);
  if (options['context'] !== undefined && !isFunction(options['context']))
    refuseOption('context', 'a function', options['context']);
  checkCallOptions(options, '');
  return options as Partial<SafelyOptions<Callable>> as SafelyOptions<Callable>;
}

/** @throws SwitchbackError `invalid-option` */
export function checkClient(client: unknown): void {
  if (!isFunction(Object(client).getDecision)) refuseOption('client', 'from createSwitchback', client);
}

/** @throws SwitchbackError `invalid-option` */
export function checkCallOptions(options: UncheckedOptions, prefix: string): void {
  if (!isObject(options)) refuseOption(prefix || 'options', 'an object', options);
  const { timeoutMs, effect } = options;
  for (const name of ['validate', 'failedBeforeEffect', 'idempotencyKey'] as const)
    if (options[name] !== undefined && !isFunction(options[name]))
      refuseOption(`${prefix}${name}`, 'a function', options[name]);
  if (timeoutMs !== undefined && !duration.accepts(timeoutMs))
    refuseOption(`${prefix}timeoutMs`, duration.expected, timeoutMs);
  if (effect !== undefined && effect !== 'read' && effect !== 'write')
    refuseOption(`${prefix}effect`, '"read" or "write"', effect);
  for (const name of ['failedBeforeEffect', 'idempotencyKey'] as const)
    if (effect !== 'write' && options[name] !== undefined)
      refuseOption(`${prefix}${name}`, 'absent where effect is not "write"', options[name]);
}
