import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/** Where a package keeps the published definitions, as opentelemetry/proto/…; not every install has it. */
const publishedRoot = fileURLToPath(
  new URL('../../../node_modules/@opentelemetry/otlp-grpc-exporter-base/build/protos', import.meta.url),
);
const publishedFile = 'opentelemetry/proto/collector/metrics/v1/metrics_service.proto';

// The part of OpenTelemetry's protocol that a receiver of metrics needs; numbers and types are those of its definition.
const ownText = `
syntax = "proto3";
package opentelemetry.proto.collector.metrics.v1;
message ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1; }
message ExportMetricsServiceResponse { ExportMetricsPartialSuccess partial_success = 1; }
message ExportMetricsPartialSuccess { int64 rejected_data_points = 1; string error_message = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeMetrics { InstrumentationScope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message InstrumentationScope { string name = 1; string version = 2; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message Metric {
  string name = 1; string description = 2; string unit = 3;
  oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10; }
}
enum AggregationTemporality {
  AGGREGATION_TEMPORALITY_UNSPECIFIED = 0; AGGREGATION_TEMPORALITY_DELTA = 1; AGGREGATION_TEMPORALITY_CUMULATIVE = 2;
}
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; AggregationTemporality aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { AggregationTemporality aggregation_temporality = 2; }
message ExponentialHistogram {
  repeated ExponentialHistogramDataPoint data_points = 1; AggregationTemporality aggregation_temporality = 2;
}
message NumberDataPoint {
  repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
}
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message ExponentialHistogramDataPoint {
  repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
  optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8; Buckets negative = 9;
  optional double min = 12; optional double max = 13;
}`;

/** One data point, its attributes as a record. */
export interface DecodedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly type: 'sum' | 'gauge' | 'exponentialHistogram';
  readonly temporality: string | undefined;
  readonly isMonotonic: boolean | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly startMs: number;
  readonly endMs: number;
  readonly value: number | undefined;
  readonly histogram:
    | {
        readonly count: number;
        readonly sum: number;
        readonly min: number;
        readonly max: number;
        readonly scale: number;
        readonly zeroCount: number;
        readonly offset: number;
        readonly bucketCounts: readonly number[];
      }
    | undefined;
}

export interface DecodedRequest {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string | undefined;
  readonly points: readonly DecodedPoint[];
}

export type Decode = (bytes: Uint8Array) => DecodedRequest;

const excerpt = protobuf.parse(ownText).root;

/** Decodes by our own excerpt of the definition. */
export const decodeByExcerpt: Decode = decodeWith(excerpt);

/** Reads a request in JSON as a receiver does, and says it in protobuf. */
export function encodeJson(request: Record<string, unknown>): Uint8Array {
  const type = excerpt.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
  return type.encode(type.fromObject(request)).finish();
}

/** What a receiver says of points that it did not take. */
export interface PartialSuccess {
  readonly rejectedDataPoints?: number;
  readonly errorMessage?: string;
}

/** An answer as a receiver gives it. */
export function encodePartialSuccess(partialSuccess: PartialSuccess): Uint8Array {
  const type = excerpt.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse');
  return type.encode(type.fromObject({ partialSuccess })).finish();
}

/** Decodes by the definition as it was published. */
export async function loadPublished(): Promise<Decode> {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => join(publishedRoot, target);
  return decodeWith(await root.load(publishedFile));
}

type Json = Readonly<Record<string, unknown>>;
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const attributesOf = (value: unknown): Json =>
  Object.fromEntries(list(value).map(({ key, value: any }) => [String(key), Object.values(record(any))[0]]));

function decodeWith(root: protobuf.Root): Decode {
  const type = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
  return (bytes) => {
    const decoded: Json = type.toObject(type.decode(bytes), { longs: Number, enums: String });
    const [resourceMetrics = {}] = list(decoded['resourceMetrics']);
    const [scopeMetrics = {}] = list(resourceMetrics['scopeMetrics']);
    return {
      resource: attributesOf(record(resourceMetrics['resource'])['attributes']),
      scope: record(scopeMetrics['scope'])['name'] as string | undefined,
      points: list(scopeMetrics['metrics']).flatMap(pointsOf),
    };
  };
}

function pointsOf(metric: Json): readonly DecodedPoint[] {
  const type = (['sum', 'gauge', 'exponentialHistogram'] as const).find((one) => one in metric);
  if (type === undefined) throw new Error(`no known type of metric in ${Object.keys(metric).join(', ')}`);
  const data = record(metric[type]);
  return list(data['dataPoints']).map((point) => {
    const positive = record(point['positive']);
    return {
      metric: String(metric['name']),
      unit: String(metric['unit']),
      type,
      temporality: data['aggregationTemporality'] as string | undefined,
      isMonotonic: data['isMonotonic'] as boolean | undefined,
      attributes: attributesOf(point['attributes']),
      startMs: Number(point['startTimeUnixNano']) / 1e6,
      endMs: Number(point['timeUnixNano']) / 1e6,
      value: (point['asInt'] ?? point['asDouble']) as number | undefined,
      histogram:
        type === 'exponentialHistogram'
          ? {
              count: Number(point['count'] ?? 0),
              sum: Number(point['sum'] ?? 0),
              min: Number(point['min'] ?? 0),
              max: Number(point['max'] ?? 0),
              scale: Number(point['scale'] ?? 0),
              zeroCount: Number(point['zeroCount'] ?? 0),
              offset: Number(positive['offset'] ?? 0),
              bucketCounts: (Array.isArray(positive['bucketCounts']) ? positive['bucketCounts'] : []).map(Number),
            }
          : undefined,
    };
  });
}
