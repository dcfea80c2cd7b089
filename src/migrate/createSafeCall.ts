// Comes in: a call. Goes out: v2's answer where it is decided and good, else v1's answer or v1's own error. Who calls: safely, createMigration.
import { SwitchbackError } from '../error.js';
import type { EvaluationContext } from '../evaluate/snapshot.js';
import { isAsyncFunction, isAsyncIterable, isPlainPromise, isThenable } from './answers.js';
import type { TalliedCall, Caller } from './callHost.js';
import { isAborted, limitArgs } from './callerSignal.js';
import { safeIterable } from './safeIterable.js';
import { NotApplied, type Callable, type CallEffect } from './safelyOptions.js';
import { attemptV2, type CallRecords, type V2Attempt } from './v2Attempt.js';

export interface SafeCallOptions {
  readonly v1: Callable;
  readonly v2: Callable;
  readonly records: CallRecords;
  readonly validate?: ((...args: never[]) => unknown) | undefined;
  readonly timeoutMs?: number | undefined;
  readonly effect?: CallEffect | undefined;
  readonly failedBeforeEffect?: ((error: unknown) => boolean) | undefined;
  readonly idempotencyKey?: ((...args: never[]) => string) | undefined;
  readonly context?: ((...args: never[]) => EvaluationContext) | undefined;
  /** v1 is known to give promises; default: learned from its kind and its answers. */
  readonly isAsync?: boolean | undefined;
  /** High resolution, ms from any origin. */
  readonly nowMs: () => number;
}

type Args = readonly unknown[];

/** Every so many calls of v1 are timed: asking the time costs more than counting. */
const timedEvery = 16;

const call = (run: Callable, self: unknown, args: Args): unknown => Reflect.apply(run, self, args);

/** What stands for v1: any call goes through it. */
export type SafeCall = (this: unknown, ...args: unknown[]) => unknown;

export function createSafeCall(options: SafeCallOptions): SafeCall {
  const { v1, v2, records, nowMs, timeoutMs } = options;
  const { host, tally } = records;
  let untimed = 0;
  let isAsync = timeoutMs !== undefined || (options.isAsync ?? isAsyncFunction(v1));

  const callerOf = (args: Args): Caller => {
    if (!options.context) return host.callerOf();
    return host.callerOf(Reflect.apply(options.context, undefined, args));
  };

  const runV1 = (self: unknown, args: Args, of: TalliedCall, heard?: Heard): unknown => {
    tally.begin(of);
    const startedMs = untimed++ % timedEvery === 0 ? nowMs() : undefined;
    const succeed = (isOver: boolean): void => {
      heard?.(false);
      tally.succeed(of, startedMs === undefined || !isOver ? undefined : nowMs() - startedMs);
    };
    const fail = (error: unknown): void => {
      if (isAborted(args)) {
        heard?.(false);
        tally.abort(of);
      } else {
        heard?.(true);
        tally.fail(of, error, false);
      }
    };
    let answer: unknown;
    try {
      answer = call(v1, self, args);
    } catch (error) {
      fail(error);
      throw error;
    }
    // What only looks like a promise may begin to work when it is asked: it stays the caller's alone.
    if (!isPlainPromise(answer)) {
      succeed(!isThenable(answer) && !isAsyncIterable(answer));
      return answer;
    }
    isAsync = true;
    return answer.then(
      (value) => {
        succeed(true);
        return value;
      },
      (error: unknown) => {
        fail(error);
        throw error;
      },
    );
  };

  /** Who waits for a promise does not look for a throw. */
  const giveError = (error: unknown): Promise<never> => {
    if (isAsync) return Promise.reject(error);
    throw error;
  };
  /** Whether v1 may run after v2 failed with this. */
  const mayRepeat = (error: unknown, args: Args): boolean => {
    if (options.effect !== 'write') return true;
    if (error instanceof NotApplied) return true;
    try {
      if (options.failedBeforeEffect?.(error) === true) return true;
      const key = options.idempotencyKey && Reflect.apply(options.idempotencyKey, undefined, args);
      return typeof key === 'string' && key !== '';
    } catch (fault) {
      host.fault('migrate effect', fault);
      return false;
    }
  };
  /** Ends a failed attempt with v1, or with v2's error where a write may have happened. */
  const recover = (self: unknown, args: Args, caller: Caller, attempt: V2Attempt, error: unknown): unknown => {
    if (isAborted(args)) {
      attempt.abort();
      return giveError(error);
    }
    if (!mayRepeat(error, args)) {
      attempt.fail(error, false);
      return giveError(error);
    }
    return runV1(self, args, caller.fallback, (v1AlsoFailed) => attempt.fail(error, v1AlsoFailed));
  };

  const judge = (verdict: unknown): void => {
    if (verdict === true) return;
    tally.totals.refused++;
    const why = typeof verdict === 'string' ? verdict : 'validate said no';
    throw new SwitchbackError(
      options.effect === 'write' ? 'write-uncertain' : 'call-refused',
      `${host.feature}: v2's answer was refused: ${why}`,
    );
  };
  const validate = (answer: unknown, args: Args): unknown => {
    if (!options.validate) return true;
    try {
      return Reflect.apply(options.validate, undefined, [answer, ...args]);
    } catch (error) {
      return refuseFaulty(error);
    }
  };
  const refuseFaulty = (error: unknown): string => {
    host.fault('migrate validate', error);
    return 'validate failed';
  };
  const late = (): SwitchbackError =>
    new SwitchbackError(
      options.effect === 'write' ? 'write-uncertain' : 'call-timeout',
      `${host.feature}: v2 took longer than ${timeoutMs} ms`,
    );
  const onLate = (): SwitchbackError => {
    tally.totals.timedOut++;
    return late();
  };

  const runAsync = async (
    answer: PromiseLike<unknown>,
    limit: ReturnType<typeof limitArgs> | undefined,
    args: Args,
  ): Promise<unknown> => {
    try {
      const value = await withinTime(answer, limit);
      judge(await settleVerdict(value, args));
      return value;
    } finally {
      limit?.release();
    }
  };
  const settleVerdict = async (value: unknown, args: Args): Promise<unknown> => {
    try {
      return await validate(value, args);
    } catch (error) {
      return refuseFaulty(error);
    }
  };
  const withinTime = (answer: PromiseLike<unknown>, limit?: ReturnType<typeof limitArgs>): PromiseLike<unknown> => {
    if (timeoutMs === undefined) return answer;
    return new Promise((resolve, reject) => {
      const cancel = host.clock.after(timeoutMs, () => {
        const error = onLate();
        reject(error);
        limit?.abort(error);
      });
      answer.then(resolve, reject).then(cancel, cancel);
    });
  };

  const runV2 = (self: unknown, args: Args, caller: Caller, attempt: V2Attempt): unknown => {
    const startedMs = nowMs();
    const succeed = (): void => attempt.succeed(nowMs() - startedMs);
    const limit = timeoutMs === undefined ? undefined : limitArgs(args);
    let answer: unknown;
    try {
      answer = call(v2, self, limit?.args ?? args);
      if (!isThenable(answer) && !isAsyncIterable(answer)) {
        const verdict = validate(answer, args);
        judge(
          isThenable(verdict) ? refuseFaulty(new TypeError('validate of a synchronous v2 gave a promise')) : verdict,
        );
      }
    } catch (error) {
      limit?.release();
      return recover(self, args, caller, attempt, error);
    }
    if (isThenable(answer)) {
      isAsync = true;
      return runAsync(answer, limit, args).then(
        (value) => {
          succeed();
          return value;
        },
        (error: unknown) => recover(self, args, caller, attempt, error),
      );
    }
    if (isAsyncIterable(answer))
      return safeIterable(answer, {
        within: (next) => withinTime(next, limit),
        // How long it took is how long its reader took.
        succeed: () => attempt.succeed(),
        recover: (error) => recover(self, args, caller, attempt, error),
        ended: () => limit?.release(),
        left: () => attempt.abort(),
      });
    limit?.release();
    succeed();
    return answer;
  };

  return function (...args) {
    let caller: Caller;
    let attempt: V2Attempt | undefined;
    try {
      caller = callerOf(args);
      const { enabled, reason } = caller.decision;
      if (enabled) attempt = attemptV2(records, caller);
      if (!attempt && (enabled || reason === 'CIRCUIT_OPEN')) tally.suppress(caller.v1);
    } catch (error) {
      // Whatever keeps us from deciding, v1 runs.
      host.fault('migrate context', error);
      return call(v1, this, args);
    }
    return attempt ? runV2(this, args, caller, attempt) : runV1(this, args, caller.v1);
  };
}

/** Told once how v1 did in place of v2. */
type Heard = (v1AlsoFailed: boolean) => void;
