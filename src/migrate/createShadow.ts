// Comes in: calls of v1. Goes out: v1's answers, and how v2 would have done. Who calls: hosts.
import { SwitchbackError, showValue } from '../error.js';
import type { FeatureKey } from '../features.js';
import { isAsyncIterable, isPlainPromise, isThenable } from './answers.js';
import { createCallHost, type TalliedCall } from './callHost.js';
import { createCallTally } from './callTally.js';
import { isAborted, limitArgs } from './callerSignal.js';
import { shareOf, type Estimate } from './estimate.js';
import { likeV1, nowMs } from './safely.js';
import type { Callable } from './safelyOptions.js';
import { differencesOf } from './sameValue.js';
import { checkShadowOptions, type Mismatch, type Outcome, type ShadowOptions } from './shadowOptions.js';

/** What became of the calls. */
export interface ShadowMetrics {
  /** Calls whose two outcomes were compared. */
  readonly compared: number;
  readonly matched: number;
  readonly mismatched: number;
  /** Mismatches that `ignore` knew. */
  readonly ignored: number;
  /** v2 did not end in time; not compared. */
  readonly timedOut: number;
  /** Not shadowed since too many were under way. */
  readonly skipped: number;
  /** `compare`, `ignore`, `clean` or `onMismatch` threw, or v1 gave what cannot be compared. */
  readonly faulted: number;
}

/** v1 with v2 beside it, and how they compare. */
export interface Shadow<F extends Callable> {
  /** Stands for v1: always v1's answer or v1's own error, which waits for nothing of v2's. */
  readonly call: F;
  /** What became of the calls since the start. */
  getMetrics(): ShadowMetrics;
  /** Mismatches, of the calls that were compared. */
  getMismatchRate(): Estimate;
  /** Resolves when nothing of v2 is under way, such as before a process ends. */
  idle(): Promise<void>;
}

type Args = readonly unknown[];
type Timed = { readonly outcome: Outcome<unknown>; readonly ms: number };

/**
 * Runs v2 besides v1 where v2 is decided, and compares. The caller has v1's answer whatever v2 does.
 * @throws SwitchbackError `invalid-option`
 * @example export const { call: search } = createShadow('search', { client, v1: search, v2: searchV2, sampling: 0.1 })
 */
export function createShadow<F extends Callable>(feature: FeatureKey, options: ShadowOptions<F>): Shadow<F> {
  const {
    client,
    v1,
    v2,
    sampling = 1,
    maxConcurrent = 10,
    timeoutMs = 10_000,
    random = Math.random,
    ...given
  } = checkShadowOptions(options);
  const host = createCallHost(client, feature);
  const tally = createCallTally(host);
  const metrics = { compared: 0, matched: 0, mismatched: 0, ignored: 0, timedOut: 0, skipped: 0, faulted: 0 };
  const underWay = new Set<Promise<void>>();

  const fault = (operation: string, error: unknown): void => {
    metrics.faulted++;
    host.fault(`migrate ${operation}`, error);
  };
  /** The numbers of v2, which nobody sees; undefined where this call is not shadowed. */
  const shadowedBy = (args: Args): TalliedCall | undefined => {
    if (sampling === 0) return undefined;
    try {
      const context = given.context && Reflect.apply(given.context, undefined, args);
      const { decision, v2: call } = host.callerOf(context);
      if (!decision.enabled || (sampling < 1 && random() >= sampling)) return undefined;
      if (underWay.size < maxConcurrent) return { ...call, isFallback: true };
      metrics.skipped++;
    } catch (error) {
      fault('context', error);
    }
    return undefined;
  };

  const runV2 = async (self: unknown, args: Args, call: TalliedCall): Promise<Timed | undefined> => {
    const limit = limitArgs(args);
    const startedMs = nowMs();
    tally.begin(call);
    let cancel = (): void => {};
    const time = new Promise<undefined>((resolve) => {
      cancel = host.clock.after(timeoutMs, () => {
        resolve(undefined);
        limit.abort(new SwitchbackError('call-timeout', `${feature}: v2 took longer than ${timeoutMs} ms`));
      });
    });
    const outcome = await Promise.race([outcomeOf(() => Reflect.apply(v2, self, limit.args) as unknown), time]);
    cancel();
    limit.release();
    const ms = nowMs() - startedMs;
    if (!outcome) {
      metrics.timedOut++;
      tally.fail(call, new SwitchbackError('call-timeout', `${feature}: v2 took longer than ${timeoutMs} ms`), false);
    } else if (outcome.status === 'fulfilled') tally.succeed(call, ms);
    else tally.fail(call, outcome.error, false);
    return outcome && { outcome, ms };
  };

  const compare = (ofV1: Timed, ofV2: Timed, args: Args): void => {
    metrics.compared++;
    const [one, other] = [ofV1.outcome, ofV2.outcome];
    const kind = kindOf(one, other);
    try {
      if (isSame(one, other)) return void metrics.matched++;
      if (given.ignore && Reflect.apply(given.ignore, undefined, [one, other, ...args]) === true)
        return void metrics.ignored++;
    } catch (error) {
      metrics.compared--;
      return fault('compare', error);
    }
    metrics.mismatched++;
    try {
      const mismatch: Mismatch = { feature, kind, differences: differences(one, other), v1Ms: ofV1.ms, v2Ms: ofV2.ms };
      given.onMismatch?.(mismatch);
    } catch (error) {
      fault('mismatch', error);
    }
  };
  const isSame = (one: Outcome<unknown>, other: Outcome<unknown>): boolean => {
    if (one.status === 'rejected' && other.status === 'rejected')
      return (given.compareErrors ?? isSameError)(one.error, other.error);
    if (one.status !== 'fulfilled' || other.status !== 'fulfilled') return false;
    return given.compare
      ? Reflect.apply(given.compare, undefined, [one.value, other.value]) === true
      : differencesOf(one.value, other.value).length === 0;
  };
  const differences = (one: Outcome<unknown>, other: Outcome<unknown>) => {
    const { clean } = given;
    if (one.status === 'fulfilled' && other.status === 'fulfilled')
      return clean
        ? differencesOf(
            Reflect.apply(clean, undefined, [one.value]),
            Reflect.apply(clean, undefined, [other.value]),
            showValue,
          )
        : differencesOf(one.value, other.value);
    // Of an error its name alone: a message may hold anything.
    const name = (of: Outcome<unknown>) => (of.status === 'rejected' ? String(Object(of.error).name) : 'an answer');
    return [{ path: '', v1: name(one), v2: name(other) }];
  };

  /** Waits for v1 as long as for v2, and then a turn more: whoever waits for v1 as well goes on before anything is compared. */
  const endOfV1 = async (v1Ended: Promise<Timed | undefined>): Promise<Timed | undefined> => {
    let cancel = (): void => {};
    const time = new Promise<undefined>((resolve) => {
      cancel = host.clock.after(timeoutMs, () => resolve(undefined));
    });
    const ofV1 = await Promise.race([v1Ended, time]);
    cancel();
    if (ofV1) await new Promise<void>((resolve) => void host.clock.after(0, resolve));
    return ofV1;
  };

  /** Runs v2 for a call of v1, which has begun or is about to. */
  const begin = (self: unknown, args: Args, call: TalliedCall, isAtOnce: boolean): ((v1?: Timed) => void) => {
    let hasEnded = false;
    let resolveV1 = (_?: Timed): void => {};
    const v1Ended = new Promise<Timed | undefined>((resolve) => (resolveV1 = resolve));
    const heard = (ofV1?: Timed): void => {
      hasEnded = true;
      resolveV1(ofV1);
    };
    let copied = args;
    try {
      if (given.copyArgs) copied = Reflect.apply(given.copyArgs, undefined, [args]);
    } catch (error) {
      fault('copyArgs', error);
      return heard;
    }
    const run = async (): Promise<void> => {
      // A turn of its own: what is synchronous in v2 must not keep the caller from v1's answer.
      if (!isAtOnce) await new Promise<void>((resolve) => void host.clock.after(0, resolve));
      const ofV2 = await runV2(self, copied, call);
      const ofV1 = hasEnded ? await v1Ended : await endOfV1(v1Ended);
      if (ofV1 && ofV2 && !isAborted(args)) compare(ofV1, ofV2, args);
    };
    const running: Promise<void> = run()
      .catch((error: unknown) => fault('shadow', error))
      .finally(() => underWay.delete(running));
    underWay.add(running);
    return heard;
  };

  const call = function (this: unknown, ...args: unknown[]): unknown {
    const shadowed = shadowedBy(args);
    if (!shadowed) return Reflect.apply(v1, this, args as never[]) as unknown;
    // Before v1, which may change its arguments.
    const heard = begin(this, args, shadowed, given.order === 'random' && random() < 0.5);
    const startedMs = nowMs();
    const tell = (outcome: Outcome<unknown>): void => heard({ outcome, ms: nowMs() - startedMs });
    let answer: unknown;
    try {
      answer = Reflect.apply(v1, this, args as never[]) as unknown;
    } catch (error) {
      tell({ status: 'rejected', error });
      throw error;
    }
    if (isPlainPromise(answer))
      return answer.then(
        (value) => {
          tell({ status: 'fulfilled', value });
          return value;
        },
        (error: unknown) => {
          tell({ status: 'rejected', error });
          throw error;
        },
      );
    // What is read later, or begins when it is asked, cannot be looked at without taking it from the caller.
    if (isThenable(answer) || isAsyncIterable(answer)) {
      metrics.faulted++;
      heard();
    } else tell({ status: 'fulfilled', value: answer });
    return answer;
  };

  return {
    call: likeV1(v1, call) as Callable as F,
    getMetrics: () => ({ ...metrics }),
    getMismatchRate: () => shareOf(metrics.mismatched, metrics.compared),
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
      tally.flush();
    },
  };
}

async function outcomeOf(run: () => unknown): Promise<Outcome<unknown>> {
  try {
    return { status: 'fulfilled', value: await run() };
  } catch (error) {
    return { status: 'rejected', error };
  }
}

const isSameError = (a: unknown, b: unknown): boolean =>
  a === b || (Object(a).name === Object(b).name && String(Object(a).message) === String(Object(b).message));

function kindOf(v1: Outcome<unknown>, v2: Outcome<unknown>): Mismatch['kind'] {
  if (v1.status === v2.status) return v1.status === 'fulfilled' ? 'answer' : 'error';
  return v1.status === 'fulfilled' ? 'v2-failed' : 'v1-failed';
}
