import type { Histogram } from '../../observe/histogram.js';
import { assertNever } from '../../error.js';
import type { Family, Labels, Sample } from './exposition.js';
import { nameOf, type Series } from './series.js';

/** Series that one feature may have on the page; the rest is counted in `switchback_series_omitted`. */
export const maxSeriesPerFeature = 200;

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

/** Running totals as families, by feature; what matters most comes first where there is more than fits. */
export function totalsFamilies(totals: Iterable<Series>): readonly Family[] {
  const samples = new Map<Name, Sample[]>();
  for (const name of Object.keys(help) as Name[]) samples.set(name, []);
  const left = new Map<string, number>();
  const omitted = new Map<string, number>();
  for (const series of [...totals].sort(byWeight)) {
    const { feature } = series;
    const added = [...samplesOf(series)];
    const room = left.get(feature) ?? maxSeriesPerFeature - 1;
    if (added.length > room) {
      omitted.set(feature, (omitted.get(feature) ?? 0) + added.length);
      continue;
    }
    left.set(feature, room - added.length);
    for (const [name, sample] of added) samples.get(name)?.push(sample);
  }
  for (const [feature, value] of omitted)
    samples.get('switchback_series_omitted')?.push({ suffix: '', labels: { feature }, value });
  return [...samples].map(([name, found]) => {
    const [type, text] = help[name];
    return { name, type, help: text, samples: found };
  });
}

const weights = ['counts', 'timing', 'sum', 'other', 'measure'];
const weightOf = ({ value, assigned }: Series): number => weights.indexOf(value.kind) * 2 + (assigned ? 0 : 1);
const byWeight = (a: Series, b: Series): number => weightOf(a) - weightOf(b) || (a.series < b.series ? -1 : 1);

function* samplesOf(of: Series): Generator<readonly [Name, Sample]> {
  const { feature, version, value } = of;
  const labels = { feature, version, assigned: String(of.assigned) };
  const name = nameOf(of);
  const total = (family: Name, count: number, more: Labels = {}): readonly [Name, Sample] => [
    family,
    { suffix: '_total', labels: { ...labels, ...more }, value: count },
  ];
  switch (value.kind) {
    case 'counts': {
      const { counts } = value;
      yield total('switchback_attempts', counts.attempts);
      yield total('switchback_exposures', counts.exposures);
      yield total('switchback_settled', counts.settled);
      for (const [phase, failed] of Object.entries(counts.failed))
        yield total('switchback_failures', failed, { phase });
      yield total('switchback_aborted', counts.aborted);
      yield total('switchback_suppressed', counts.suppressedByBreaker);
      yield total('switchback_overridden', counts.overridden);
      return;
    }
    case 'timing':
      for (const sample of histogramSamples(value.histogram, { ...labels, timing: name }))
        yield ['switchback_timing_seconds', sample];
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
      const measured = { measure: name, unit: measure.unit };
      if (measure.kind === 'counter') yield total('switchback_measured', measure.sum, measured);
      else if (measure.kind === 'gauge')
        yield ['switchback_measured_last', { suffix: '', labels: { ...labels, ...measured }, value: measure.last }];
      else yield* pair('switchback_measured_values', { ...labels, ...measured }, measure);
      return;
    }
    case 'other':
      yield total('switchback_other_values', value.n);
      return;
    default:
      assertNever(value);
  }
}

function* pair(name: Name, labels: Labels, { n, sum }: { n: number; sum: number }): Generator<readonly [Name, Sample]> {
  yield [name, { suffix: '_sum', labels, value: sum }];
  yield [name, { suffix: '_count', labels, value: n }];
}

/** A classic histogram in seconds; every bound is one of ours, whatever its scale. */
function* histogramSamples({ s, n, z, sum, o, b }: Histogram, labels: Labels): Generator<Sample> {
  const perPower = 2 ** s;
  let below = z;
  let at = 0;
  for (const power of boundsLog2Ms) {
    while (at < b.length && o + at + 1 <= power * perPower) below += b[at++] ?? 0;
    yield { suffix: '_bucket', labels: { ...labels, le: String(2 ** power / 1_000) }, value: below };
  }
  yield { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: n };
  yield { suffix: '_sum', labels, value: sum / 1_000 };
  yield { suffix: '_count', labels, value: n };
}
