// What a strict receiver of OTLP/JSON holds a request to: proto3's JSON mapping with OTLP's deviations (enums are integers, keys
// are lowerCamelCase), and what metrics.proto, logs.proto and common.proto say of values.

/** Says what is wrong with a value at a place. */
type Check = (value: unknown, at: string, problems: string[]) => void;

const scalar =
  (expected: string, accepts: (value: unknown) => boolean): Check =>
  (value, at, problems) => {
    if (!accepts(value)) problems.push(`${at}: ${JSON.stringify(value)} is not ${expected}`);
  };

const isIn = (text: unknown, from: bigint, to: bigint): boolean =>
  typeof text === 'string' && /^(0|-?[1-9]\d*)$/.test(text) && BigInt(text) >= from && BigInt(text) <= to;
const uint64 = scalar('a decimal string of 64 bits', (value) => isIn(value, 0n, 2n ** 64n - 1n));
const int64 = scalar('a decimal string of 64 bits', (value) => isIn(value, -(2n ** 63n), 2n ** 63n - 1n));
const int32 = scalar('an integer of 32 bits', (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31);
const double = scalar('a finite number', (value) => typeof value === 'number' && Number.isFinite(value));
const text = scalar('text', (value) => typeof value === 'string');
const nonEmptyText = scalar('text', (value) => typeof value === 'string' && value !== '');
const bool = scalar('true or false', (value) => typeof value === 'boolean');

const listOf =
  (check: Check, minimum = 0): Check =>
  (value, at, problems) => {
    if (!Array.isArray(value) || value.length < minimum) problems.push(`${at}: not a list of ${minimum} or more`);
    else value.forEach((item, index) => check(item, `${at}[${index}]`, problems));
  };

/** @param oneOf exactly one of these fields is there */
const message =
  (fields: Readonly<Record<string, Check>>, required: readonly string[] = [], oneOf: readonly string[] = []): Check =>
  (value, at, problems) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return void problems.push(`${at}: no object`);
    const given = Object.entries(value);
    for (const [key, field] of given) {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (check) check(field, `${at}.${key}`, problems);
      else problems.push(`${at}.${key}: no such field`);
    }
    for (const key of required) if (!Object.hasOwn(value, key)) problems.push(`${at}.${key}: missing`);
    const members = given.filter(([key]) => oneOf.includes(key));
    if (oneOf.length > 0 && members.length !== 1) problems.push(`${at}: ${members.length} of ${oneOf.join(', ')}`);
  };

const both =
  (...checks: readonly Check[]): Check =>
  (value, at, problems) =>
    checks.forEach((check) => check(value, at, problems));

const anyValue = message(
  { stringValue: text, boolValue: bool, intValue: int64, doubleValue: double },
  [],
  ['stringValue', 'boolValue', 'intValue', 'doubleValue'],
);
const attributes = both(
  listOf(message({ key: nonEmptyText, value: anyValue }, ['key', 'value'])),
  (value, at, problems) => {
    const keys = Array.isArray(value) ? value.map(({ key }) => String(key)) : [];
    if (new Set(keys).size !== keys.length) problems.push(`${at}: keys twice`);
  },
);
const resource = message({ attributes }, ['attributes']);
const scope = message({ name: nonEmptyText, version: text }, ['name']);

interface RawPoint {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly count: string;
  readonly zeroCount: string;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly scale: number;
  readonly positive: { readonly offset: number; readonly bucketCounts: readonly string[] };
}

const times: Check = (value, at, problems) => {
  const { startTimeUnixNano, timeUnixNano } = value as RawPoint;
  if (BigInt(timeUnixNano) <= BigInt(startTimeUnixNano)) problems.push(`${at}: an interval without length`);
};
const pointFields = { attributes, startTimeUnixNano: uint64, timeUnixNano: uint64 };
const timeFields = ['attributes', 'startTimeUnixNano', 'timeUnixNano'];
const numberPoint = both(
  message({ ...pointFields, asInt: int64, asDouble: double }, timeFields, ['asInt', 'asDouble']),
  times,
);
const buckets = message({ offset: int32, bucketCounts: listOf(uint64) }, ['offset', 'bucketCounts']);
const holdsTogether: Check = (value, at, problems) => {
  const { count, zeroCount, sum, min, max, scale, positive } = value as RawPoint;
  const total = positive.bucketCounts.reduce((added, one) => added + BigInt(one), BigInt(zeroCount));
  if (total !== BigInt(count)) problems.push(`${at}: buckets hold ${total} of ${count}`);
  if (!(min <= max && sum >= min && sum <= max * Number(count) * (1 + 1e-9)))
    problems.push(`${at}: sum beside min and max`);
  if (scale < -10 || scale > 20) problems.push(`${at}: scale ${scale}`);
  const boundary = (index: number): number => 2 ** (2 ** -scale * (positive.offset + index));
  const filled = [...positive.bucketCounts.entries()].filter(([, one]) => one !== '0').map(([index]) => index);
  const [first, last] = [filled[0], filled.at(-1)];
  if (last !== undefined && !(max <= boundary(last + 1) * (1 + 1e-9) && max > boundary(last) * (1 - 1e-9)))
    problems.push(`${at}: max ${max} is not in the last bucket`);
  if (first !== undefined && zeroCount === '0' && !(min <= boundary(first + 1) * (1 + 1e-9)))
    problems.push(`${at}: min ${min} is not in the first bucket`);
};
const histogramPoint = both(
  message(
    {
      ...pointFields,
      count: uint64,
      sum: double,
      min: double,
      max: double,
      scale: int32,
      zeroCount: uint64,
      positive: buckets,
    },
    [...timeFields, 'count', 'sum', 'scale', 'zeroCount', 'positive'],
  ),
  times,
  holdsTogether,
);
const isDelta = scalar('AGGREGATION_TEMPORALITY_DELTA, 1', (value) => value === 1);
const metric = message(
  {
    name: scalar('an instrument name', (value) => /^[A-Za-z][A-Za-z0-9_.\-/]{0,254}$/.test(String(value))),
    unit: scalar('a unit of at most 63 ASCII characters', (value) => /^[\x20-\x7e]{1,63}$/.test(String(value))),
    sum: message({ aggregationTemporality: isDelta, isMonotonic: bool, dataPoints: listOf(numberPoint, 1) }, [
      'aggregationTemporality',
      'isMonotonic',
      'dataPoints',
    ]),
    gauge: message({ dataPoints: listOf(numberPoint, 1) }, ['dataPoints']),
    exponentialHistogram: message({ aggregationTemporality: isDelta, dataPoints: listOf(histogramPoint, 1) }, [
      'aggregationTemporality',
      'dataPoints',
    ]),
  },
  ['name', 'unit'],
  ['sum', 'gauge', 'exponentialHistogram'],
);
const hasNoTwins: Check = (value, at, problems) => {
  const names = Array.isArray(value)
    ? value.map(({ name, unit, ...kind }) => [name, unit, ...Object.keys(kind)].join())
    : [];
  if (new Set(names).size !== names.length) problems.push(`${at}: a metric twice`);
};
const scopeMetrics = message({ scope, metrics: both(listOf(metric, 1), hasNoTwins) }, ['scope', 'metrics']);
const metricsRequest = message(
  {
    resourceMetrics: listOf(
      message({ resource, scopeMetrics: listOf(scopeMetrics, 1) }, ['resource', 'scopeMetrics']),
      1,
    ),
  },
  ['resourceMetrics'],
);

const logRecord = message(
  {
    timeUnixNano: uint64,
    observedTimeUnixNano: uint64,
    severityNumber: scalar(
      'a severity of 1 to 24',
      (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 24,
    ),
    severityText: text,
    eventName: nonEmptyText,
    attributes,
  },
  ['timeUnixNano', 'observedTimeUnixNano', 'eventName', 'attributes'],
);
const scopeLogs = message({ scope, logRecords: listOf(logRecord, 1) }, ['scope', 'logRecords']);
const logsRequest = message(
  { resourceLogs: listOf(message({ resource, scopeLogs: listOf(scopeLogs, 1) }, ['resource', 'scopeLogs']), 1) },
  ['resourceLogs'],
);

/** What is wrong with a request; nothing for one that holds. */
export function checkOtlp(path: string, value: unknown): readonly string[] {
  const problems: string[] = [];
  if (path === '/v1/metrics') metricsRequest(value, 'metrics', problems);
  else if (path === '/v1/logs') logsRequest(value, 'logs', problems);
  else problems.push(`no such path ${path}`);
  return problems;
}
