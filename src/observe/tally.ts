import { emptyHistogram, isRecordable, merge, recordIn, type Histogram, type OpenHistogram } from './histogram.js';
import { addToMeasure, mergeMeasures, openMeasure, type Measures, type OpenMeasure } from './measure.js';
// Types only: the reporter's chunk must share no code with what is loaded first.
import type { FailurePhase, Observation, ObservedVersion, TimingName } from './observe.js';
import { mergeSums, type OpenSums, type Sums } from './sum.js';

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

/** Mergeable numbers of one version of one feature over a time bucket. */
export interface Tally extends ObservedVersion {
  readonly startMs: number;
  readonly durationMs: number;
  readonly counts: Counts;
  readonly histograms: Readonly<Partial<Record<TimingName, Histogram>>>;
  readonly sums: Sums;
  readonly measures: Measures;
}

type Open<T> = { -readonly [Field in keyof T]: T[Field] };

/** A tally that is being filled: adding to it changes it, so that nothing is copied for each observation. */
export interface OpenTally extends Tally {
  readonly counts: Open<Counts> & { readonly failed: Open<Counts['failed']> };
  readonly histograms: Partial<Record<TimingName, OpenHistogram>>;
  readonly sums: OpenSums;
  readonly measures: Record<string, OpenMeasure>;
}

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

const labelNames = ['feature', 'version', 'arm', 'reason', 'epoch', 'revision', 'stage'] as const;

/** Whether what is observed in the bucket that starts then adds to a tally. */
export const isOfTally = (tally: Tally, observed: ObservedVersion, startMs: number): boolean =>
  tally.startMs === startMs && labelNames.every((name) => tally[name] === observed[name]);

/** Start of the time bucket that holds `atMs`. */
export const tallyStartMs = (atMs: number): number => Math.floor(atMs / tallyDurationMs) * tallyDurationMs;

/** Opens the empty tally an observation belongs to. */
export function emptyTally(observed: ObservedVersion, atMs: number): OpenTally {
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
    counts: { ...emptyCounts, failed: { ...emptyCounts.failed } },
    histograms: {},
    sums: {},
    // Its names are the host's: one may be `constructor`.
    measures: Object.create(null) as Record<string, OpenMeasure>,
  };
}

/** Adds one observation to its tally, which it changes. */
export function addToTally(tally: OpenTally, observation: Observation): void {
  const { counts, histograms, sums } = tally;
  const { times = 1 } = observation;
  switch (observation.kind) {
    case 'failure':
      counts.failed[observation.failure.phase] += times;
      break;
    case 'timing': {
      const { name, valueMs } = observation;
      if (isRecordable(valueMs)) recordIn((histograms[name] ??= { ...emptyHistogram, b: [] }), valueMs);
      break;
    }
    case 'sum': {
      const sum = (sums[observation.name] ??= { n: 0, sum: 0 });
      sum.n++;
      sum.sum += observation.value;
      break;
    }
    case 'measure':
      addMeasure(tally.measures, observation);
      break;
    // Bits of the user, not of the version: the queue keeps those.
    case 'slow':
    case 'silent':
      break;
    case 'attempt':
    case 'exposure':
      counts[`${observation.kind}s` as const] += times;
      break;
    default:
      counts[observation.kind] += times;
  }
}

function addMeasure(
  measures: OpenTally['measures'],
  { name, measure: kind, unit, value }: Extract<Observation, { kind: 'measure' }>,
): void {
  const known = measures[name];
  // Who measures keeps to few names, each of one kind and unit.
  if (!known) measures[name] = openMeasure(kind, unit, value);
  else if (known.kind === kind && known.unit === unit) addToMeasure(known, value);
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
  for (const name of Object.keys(b.histograms) as TimingName[])
    histograms[name] = merge(histograms[name] ?? emptyHistogram, b.histograms[name] ?? emptyHistogram);
  const sums = mergeSums(a.sums, b.sums);
  const measures = mergeMeasures(a.measures, b.measures);
  return { ...a, counts: mergeCounts(a.counts, b.counts), histograms, sums, measures };
}

/** All failures of a version, whatever their phase. */
export const failedTotal = ({ failed }: Counts): number =>
  failed.load + failed.render + failed.effect + (failed.hydration ?? 0) + failed.event + failed.reported;

/** 0–1; null while nothing failed and nothing settled. */
export function errorRateOf(counts: Counts): number | null {
  const failed = failedTotal(counts);
  return failed + counts.settled === 0 ? null : failed / (failed + counts.settled);
}
