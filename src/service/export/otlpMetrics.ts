import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type ExponentialHistogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { emptyHistogram, type Histogram } from '../../observe/histogram.js';
import type { Counts } from '../../observe/tally.js';
import { assertNever } from '../../error.js';
import { nameOf, type Series } from './series.js';
import type { PointsToSend } from './totalsStore.js';

/** A metric that points are collected for; equal names have equal units. */
interface Open {
  readonly kind: 'sum' | 'gauge' | 'histogram';
  readonly unit: string;
  readonly description: string;
  readonly isInteger: boolean;
  readonly numbers: DataPoint<number>[];
  readonly histograms: DataPoint<ExponentialHistogram>[];
}

const counted = [
  ['attempts', '{attempt}', 'Gates that tried to show a version.'],
  ['exposures', '{exposure}', 'Versions that came to the screen.'],
  ['settled', '{episode}', 'Versions that were shown and worked.'],
  ['aborted', '{episode}', 'Gates that went away before they were done.'],
  ['suppressedByBreaker', '{episode}', 'Gates that the circuit breaker held on v1.'],
  ['overridden', '{episode}', 'Gates with a version that somebody chose locally.'],
] as const;

const metricOf: Readonly<Record<(typeof counted)[number][0], string>> = {
  attempts: 'switchback.attempts',
  exposures: 'switchback.exposures',
  settled: 'switchback.settled',
  aborted: 'switchback.aborted',
  suppressedByBreaker: 'switchback.suppressed_by_breaker',
  overridden: 'switchback.overridden',
};

// `commitMs` as `switchback.commit.duration`: the names that `otlpSink` sends by, too.
const durationNameOf = (timing: string): string =>
  `switchback.${timing.replace(/Ms$/, '').replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)}.duration`;

/** Says points in OpenTelemetry's words: delta sums, delta exponential histograms with the buckets as they are, gauges. */
export function toOtlpMetrics({ points, fromMs, untilMs }: PointsToSend): MetricData[] {
  const open = new Map<string, Open>();
  const [startTime, endTime] = [toHrTime(fromMs), toHrTime(untilMs)];
  const metric = (name: string, init: Omit<Open, 'numbers' | 'histograms'>): Open => {
    // A measure that changed its unit is another metric.
    const key = `${name} ${init.kind} ${init.unit}`;
    const found = open.get(key) ?? { ...init, numbers: [], histograms: [] };
    open.set(key, found);
    return found;
  };
  const count = (name: string, unit: string, description: string, value: number, attributes: Attributes): void => {
    if (value === 0) return;
    metric(name, { kind: 'sum', unit, description, isInteger: true }).numbers.push({
      startTime,
      endTime,
      attributes,
      value,
    });
  };
  const number = (
    name: string,
    init: { kind: 'sum' | 'gauge'; unit: string; description: string },
    value: number,
    attributes: Attributes,
  ): void => {
    metric(name, { ...init, isInteger: false }).numbers.push({ startTime, endTime, attributes, value });
  };
  const histogram = (
    name: string,
    unit: string,
    description: string,
    value: Histogram,
    attributes: Attributes,
  ): void => {
    metric(name, { kind: 'histogram', unit, description, isInteger: false }).histograms.push({
      startTime,
      endTime,
      attributes,
      value: toExponential(value),
    });
  };
  const counts = (value: Counts, attributes: Attributes): void => {
    for (const [field, unit, description] of counted)
      count(metricOf[field], unit, description, value[field], attributes);
    for (const [phase, failed] of Object.entries(value.failed))
      count('switchback.failures', '{failure}', 'Failures of a version, by phase.', failed, {
        ...attributes,
        'switchback.failure.phase': phase,
      });
  };

  for (const point of points) {
    const { value } = point;
    const attributes = attributesOf(point);
    const name = nameOf(point);
    switch (value.kind) {
      case 'counts':
        counts(value.counts, attributes);
        break;
      case 'timing':
        histogram(durationNameOf(name), 'ms', 'Durations of a version.', value.histogram, attributes);
        break;
      case 'sum':
        if (name === 'heapMb')
          number(
            'switchback.heap',
            { kind: 'gauge', unit: 'MBy', description: 'Heap of the page while a version was shown, on average.' },
            value.sum / value.n,
            attributes,
          );
        else {
          count(
            'switchback.fetch.errors',
            '{request}',
            'Watched requests without a good answer.',
            value.sum,
            attributes,
          );
          count('switchback.fetches', '{request}', 'Watched requests.', value.n, attributes);
        }
        break;
      case 'measure': {
        const { measure } = value;
        const { unit } = measure;
        const description = 'Measured by the host.';
        const measured = `switchback.measure.${name}`;
        if (measure.kind === 'histogram') histogram(measured, unit, description, measure, attributes);
        else if (measure.kind === 'counter')
          number(measured, { kind: 'sum', unit, description }, measure.sum, attributes);
        else number(measured, { kind: 'gauge', unit, description }, measure.last, attributes);
        break;
      }
      case 'other':
        count('switchback.other', '{value}', 'Values beyond the 200 series of a feature.', value.n, attributes);
        break;
      default:
        assertNever(value);
    }
  }
  return [...open].map(([key, found]) => toMetricData(key.slice(0, key.indexOf(' ')), found));
}

function toMetricData(name: string, { kind, unit, description, isInteger, numbers, histograms }: Open): MetricData {
  const valueType = isInteger ? ValueType.INT : ValueType.DOUBLE;
  const base = {
    descriptor: { name, unit, description, valueType },
    aggregationTemporality: AggregationTemporality.DELTA,
  };
  switch (kind) {
    case 'sum':
      return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: numbers };
    case 'gauge':
      return { ...base, dataPointType: DataPointType.GAUGE, dataPoints: numbers };
    case 'histogram':
      return { ...base, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints: histograms };
  }
}

const attributesOf = ({ feature, version, assigned }: Series): Attributes => ({
  'feature_flag.key': feature,
  'feature_flag.result.variant': version,
  'feature_flag.provider.name': 'switchback',
  'switchback.assigned': assigned,
});

// Ours are OpenTelemetry's own: scale, offset and counts go over as they are.
function toExponential({ s, n, z, sum, min, max, o, b }: Histogram = emptyHistogram): ExponentialHistogram {
  return {
    count: n,
    sum,
    min,
    max,
    scale: s,
    zeroCount: z,
    positive: { offset: o, bucketCounts: [...b] },
    negative: { offset: 0, bucketCounts: [] },
  };
}

const toHrTime = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
};
