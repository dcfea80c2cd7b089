import { isObject } from '../evaluate/kind.js';

const isSignal = (value: unknown): value is AbortSignal =>
  typeof AbortSignal !== 'undefined' && value instanceof AbortSignal;

/** The signals a caller passed: as arguments, or as `signal` of one. */
function signalsIn(args: readonly unknown[]): readonly AbortSignal[] {
  const found: AbortSignal[] = [];
  for (const arg of args) {
    if (typeof arg !== 'object' || arg === null) continue;
    if (isSignal(arg)) found.push(arg);
    else if (isObject(arg) && Object.hasOwn(arg, 'signal') && isSignal(arg['signal'])) found.push(arg['signal']);
  }
  return found;
}

/** Whether it was the caller who ended the call: that is no failure, and nobody is asked again. */
export const isAborted = (args: readonly unknown[]): boolean => signalsIn(args).some(({ aborted }) => aborted);

/** Arguments for v2 whose signals are aborted by the caller, or when time is up. */
export interface LimitedArgs {
  readonly args: readonly unknown[];
  /** Time is up. */
  abort(reason: unknown): void;
  /** Lets go of the caller's signals. */
  release(): void;
}

export function limitArgs(args: readonly unknown[]): LimitedArgs {
  const releases: (() => void)[] = [];
  const controllers: AbortController[] = [];
  const limit = (signal: AbortSignal): AbortSignal => {
    const controller = new AbortController();
    const follow = (): void => controller.abort(signal.reason);
    if (signal.aborted) follow();
    signal.addEventListener('abort', follow, { once: true });
    releases.push(() => signal.removeEventListener('abort', follow));
    controllers.push(controller);
    return controller.signal;
  };
  const limited = args.map((arg) => {
    if (isSignal(arg)) return limit(arg);
    const isPlain = isObject(arg) && [Object.prototype, null].includes(Object.getPrototypeOf(arg));
    return isPlain && isSignal(arg['signal']) ? { ...arg, signal: limit(arg['signal']) } : arg;
  });
  return {
    args: limited,
    abort: (reason) => controllers.forEach((controller) => controller.abort(reason)),
    release: () => releases.forEach((release) => release()),
  };
}
