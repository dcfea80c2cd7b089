import type { Observation } from '../../../observe/observe.js';
import { flagAttributes } from './conventions.js';
import { attribute, bytesOf, nanosOf, scope, type Body, type KeyValue, type Resource } from './encoding.js';

/** Events that wait to be sent. */
export interface LogRecords {
  /** @returns how many were given up for want of room */
  add(observation: Observation, subject: string, nowMs: number): number;
  /** How many wait. */
  size(): number;
  /** Takes out what fits, failures first. */
  take(maxBytes: number): Body | undefined;
}

const maxRecords = 500;
const emptyRequestBytes = 128;
// Metrics tell of them.
const noLosses: Body['losses'] = new Map();
const info = { severityNumber: 9, severityText: 'INFO' } as const;
const error = { severityNumber: 17, severityText: 'ERROR' } as const;

/** @source OTLP 1.9, opentelemetry/proto/logs/v1/logs.proto */
export function createLogRecords(resource: Resource): LogRecords {
  let failures: string[] = [];
  let evaluations: string[] = [];
  const resourceBytes = bytesOf(JSON.stringify(resource)) + emptyRequestBytes;

  return {
    add(observation, subject, nowMs) {
      const record = writeRecord(observation, subject, nowMs);
      if (!record) return 0;
      (observation.kind === 'failure' ? failures : evaluations).push(JSON.stringify(record));
      if (failures.length + evaluations.length <= maxRecords) return 0;
      // Failures are few and tell most: they go last.
      (evaluations.length > 0 ? evaluations : failures).shift();
      return 1;
    },
    size: () => failures.length + evaluations.length,
    take(maxBytes) {
      const taken: string[] = [];
      let bytes = resourceBytes;
      const fits = (text: string): boolean => (bytes += bytesOf(text) + 1) <= maxBytes || taken.length === 0;
      const takeFrom = (waiting: readonly string[]): string[] => {
        const end = waiting.findIndex((text) => !(fits(text) && taken.push(text)));
        return end < 0 ? [] : waiting.slice(end);
      };
      failures = takeFrom(failures);
      if (failures.length === 0) evaluations = takeFrom(evaluations);
      if (taken.length === 0) return undefined;
      const head = JSON.stringify({ resource }).slice(0, -1);
      const scopeLogs = `[{"scope":${JSON.stringify(scope)},"logRecords":[${taken.join(',')}]}]`;
      const text = `{"resourceLogs":[${head},"scopeLogs":${scopeLogs}}]}`;
      return { text, items: taken.length, losses: noLosses, hasMore: failures.length + evaluations.length > 0 };
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
