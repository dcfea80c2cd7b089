// Comes in: what batches brought. Goes out: running totals by series, as Prometheus and OpenTelemetry read them. Who calls: the handler, the store.
import type { Version } from '../../evaluate/snapshot.js';
import { merge, type Histogram } from '../../observe/histogram.js';
import { mergeMeasures, type Measure } from '../../observe/measure.js';
import { mergeCounts, type Counts } from '../../observe/tally.js';
import type { BucketRow } from '../metrics/bucketRows.js';

/** What a series adds up. `other`: how many values had no series of their own. */
export type SeriesValue =
  | { readonly kind: 'counts'; readonly counts: Counts }
  | { readonly kind: 'timing'; readonly histogram: Histogram }
  | { readonly kind: 'sum'; readonly n: number; readonly sum: number }
  | { readonly kind: 'measure'; readonly measure: Measure }
  | { readonly kind: 'other'; readonly n: number };

/** What a series is about. */
export interface SeriesKey {
  readonly feature: string;
  readonly version: Version;
  /** Whether these users had the version by `SPLIT`: only those compare. */
  readonly assigned: boolean;
  /** Kind and name, such as `timing.commitMs`. */
  readonly series: string;
}

/** One series and what it adds up to. */
export interface Series extends SeriesKey {
  readonly value: SeriesValue;
}

export const seriesId = ({ feature, version, assigned, series }: SeriesKey): string =>
  `${feature} ${version} ${assigned} ${series}`;

/** The name that a host or the wire gave it, without the kind. */
export const nameOf = ({ series }: SeriesKey): string => series.slice(series.indexOf('.') + 1);

/** What buckets add to each series, each series once. */
export function seriesOf(buckets: readonly BucketRow[]): readonly Series[] {
  const added = new Map<string, Series>();
  for (const bucket of buckets) for (const series of seriesOfBucket(bucket)) addSeries(added, series);
  return [...added.values()];
}

function* seriesOfBucket(bucket: BucketRow): Generator<Series> {
  const { feature, arm, counts, histograms, sums, measures } = bucket;
  const version: Version = bucket.version === 'v2' ? 'v2' : 'v1';
  const key = { feature, version, assigned: arm === version };
  yield { ...key, series: 'counts', value: { kind: 'counts', counts } };
  for (const [name, histogram] of Object.entries(histograms))
    if (histogram.n > 0) yield { ...key, series: `timing.${name}`, value: { kind: 'timing', histogram } };
  for (const [name, { n, sum }] of Object.entries(sums))
    if (n > 0) yield { ...key, series: `sum.${name}`, value: { kind: 'sum', n, sum } };
  for (const [name, measure] of Object.entries(measures))
    if (measure.n > 0) yield { ...key, series: `measure.${name}`, value: { kind: 'measure', measure } };
}

/** Adds a series to others by its key. */
export function addSeries(to: Map<string, Series>, added: Series): void {
  const id = seriesId(added);
  const known = to.get(id);
  to.set(id, known === undefined ? added : { ...known, value: mergeValues(known.value, added.value) });
}

/** Adds up two values of one series. What is another kind or unit by now stays as it was. */
export function mergeValues(a: SeriesValue, b: SeriesValue): SeriesValue {
  switch (a.kind) {
    case 'counts':
      return b.kind === 'counts' ? { kind: 'counts', counts: mergeCounts(a.counts, b.counts) } : a;
    case 'timing':
      return b.kind === 'timing' ? { kind: 'timing', histogram: merge(a.histogram, b.histogram) } : a;
    case 'sum':
      return b.kind === 'sum' ? { kind: 'sum', n: a.n + b.n, sum: a.sum + b.sum } : a;
    case 'other':
      return b.kind === 'other' ? { kind: 'other', n: a.n + b.n } : a;
    case 'measure': {
      if (b.kind !== 'measure') return a;
      const { one = a.measure } = mergeMeasures({ one: a.measure }, { one: b.measure });
      return { kind: 'measure', measure: one };
    }
  }
}

/** How many values a series holds. */
export function countOf(value: SeriesValue): number {
  switch (value.kind) {
    case 'counts':
      return value.counts.attempts;
    case 'timing':
      return value.histogram.n;
    case 'measure':
      return value.measure.n;
    case 'sum':
    case 'other':
      return value.n;
  }
}
