import type { Observation } from '../../../observe/observe.js';
import { emptyHistogram, isRecordable, recordIn, type OpenHistogram } from '../../../observe/histogram.js';
import { measurementsOf, metricAttributes, type Measurement } from './conventions.js';
import { attribute, bytesOf, nanosOf, scope, type Body, type KeyValue, type Lost, type Resource } from './encoding.js';

/** Numbers that wait to be sent: what was added since the last time, by stream. */
export interface MetricPoints {
  add(observation: Observation, nowMs: number): void;
  /** Counts what never arrived, to be told with the next body. */
  addLost(why: Lost, items: number): void;
  /** Takes out what fits. */
  take(maxBytes: number, nowMs: number): Body | undefined;
}

interface Point {
  readonly measurement: Measurement;
  readonly attributes: readonly KeyValue[];
  readonly startMs: number;
  items: number;
  value: number;
  readonly histogram: OpenHistogram | undefined;
}

/** A page has few streams; a host that makes names up must not fill the memory. */
const maxPoints = 500;
const maxOverflowPoints = 50;
// A delta: what was added since the point before.
const aggregationTemporality = 1;
const overflow = [attribute('otel.metric.overflow', true)];
const emptyRequestBytes = 64;

/** @source OTLP 1.9, opentelemetry/proto/metrics/v1/metrics.proto; overflow as in the metrics SDK's cardinality limits */
export function createMetricPoints(resource: Resource): MetricPoints {
  let points = new Map<string, Point>();
  let losses = new Map<Lost, number>();
  let lossesSinceMs = 0;
  const resourceBytes = bytesOf(JSON.stringify(resource)) + emptyRequestBytes;

  const open = (measurement: Measurement, attributes: readonly KeyValue[], nowMs: number): Point | undefined => {
    const { kind, name, unit } = measurement;
    const find = (of: readonly KeyValue[], limit: number): Point | undefined => {
      const key = JSON.stringify([kind, name, unit, of]);
      let point = points.get(key);
      if (!point && points.size < limit) {
        const histogram = kind === 'histogram' ? { ...emptyHistogram, b: [] } : undefined;
        point = { measurement, attributes: of, startMs: nowMs, items: 0, value: 0, histogram };
        points.set(key, point);
      }
      return point;
    };
    return find(attributes, maxPoints) ?? find(overflow, maxPoints + maxOverflowPoints);
  };

  const addMeasurement = (measurement: Measurement, labels: readonly KeyValue[], nowMs: number): void => {
    const { value, attributes = [] } = measurement;
    if (!Number.isFinite(value) || (measurement.kind === 'histogram' && !isRecordable(value))) return;
    const point = open(measurement, [...labels, ...attributes], nowMs);
    if (!point) return addLost('queue_full', 1);
    point.items++;
    if (point.histogram) recordIn(point.histogram, value);
    else if (measurement.kind === 'gauge') point.value = value;
    else point.value += value;
  };

  const addLost = (why: Lost, items: number): void => void losses.set(why, (losses.get(why) ?? 0) + items);

  return {
    add(observation, nowMs) {
      lossesSinceMs ||= nowMs;
      const labels = metricAttributes(observation);
      for (const measurement of measurementsOf(observation)) addMeasurement(measurement, labels, nowMs);
    },
    addLost,
    take(maxBytes, nowMs) {
      const metrics = new Map<string, Measurement & { readonly dataPoints: object[] }>();
      const kept = new Map<string, Point>();
      let bytes = resourceBytes;
      let items = 0;
      const write = (point: Point): boolean => {
        const { kind, name, unit } = point.measurement;
        const dataPoint = writePoint(point, nowMs);
        bytes += bytesOf(JSON.stringify(dataPoint)) + name.length + unit.length + emptyRequestBytes;
        if (bytes > maxBytes && metrics.size > 0) return false;
        const key = JSON.stringify([kind, name, unit]);
        const metric = metrics.get(key) ?? { ...point.measurement, dataPoints: [] };
        metrics.set(key, metric);
        metric.dataPoints.push(dataPoint);
        items += point.items;
        return true;
      };
      const told = losses;
      for (const [why, value] of told) write(lossPoint(why, value, lossesSinceMs || nowMs));
      for (const [key, point] of points) if (!write(point)) kept.set(key, point);
      if (metrics.size === 0) return undefined;
      points = kept;
      losses = new Map();
      lossesSinceMs = nowMs;
      const text = JSON.stringify({
        resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [...metrics.values()].map(writeMetric) }] }],
      });
      return { text, items, losses: told, hasMore: kept.size > 0 };
    },
  };
}

const lossPoint = (why: Lost, value: number, startMs: number): Point => ({
  measurement: { kind: 'count', name: 'switchback.dropped', unit: '{observation}', value },
  attributes: [attribute('error.type', why)],
  startMs,
  items: 0,
  value,
  histogram: undefined,
});

function writeMetric({
  kind,
  name,
  unit,
  dataPoints,
}: Measurement & { readonly dataPoints: readonly object[] }): object {
  if (kind === 'gauge') return { name, unit, gauge: { dataPoints } };
  if (kind === 'histogram') return { name, unit, exponentialHistogram: { aggregationTemporality, dataPoints } };
  return { name, unit, sum: { aggregationTemporality, isMonotonic: true, dataPoints } };
}

function writePoint({ measurement, attributes, startMs, value, histogram }: Point, nowMs: number): object {
  // An interval without length is refused by some.
  const endMs = Math.max(nowMs, startMs + 1);
  const labelled = { attributes, startTimeUnixNano: nanosOf(startMs), timeUnixNano: nanosOf(endMs) };
  if (measurement.kind === 'count') return { ...labelled, asInt: String(value) };
  if (!histogram) return { ...labelled, asDouble: value };
  const { n, sum, min, max, s, z, o, b } = histogram;
  return {
    ...labelled,
    count: String(n),
    sum,
    min,
    max,
    scale: s,
    zeroCount: String(z),
    positive: { offset: o, bucketCounts: b.map(String) },
  };
}
