import type { CallHost, Caller } from './callHost.js';
import type { CallTally } from './callTally.js';
import type { Outcomes } from './outcomes.js';

/** One call that v2 got; ends once. */
export interface V2Attempt {
  /** @param durationMs absent where it is not v2's alone */
  succeed(durationMs?: number): void;
  /** @param v1AlsoFailed most likely something they share: v2 is not to blame */
  fail(error: unknown, v1AlsoFailed: boolean): void;
  /** The caller ended it. */
  abort(): void;
}

/** What the calls of one function share. */
export interface CallRecords {
  readonly host: CallHost;
  readonly tally: CallTally;
  readonly outcomes: Outcomes;
}

const maxProbeMs = 60_000;

/** @returns undefined where the breaker keeps v2 away */
export function attemptV2({ host, tally, outcomes }: CallRecords, caller: Caller): V2Attempt | undefined {
  const isForced = caller.decision.reason === 'OVERRIDE';
  const isProbe = !isForced && host.isHalfOpen();
  const probe = isProbe ? host.takeProbe() : undefined;
  if (isProbe && !probe) return undefined;
  // A call that never ends must not keep everybody else from probing.
  const cancelLimit = probe && host.clock.after(maxProbeMs, probe);
  tally.begin(caller.v2);

  const end = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      host.fault('migrate call', error);
    }
    cancelLimit?.();
    probe?.();
  };
  return {
    succeed: (durationMs) =>
      end(() => {
        tally.succeed(caller.v2, durationMs);
        if (isForced) return;
        outcomes.add(false);
        if (isProbe) host.settled();
      }),
    fail: (error, v1AlsoFailed) =>
      end(() => {
        tally.fail(caller.v2, error, v1AlsoFailed);
        host.onFallback({ feature: host.feature, phase: 'event', error, hadFocus: false });
        if (!isForced && !v1AlsoFailed && (outcomes.add(true) || isProbe)) host.incident();
      }),
    abort: () => end(() => tally.abort(caller.v2)),
  };
}
