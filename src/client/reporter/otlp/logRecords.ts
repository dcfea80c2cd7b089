import type { ConnectionEvent } from '../../../observe/connectionEvent.js';
import type { Observation } from '../../../observe/observe.js';
import { flagAttributes, samplingAttributes } from './conventions.js';
import { attribute, bytesOf, nanosOf, scope, type Body, type KeyValue, type Resource } from './encoding.js';

/** Events that wait to be sent. */
export interface LogRecords {
  /** @returns how many were given up for want of room */
  add(observation: Observation, subject: string, nowMs: number): number;
  /** @returns how many were given up for want of room */
  addConnection(event: ConnectionEvent, nowMs: number): number;
  /** How many wait. */
  size(): number;
  /** Takes out what fits, failures and the connection first. */
  take(maxBytes: number): Body | undefined;
}

const maxRecords = 500;
const emptyRequestBytes = 128;
// Metrics tell of them.
const noLosses: Body['losses'] = new Map();
const info = { severityNumber: 9, severityText: 'INFO' } as const;
const warning = { severityNumber: 13, severityText: 'WARN' } as const;
const error = { severityNumber: 17, severityText: 'ERROR' } as const;

/** @source OTLP 1.9, opentelemetry/proto/logs/v1/logs.proto */
export function createLogRecords(resource: Resource): LogRecords {
  let urgent: string[] = [];
  let evaluations: string[] = [];
  const resourceBytes = bytesOf(JSON.stringify(resource)) + emptyRequestBytes;

  const push = (to: string[], record: object): number => {
    to.push(JSON.stringify(record));
    if (urgent.length + evaluations.length <= maxRecords) return 0;
    // What is urgent is little and tells most: it goes last.
    (evaluations.length > 0 ? evaluations : urgent).shift();
    return 1;
  };

  return {
    add(observation, subject, nowMs) {
      const record = writeRecord(observation, subject, nowMs);
      return record ? push(observation.kind === 'failure' ? urgent : evaluations, record) : 0;
    },
    addConnection: (event, nowMs) => push(urgent, writeConnection(event, nowMs)),
    size: () => urgent.length + evaluations.length,
    take(maxBytes) {
      const taken: string[] = [];
      let bytes = resourceBytes;
      const fits = (text: string): boolean => (bytes += bytesOf(text) + 1) <= maxBytes || taken.length === 0;
      const takeFrom = (waiting: readonly string[]): string[] => {
        const end = waiting.findIndex((text) => !(fits(text) && taken.push(text)));
        return end < 0 ? [] : waiting.slice(end);
      };
      urgent = takeFrom(urgent);
      if (urgent.length === 0) evaluations = takeFrom(evaluations);
      if (taken.length === 0) return undefined;
      const head = JSON.stringify({ resource }).slice(0, -1);
      const scopeLogs = `[{"scope":${JSON.stringify(scope)},"logRecords":[${taken.join(',')}]}]`;
      const text = `{"resourceLogs":[${head},"scopeLogs":${scopeLogs}}]}`;
      return { text, items: taken.length, losses: noLosses, hasMore: urgent.length + evaluations.length > 0 };
    },
  };
}

/**
 * Exposures are `feature_flag.evaluation` events, failures `exception` events; nothing else is an event.
 * @source semantic conventions 1.44: event.feature_flag.evaluation, "Semantic conventions for exceptions in logs"
 */
function writeRecord(observation: Observation, subject: string, nowMs: number): object | undefined {
  const times = { timeUnixNano: nanosOf(observation.atMs), observedTimeUnixNano: nanosOf(nowMs) };
  const { epoch, revision } = observation;
  const flag = [
    ...flagAttributes(observation),
    ...samplingAttributes(observation),
    attribute('feature_flag.context.id', subject),
    attribute('feature_flag.version', `${epoch}.${revision}`),
  ];
  if (observation.kind === 'exposure') {
    const isError = observation.reason === 'ERROR';
    const attributes = isError ? [...flag, attribute('error.type', 'general')] : flag;
    return { ...times, ...info, eventName: 'feature_flag.evaluation', attributes };
  }
  if (observation.kind !== 'failure') return undefined;
  const { phase, name, message, componentStack, v1AlsoFailed = false, class: kind } = observation.failure;
  const attributes: readonly KeyValue[] = [
    ...flag,
    attribute('exception.type', name),
    attribute('exception.message', message),
    attribute('switchback.failure.phase', phase),
    ...(v1AlsoFailed ? [attribute('switchback.failure.v1_also_failed', true)] : []),
    ...(kind === undefined ? [] : [attribute('switchback.failure.class', kind)]),
    ...(componentStack === undefined ? [] : [attribute('switchback.component_stack', componentStack)]),
  ];
  return { ...times, ...error, eventName: 'exception', attributes };
}

function writeConnection({ from, to, atMs }: ConnectionEvent, nowMs: number): object {
  const isWorse = to === 'degraded' || to === 'polling' || to === 'offline';
  return {
    timeUnixNano: nanosOf(atMs),
    observedTimeUnixNano: nanosOf(nowMs),
    ...(isWorse ? warning : info),
    eventName: 'switchback.connection',
    attributes: [attribute('switchback.connection.from', from), attribute('switchback.connection.to', to)],
  };
}
