import { emptyHistogram, isRecordable, merge, recordIn, type Histogram, type OpenHistogram } from './histogram.js';
import { maxMeasures } from './measureName.js';

/**
 * What a host measures of a version, as it travels. A counter adds up, a gauge is read now and then, a histogram keeps how
 * values are spread. `n` values, `sum` of them; `unit` is UCUM-like: `ms`, `By`, `1`, `{item}`.
 */
export type Measure =
  | { readonly kind: 'counter'; readonly unit: string; readonly n: number; readonly sum: number }
  | {
      readonly kind: 'gauge';
      readonly unit: string;
      readonly n: number;
      readonly sum: number;
      readonly min: number;
      readonly max: number;
      readonly last: number;
    }
  | ({ readonly kind: 'histogram'; readonly unit: string } & Histogram);

/** How the values of a measure are kept. */
export type MeasureKind = Measure['kind'];

/** Measures by name: a host may call one `constructor`, so read own keys only. */
export type Measures = Readonly<Record<string, Measure>>;

type Open<T> = { -readonly [Field in keyof T]: T[Field] };

/** A measure that is being filled. */
export type OpenMeasure =
  | Open<Extract<Measure, { kind: 'counter' }>>
  | Open<Extract<Measure, { kind: 'gauge' }>>
  | ({ kind: 'histogram'; unit: string } & OpenHistogram);

/** A measure of one value. */
export function openMeasure(kind: MeasureKind, unit: string, value: number): OpenMeasure {
  if (kind === 'counter') return { kind, unit, n: 1, sum: value };
  if (kind === 'gauge') return { kind, unit, n: 1, sum: value, min: value, max: value, last: value };
  const measure = { kind, unit, ...emptyHistogram, b: [] };
  addToMeasure(measure, value);
  return measure;
}

/** Adds one value to a measure, which it changes. */
export function addToMeasure(measure: OpenMeasure, value: number): void {
  if (measure.kind === 'histogram') {
    if (isRecordable(value)) recordIn(measure, value);
    return;
  }
  measure.n++;
  measure.sum += value;
  if (measure.kind === 'counter') return;
  measure.min = Math.min(measure.min, value);
  measure.max = Math.max(measure.max, value);
  measure.last = value;
}

/**
 * Merges measures by name: exact, and but for a gauge's `last` in any order.
 * @param b the later ones: a name that is another kind or unit there stays as it is in `a`, one beyond 10 is left out
 */
export function mergeMeasures(a: Measures, b: Measures): Measures {
  const merged = new Map(Object.entries(a));
  for (const [name, added] of Object.entries(b)) {
    const known = merged.get(name);
    if (known) merged.set(name, mergeMeasure(known, added));
    else if (merged.size < maxMeasures) merged.set(name, added);
  }
  return Object.fromEntries(merged);
}

function mergeMeasure(a: Measure, b: Measure): Measure {
  if (a.unit !== b.unit) return a;
  const { unit } = a;
  if (a.kind === 'histogram') return b.kind === 'histogram' ? { kind: 'histogram', unit, ...merge(a, b) } : a;
  const n = a.n + b.n;
  const sum = a.sum + b.sum;
  if (a.kind === 'counter') return b.kind === 'counter' ? { kind: 'counter', unit, n, sum } : a;
  if (b.kind !== 'gauge') return a;
  return { kind: 'gauge', unit, n, sum, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), last: b.last };
}
