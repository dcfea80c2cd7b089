import type { Histogram } from '../../observe/histogram.js';
import { assertNever } from '../../error.js';
import { writeLabels, writeSample, type Family, type Labels } from './exposition.js';
import { nameOf, type Series } from './series.js';

/** Series that one feature may have on the page; the rest is counted in `switchback_series_omitted`. */
const maxSeriesPerFeature = 200;

/** Upper bounds in powers of two of a ms: each is a bound of ours too, so that what is counted below it is exact. */
const boundsLog2Ms = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14];

const help = {
  switchback_attempts: ['counter', 'Gates that tried to show a version.'],
  switchback_exposures: ['counter', 'Versions that came to the screen.'],
  switchback_settled: ['counter', 'Versions that were shown and worked.'],
  switchback_failures: ['counter', 'Failures of a version, by phase.'],
  switchback_aborted: ['counter', 'Gates that went away before they were done.'],
  switchback_suppressed: ['counter', 'Gates that the circuit breaker held on v1.'],
  switchback_overridden: ['counter', 'Gates with a version that somebody chose locally.'],
  switchback_timing_seconds: ['histogram', 'Durations of a version, by timing.'],
  switchback_heap_megabytes: ['summary', 'Heap of the page while a version was shown.'],
  switchback_fetch_requests: ['counter', 'Watched requests.'],
  switchback_fetch_errors: ['counter', 'Watched requests without a good answer.'],
  switchback_measured: ['counter', 'Sums of counters that the host measures, in their unit.'],
  switchback_measured_values: ['summary', 'Values that the host measures, in their unit.'],
  switchback_measured_last: ['gauge', 'The last reading of gauges that the host measures, in their unit.'],
  switchback_other_values: ['counter', 'Values beyond the 200 series that are kept of a feature.'],
  switchback_series_omitted: ['gauge', 'Series of a feature that are not on this page.'],
} as const satisfies Readonly<Record<string, readonly [Family['type'], string]>>;

type Name = keyof typeof help;

/** The samples of one feature, by family, in one piece each: there may be a thousand features. */
export type FeatureSamples = ReadonlyMap<Name, string>;

/** Writes the running totals of one feature; what matters most comes first where there is more than fits. */
export function writeFeature(feature: string, totals: Iterable<Series>): FeatureSamples {
  const samples = new Map<Name, string[]>();
  const add = (name: Name, sample: string): void => {
    const found = samples.get(name);
    if (found === undefined) samples.set(name, [sample]);
    else found.push(sample);
  };
  let room = maxSeriesPerFeature - 1;
  let omitted = 0;
  for (const series of [...totals].sort(byWeight)) {
    const added = [...samplesOf(series)];
    if (added.length > room) {
      omitted += added.length;
      continue;
    }
    room -= added.length;
    for (const [name, sample] of added) add(name, sample);
  }
  if (omitted > 0)
    add('switchback_series_omitted', writeSample('switchback_series_omitted', writeLabels({ feature }), omitted));
  return new Map([...samples].map(([name, found]) => [name, found.join('\n')]));
}

/** Puts the samples of features together. */
export function totalsFamilies(features: readonly FeatureSamples[]): readonly Family[] {
  return (Object.keys(help) as Name[]).map((name) => {
    const [type, text] = help[name];
    return { name, type, help: text, samples: features.flatMap((samples) => samples.get(name) ?? []) };
  });
}

const weights = ['counts', 'timing', 'sum', 'other', 'measure'];
const weightOf = ({ value, assigned }: Series): number => weights.indexOf(value.kind) * 2 + (assigned ? 0 : 1);
const byWeight = (a: Series, b: Series): number => weightOf(a) - weightOf(b) || (a.series < b.series ? -1 : 1);

type NamedSample = readonly [Name, string];

function* samplesOf(of: Series): Generator<NamedSample> {
  const { feature, version, value } = of;
  const labels = writeLabels({ feature, version, assigned: String(of.assigned) });
  const name = nameOf(of);
  const total = (family: Name, count: number, more = ''): NamedSample => [
    family,
    writeSample(`${family}_total`, labels + more, count),
  ];
  switch (value.kind) {
    case 'counts': {
      const { counts } = value;
      yield total('switchback_attempts', counts.attempts);
      yield total('switchback_exposures', counts.exposures);
      yield total('switchback_settled', counts.settled);
      for (const [phase, failed] of Object.entries(counts.failed))
        yield total('switchback_failures', failed, and({ phase }));
      yield total('switchback_aborted', counts.aborted);
      yield total('switchback_suppressed', counts.suppressedByBreaker);
      yield total('switchback_overridden', counts.overridden);
      return;
    }
    case 'timing':
      yield* histogramSamples(value.histogram, labels + and({ timing: name }));
      return;
    case 'sum':
      if (name === 'heapMb') yield* pair('switchback_heap_megabytes', labels, value);
      else {
        yield total('switchback_fetch_requests', value.n);
        yield total('switchback_fetch_errors', value.sum);
      }
      return;
    case 'measure': {
      const { measure } = value;
      const measured = and({ measure: name, unit: measure.unit });
      if (measure.kind === 'counter') yield total('switchback_measured', measure.sum, measured);
      else if (measure.kind === 'gauge')
        yield ['switchback_measured_last', writeSample('switchback_measured_last', labels + measured, measure.last)];
      else yield* pair('switchback_measured_values', labels + measured, measure);
      return;
    }
    case 'other':
      yield total('switchback_other_values', value.n);
      return;
    default:
      assertNever(value);
  }
}

const and = (labels: Labels): string => `,${writeLabels(labels)}`;

function* pair(name: Name, labels: string, { n, sum }: { n: number; sum: number }): Generator<NamedSample> {
  yield [name, writeSample(`${name}_sum`, labels, sum)];
  yield [name, writeSample(`${name}_count`, labels, n)];
}

/** A classic histogram in seconds; every bound is one of ours, whatever its scale. */
function* histogramSamples({ s, n, z, sum, o, b }: Histogram, labels: string): Generator<NamedSample> {
  const name = 'switchback_timing_seconds';
  const perPower = 2 ** s;
  let below = z;
  let at = 0;
  for (const power of boundsLog2Ms) {
    while (at < b.length && o + at + 1 <= power * perPower) below += b[at++] ?? 0;
    yield [name, writeSample(`${name}_bucket`, `${labels},le="${2 ** power / 1_000}"`, below)];
  }
  yield [name, writeSample(`${name}_bucket`, `${labels},le="+Inf"`, n)];
  yield* pair(name, labels, { n, sum: sum / 1_000 });
}
