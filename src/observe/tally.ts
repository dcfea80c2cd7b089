import { emptyHistogram, merge, record, type Histogram } from './histogram.js';
// Types only: the reporter's chunk must share no code with what is loaded first.
import type { FailurePhase, Observation, ObservedVersion, TimingName } from './observe.js';

/** How often each thing happened. `failed` is by phase; the error rate is failed / (failed + settled). */
export interface Counts {
  readonly attempts: number;
  readonly exposures: number;
  readonly settled: number;
  readonly failed: Readonly<Record<FailurePhase, number>>;
  readonly aborted: number;
  readonly suppressedByBreaker: number;
  readonly overridden: number;
}

/** Mergeable counts and histograms of one version of one feature over a time bucket. */
export interface Tally extends ObservedVersion {
  readonly startMs: number;
  readonly durationMs: number;
  readonly counts: Counts;
  readonly histograms: Readonly<Partial<Record<TimingName, Histogram>>>;
}

/** Tallies and batches carry no more names of timings per version. */
export const maxTimings = 12;

/** Length of a tally's time bucket. */
const tallyDurationMs = 10_000;

export const emptyCounts: Counts = {
  attempts: 0,
  exposures: 0,
  settled: 0,
  failed: { load: 0, render: 0, effect: 0, hydration: 0, event: 0, reported: 0 },
  aborted: 0,
  suppressedByBreaker: 0,
  overridden: 0,
};

/** Names the tally an observation belongs to; observations with equal keys add up. */
export function tallyKey(observed: ObservedVersion, startMs: number): string {
  const { feature, version, arm, reason, epoch, revision, stage } = observed;
  return [feature, version, arm, reason, epoch, revision, stage ?? '', startMs].join('|');
}

/** Start of the time bucket that holds `atMs`. */
export const tallyStartMs = (atMs: number): number => Math.floor(atMs / tallyDurationMs) * tallyDurationMs;

/** Opens the empty tally an observation belongs to. */
export function emptyTally(observed: ObservedVersion, atMs: number): Tally {
  const { feature, version, arm, reason, epoch, revision, stage } = observed;
  return {
    feature,
    version,
    arm,
    reason,
    epoch,
    revision,
    stage,
    startMs: tallyStartMs(atMs),
    durationMs: tallyDurationMs,
    counts: emptyCounts,
    histograms: {},
  };
}

const countOf = {
  attempt: 'attempts',
  exposure: 'exposures',
  settled: 'settled',
  aborted: 'aborted',
  suppressedByBreaker: 'suppressedByBreaker',
  overridden: 'overridden',
} as const;

/** Adds one observation to its tally. */
export function addToTally(tally: Tally, observation: Observation): Tally {
  const { counts, histograms } = tally;
  if (observation.kind === 'failure') {
    const { phase } = observation.failure;
    return { ...tally, counts: { ...counts, failed: { ...counts.failed, [phase]: counts.failed[phase] + 1 } } };
  }
  if (observation.kind === 'timing') {
    const { name, valueMs } = observation;
    if (!histograms[name] && Object.keys(histograms).length >= maxTimings) return tally;
    const histogram = record(histograms[name] ?? emptyHistogram, valueMs);
    return { ...tally, histograms: { ...histograms, [name]: histogram } };
  }
  const name = countOf[observation.kind];
  return { ...tally, counts: { ...counts, [name]: counts[name] + 1 } };
}

/** Merges two counts: commutative, associative, with `emptyCounts` as its zero. */
export function mergeCounts(a: Counts, b: Counts): Counts {
  return {
    attempts: a.attempts + b.attempts,
    exposures: a.exposures + b.exposures,
    settled: a.settled + b.settled,
    failed: {
      load: a.failed.load + b.failed.load,
      render: a.failed.render + b.failed.render,
      effect: a.failed.effect + b.failed.effect,
      // Counted before there was such a phase, it is absent.
      hydration: (a.failed.hydration ?? 0) + (b.failed.hydration ?? 0),
      event: a.failed.event + b.failed.event,
      reported: a.failed.reported + b.failed.reported,
    },
    aborted: a.aborted + b.aborted,
    suppressedByBreaker: a.suppressedByBreaker + b.suppressedByBreaker,
    overridden: a.overridden + b.overridden,
  };
}

/** Merges two tallies of the same key. */
export function mergeTallies(a: Tally, b: Tally): Tally {
  const histograms: Partial<Record<TimingName, Histogram>> = { ...a.histograms };
  for (const name of Object.keys(b.histograms) as TimingName[]) {
    histograms[name] = merge(histograms[name] ?? emptyHistogram, b.histograms[name] ?? emptyHistogram);
  }
  return { ...a, counts: mergeCounts(a.counts, b.counts), histograms };
}

/** All failures of a version, whatever their phase. */
export const failedTotal = ({ failed }: Counts): number =>
  failed.load + failed.render + failed.effect + (failed.hydration ?? 0) + failed.event + failed.reported;

/** 0–1; null while nothing failed and nothing settled. */
export function errorRateOf(counts: Counts): number | null {
  const failed = failedTotal(counts);
  return failed + counts.settled === 0 ? null : failed / (failed + counts.settled);
}
