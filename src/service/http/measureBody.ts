import * as v from 'valibot';
import { isObject } from '../../evaluate/kind.js';
import { maxBuckets, maxScale, type Histogram } from '../../observe/histogram.js';
import type { Measure, Measures } from '../../observe/measure.js';
import { maxMeasured, maxMeasures, measureNamePattern, measureUnitPattern } from '../../observe/measureName.js';
import { isTimingName } from '../../observe/observe.js';
import { isSumName, type Sums } from '../../observe/sum.js';
import { fieldErrors } from './parseFields.js';

/** Nobody counts more in one bucket. */
export const countPerBucket = 10_000;

const countText = `a whole number, 0 to ${countPerBucket}`;
export const count = v.pipe(
  v.number(countText),
  v.safeInteger(countText),
  v.minValue(0, countText),
  v.maxValue(countPerBucket, countText),
);
const some = v.pipe(count, v.minValue(1, `a whole number, 1 to ${countPerBucket}`));

const between = (minimum: number, maximum: number) => {
  const expected = `a number, ${minimum} to ${maximum}`;
  return v.pipe(v.number(expected), v.minValue(minimum, expected), v.maxValue(maximum, expected));
};
// What is added up for years must stay finite.
const measured = between(-maxMeasured, maxMeasured);
const positive = between(0, maxMeasured);
const sum = between(0, countPerBucket * maxMeasured);
// The logarithms of 10^-6 and 10^15 lie within 35 of zero.
const logs = between(-35 * countPerBucket, 35 * countPerBucket);
const squaredLogs = between(0, 35 ** 2 * countPerBucket);
const scale = between(0, maxScale);
const firstBucket = between(-200, 400);

const histogramFields = {
  s: v.pipe(scale, v.safeInteger(`a scale, 0 to ${maxScale}`)),
  n: count,
  z: count,
  sum,
  min: positive,
  max: positive,
  o: v.pipe(firstBucket, v.safeInteger('a whole number, -200 to 400')),
  b: v.pipe(v.array(count, 'a list of counts'), v.maxLength(maxBuckets, `at most ${maxBuckets} buckets`)),
  l1: logs,
  l2: squaredLogs,
};

const addsUp = ({ n, z, b }: Histogram): boolean => b.reduce((total, one) => total + one, z) === n;
const isWithin = ({ n, sum: total, min, max }: { n: number; sum: number; min: number; max: number }): boolean => {
  const slack = 1e-9 * Math.max(Math.abs(min), Math.abs(max));
  return min <= max && total >= n * (min - slack) && total <= n * (max + slack);
};
const withinText = 'a sum that n values from min to max can have';

const histogram = v.pipe(
  v.object(histogramFields),
  v.check((read) => addsUp(read), 'counts that add up to n'),
  v.check((read) => isWithin(read), withinText),
);

const unitText = 'a unit such as "ms", "By" or "{item}", 1 to 16 characters';
const unit = v.pipe(v.string(unitText), v.regex(measureUnitPattern, unitText));
const measureKinds = {
  counter: v.object({ kind: v.literal('counter'), unit, n: some, sum }),
  gauge: v.pipe(
    v.object({
      kind: v.literal('gauge'),
      unit,
      n: some,
      sum: between(-countPerBucket * maxMeasured, countPerBucket * maxMeasured),
      min: measured,
      max: measured,
      last: measured,
    }),
    v.check((read) => isWithin(read), withinText),
    v.check(({ min, max, last }) => min <= last && last <= max, 'a last value from min to max'),
  ),
  histogram: v.pipe(
    v.object({ kind: v.literal('histogram'), unit, ...histogramFields, n: some }),
    v.check((read) => addsUp(read), 'counts that add up to n'),
    v.check((read) => isWithin(read), withinText),
  ),
};
const kindText = '"counter", "gauge" or "histogram"';
const unknownKind = v.pipe(
  v.object({ kind: v.picklist(['counter', 'gauge', 'histogram'], kindText) }, 'a measure'),
  v.custom<Measure>(() => false, kindText),
);

/** Any measure, as the document of the routes tells it. */
const measure = v.union([measureKinds.counter, measureKinds.gauge, measureKinds.histogram]);

const oneSum = v.object({ n: count, sum });
const oneShare = v.pipe(
  oneSum,
  v.check(({ n, sum: part }) => part <= n, 'at most n'),
);

/** The fields of a bucket that hold what was measured, by name, as the document tells them. */
export const measuredFields = {
  histograms: v.optional(v.record(v.string(), histogram)),
  sums: v.optional(v.object({ heapMb: v.optional(oneSum), fetchErrors: v.optional(oneShare) })),
  measures: v.optional(v.record(v.string(), measure)),
};

/** The same as they are read: first by name alone, then one by one. */
export const unreadFields = {
  histograms: v.optional(v.record(v.string(), v.unknown()), {}),
  sums: v.optional(v.record(v.string(), v.unknown()), {}),
  measures: v.optional(v.record(v.string(), v.unknown()), {}),
};

type Unread = Readonly<Record<string, unknown>>;

/** What a bucket measured. Names that are none of ours are left out. */
export interface Measured {
  readonly histograms: Readonly<Record<string, Histogram>>;
  readonly sums: Sums;
  readonly measures: Measures;
}

/** Reads what a bucket measured; a string says what is wrong with it. */
export function readMeasured(sent: { histograms: Unread; sums: Unread; measures: Unread }): Measured | string {
  const histograms = readEach('histograms', sent.histograms, isTimingName, () => histogram);
  if (typeof histograms === 'string') return histograms;
  const sums = readEach('sums', sent.sums, isSumName, (_, name) => (name === 'fetchErrors' ? oneShare : oneSum));
  if (typeof sums === 'string') return sums;
  const measures = readEach('measures', sent.measures, isMeasureName, measureSchemaOf);
  return typeof measures === 'string' ? measures : { histograms, sums, measures };
}

// Chosen by kind, so that what is said of a mistake is about that kind.
function measureSchemaOf(value: unknown): v.GenericSchema<unknown, Measure> {
  const kind = isObject(value) ? value['kind'] : undefined;
  return kind === 'counter' || kind === 'gauge' || kind === 'histogram' ? measureKinds[kind] : unknownKind;
}

const isMeasureName = (name: string): boolean => measureNamePattern.test(name);

function readEach<Output>(
  field: string,
  values: Unread,
  isName: (name: string) => boolean,
  schemaOf: (value: unknown, name: string) => v.GenericSchema<unknown, Output>,
): Readonly<Record<string, Output>> | string {
  const read = new Map<string, Output>();
  for (const name of Object.keys(values).filter(isName).slice(0, maxMeasures)) {
    const value = values[name];
    const result = v.safeParse(schemaOf(value, name), value);
    if (!result.success) {
      const [error] = fieldErrors(result.issues, `/${field}/${name}`);
      return error ? `${error.pointer}: ${error.message}, found ${error.value}` : `/${field}/${name}`;
    }
    read.set(name, result.output);
  }
  return Object.fromEntries(read);
}
