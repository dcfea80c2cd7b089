// Comes in: numbers of one version from batches or rows. Goes out: their sum, in any order the same. Who calls: the store, what reads it.
import { emptyHistogram, merge } from '../../observe/histogram.js';
import { mergeMeasures, type Measure, type Measures } from '../../observe/measure.js';
import { mergeSums } from '../../observe/sum.js';
import { emptyCounts, mergeCounts, type Counts } from '../../observe/tally.js';
import type { StoredNumbers } from '../store.js';

export const emptyNumbers: StoredNumbers = { counts: emptyCounts, histograms: {}, sums: {}, measures: {} };

/** Adds up two: exact for counts and buckets, and but for a gauge's `last` in any order. */
export const mergeNumbers = (a: StoredNumbers, b: StoredNumbers): StoredNumbers => ({
  counts: mergeCounts(a.counts, b.counts),
  histograms: mergeHistograms(a.histograms, b.histograms),
  sums: mergeSums(a.sums, b.sums),
  measures: mergeByName(a.measures, b.measures),
});

/** Merges histograms by name; names come from outside. */
function mergeHistograms(a: StoredNumbers['histograms'], b: StoredNumbers['histograms']): StoredNumbers['histograms'] {
  const merged = new Map(Object.entries(a));
  for (const [name, added] of Object.entries(b)) merged.set(name, merge(merged.get(name) ?? emptyHistogram, added));
  return Object.fromEntries(merged);
}

// How many names there are is bounded where they come in.
function mergeByName(a: Measures, b: Measures): Measures {
  const merged = new Map(Object.entries(a));
  for (const [name, added] of Object.entries(b)) merged.set(name, mergeOne(merged.get(name), added));
  return Object.fromEntries(merged);
}

const mergeOne = (known: Measure | undefined, added: Measure): Measure =>
  known === undefined ? added : (mergeMeasures({ one: known }, { one: added })['one'] ?? known);

/** What values without a name of their own are kept as. */
export const otherMeasure = (n: number): Measure => ({ kind: 'counter', unit: '1', n, sum: n });

/** How many values a bucket adds: what caps of senders and the delivery rate count. */
export function valuesIn({ counts, histograms, sums, measures }: StoredNumbers): number {
  const measured = [histograms, sums, measures].flatMap((group): { n: number }[] => Object.values(group));
  return countsIn(counts) + measured.reduce((total, { n }) => total + n, 0);
}

const countsIn = ({ failed, ...counts }: Counts): number =>
  [...Object.values(counts), ...Object.values(failed)].reduce((total, count) => total + count, 0);
