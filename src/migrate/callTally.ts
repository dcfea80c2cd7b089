import { describeFailure, type FailureReport, type ObservedVersion } from '../observe/observe.js';
import type { CallHost, TalliedCall } from './callHost.js';
import { emptyMoments, type Moments } from './moments.js';

/** What one version did with the calls it got, since the beginning. */
export interface VersionCalls {
  calls: number;
  succeeded: number;
  failed: number;
  /** Ended by the caller's own signal: neither of the two. */
  aborted: number;
  /** Of the durations of the calls that succeeded and were timed, as natural logarithms of ms. */
  readonly logMs: Moments;
}

/** What became of the calls of one function or module. */
export interface CallTotals {
  readonly v1: VersionCalls;
  readonly v2: VersionCalls;
  /** v1 answered since v2 had failed. */
  fallbacks: number;
  /** v2 answered what `validate` refused; part of v2's failures. */
  refused: number;
  /** v2 took too long; part of v2's failures. */
  timedOut: number;
  /** v2 was assigned, and the breaker kept it away. */
  suppressed: number;
}

/** Calls of one user that led to the same version for the same reason, until they are told of. */
interface Waiting {
  readonly call: TalliedCall;
  readonly labels: ObservedVersion;
  attempts: number;
  settled: number;
  aborted: number;
  suppressed: number;
  readonly failures: Map<string, { readonly failure: FailureReport; times: number }>;
  readonly samplesMs: number[];
}

/** Counts calls where they happen and tells the client of them now and then: a call costs an addition, not an observation. */
export interface CallTally {
  readonly totals: CallTotals;
  begin(call: TalliedCall): void;
  succeed(call: TalliedCall, durationMs?: number): void;
  fail(call: TalliedCall, error: unknown, v1AlsoFailed: boolean): void;
  abort(call: TalliedCall): void;
  suppress(call: TalliedCall): void;
  /** Tells what is waiting. */
  flush(): void;
}

const flushIntervalMs = 1_000;
/** Beyond these, calls of a second are counted in the totals alone. */
const maxWaiting = 1_000;
const maxFailures = 20;
const maxSamples = 8;

const emptyCalls = (): VersionCalls => ({ calls: 0, succeeded: 0, failed: 0, aborted: 0, logMs: emptyMoments() });

export function createCallTally(host: CallHost): CallTally {
  const totals: CallTotals = {
    v1: emptyCalls(),
    v2: emptyCalls(),
    fallbacks: 0,
    refused: 0,
    timedOut: 0,
    suppressed: 0,
  };
  let waiting = new Map<string, Waiting>();
  let latest: Waiting | undefined;
  let isScheduled = false;

  const open = (call: TalliedCall): Waiting => {
    const labels = host.labelsOf(call);
    const { arm, reason, epoch, revision, stage } = labels;
    const key = [call.subject, call.version, arm, reason, epoch, revision, stage ?? ''].join('|');
    let entry = waiting.get(key);
    if (!entry) {
      entry = {
        call,
        labels,
        attempts: 0,
        settled: 0,
        aborted: 0,
        suppressed: 0,
        failures: new Map(),
        samplesMs: [],
      };
      if (waiting.size < maxWaiting) waiting.set(key, entry);
    }
    if (!isScheduled) {
      isScheduled = true;
      host.clock.after(flushIntervalMs, flush);
    }
    return entry;
  };
  // One user calls again and again.
  const entryOf = (call: TalliedCall): Waiting => (latest?.call === call ? latest : (latest = open(call)));

  const flush = (): void => {
    isScheduled = false;
    const entries = waiting;
    waiting = new Map();
    latest = undefined;
    for (const entry of entries.values()) tell(entry);
  };
  const tell = ({ call: { subject }, labels, ...counted }: Waiting): void => {
    const base = { ...labels, atMs: host.clock.now() };
    const say = (
      kind: 'attempt' | 'exposure' | 'settled' | 'aborted' | 'suppressedByBreaker' | 'overridden',
      times: number,
    ) => {
      if (times > 0) host.observe({ ...base, kind, times }, subject);
    };
    // A forced version says nothing about its users.
    if (labels.reason === 'OVERRIDE') return say('overridden', counted.attempts);
    say('attempt', counted.attempts);
    say('suppressedByBreaker', counted.suppressed);
    say('exposure', counted.settled + failuresIn(counted));
    say('settled', counted.settled);
    say('aborted', counted.aborted);
    for (const { failure, times } of counted.failures.values())
      host.observe({ ...base, kind: 'failure', failure, times }, subject);
    for (const value of counted.samplesMs)
      host.observe({ ...base, kind: 'measure', name: 'callMs', measure: 'histogram', unit: 'ms', value }, subject);
  };

  return {
    totals,
    begin(call) {
      entryOf(call).attempts++;
      totals[call.version].calls++;
      if (call.isFallback) totals.fallbacks++;
    },
    succeed(call, durationMs) {
      const entry = entryOf(call);
      const calls = totals[call.version];
      entry.settled++;
      calls.succeeded++;
      if (durationMs === undefined) return;
      calls.logMs.add(Math.log(Math.max(durationMs, 0.001)));
      if (entry.samplesMs.length < maxSamples) entry.samplesMs.push(durationMs);
    },
    fail(call, error, v1AlsoFailed) {
      const { failures } = entryOf(call);
      const failure = { ...describeFailure('event', error), ...(v1AlsoFailed && { v1AlsoFailed }) };
      totals[call.version].failed++;
      const signature = `${failure.name}|${failure.message}`;
      const known = failures.get(signature) ?? (failures.size < maxFailures ? undefined : lastOf(failures));
      if (known) known.times++;
      else failures.set(signature, { failure, times: 1 });
    },
    abort(call) {
      entryOf(call).aborted++;
      totals[call.version].aborted++;
    },
    suppress(call) {
      entryOf(call).suppressed++;
      totals.suppressed++;
    },
    flush,
  };
}

const failuresIn = ({ failures }: Pick<Waiting, 'failures'>): number =>
  [...failures.values()].reduce((sum, { times }) => sum + times, 0);

const lastOf = <T>(entries: ReadonlyMap<string, T>): T | undefined => [...entries.values()].at(-1);
