// Comes in: observations. Goes out: OTLP/HTTP requests in JSON, metrics and logs apart, to a collector. Who calls: otlpSink.
import { eventClassOf } from '../../../observe/eventClass.js';
import type { Clock } from '../../clock.js';
import { isInSample } from '../inSample.js';
import { onPageHide, type OnHide } from '../onHide.js';
import type { Sink } from '../sink.js';
import { attribute, type AttributeValue, type Lost } from './encoding.js';
import { createLane } from './lane.js';
import { createLogRecords } from './logRecords.js';
import { createMetricPoints } from './metricPoints.js';
import { postOtlp } from './postOtlp.js';

/** What the entry chunk hands over, so that this one shares no code with it. */
export interface OtlpReporterOptions {
  /** Without a slash at its end: `/v1/metrics` and `/v1/logs` go below it. */
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, AttributeValue>>;
  readonly hasLogs: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  /** How many observations were lost before this was there. */
  readonly dropped: number;
  /** Told of our own failures, each time. */
  readonly fault: (what: string, cause?: unknown) => void;
  readonly onHide?: OnHide | undefined;
}

const flushIntervalMs = 10_000;
/** Events that are not made to wait. */
const flushEvents = 50;
/** Requests that outlive their page share 64 KiB: one of each kind, and room for others. */
const maxBodyBytes = 24 * 1_024;

/** Sends every 10 s, at 50 events, and when the page is hidden. */
export function createOtlpReporter(options: OtlpReporterOptions): Sink {
  const { url, clock, random, hasLogs, onHide = onPageHide } = options;
  const resource = {
    attributes: Object.entries(options.resource).map(([key, value]) => attribute(key, value)),
  };
  const points = createMetricPoints(resource);
  const records = createLogRecords(resource);
  if (options.dropped > 0) points.addLost('queue_full', options.dropped);
  let cancelFlush: (() => void) | undefined;
  // From the first observation on, so that a client that is only created holds nothing.
  let stopHiding: (() => void) | undefined;

  const lost = (why: Lost, items: number): void => points.addLost(why, items);
  const lane = (signal: string, take: Parameters<typeof createLane>[0]['take']) =>
    createLane({
      post: (text) => postOtlp(`${url}/v1/${signal}`, text, options),
      take,
      lost,
      fault: (what, cause) => options.fault(`${signal}: ${what}`, cause),
      clock,
      random,
    });
  const lanes = [
    lane('metrics', () => points.take(maxBodyBytes, clock.now())),
    lane('logs', () => records.take(maxBodyBytes)),
  ];

  const stopTimer = (): void => {
    cancelFlush?.();
    cancelFlush = undefined;
  };
  const flush = (): void => {
    stopTimer();
    for (const { send } of lanes) send();
  };
  const leave = (): void => {
    stopTimer();
    for (const one of lanes) one.leave();
  };

  const seen = (givenUp: number): void => {
    if (givenUp > 0) lost('queue_full', givenUp);
    if (records.size() >= flushEvents) flush();
    else cancelFlush ??= clock.after(flushIntervalMs, flush);
  };

  return {
    name: 'otlp',
    observe(given, subject, eventClass = eventClassOf(given.kind)) {
      // What is critical is never sampled.
      const { sampling = 1, ...whole } = given;
      const isCritical = eventClass === 'critical';
      if (!isCritical && !isInSample(subject, sampling)) return;
      const observation = isCritical ? whole : given;
      stopHiding ??= onHide(leave);
      const nowMs = clock.now();
      points.add(observation, nowMs);
      seen(hasLogs ? records.add(observation, subject, nowMs) : 0);
    },
    connection(event) {
      if (!hasLogs) return;
      stopHiding ??= onHide(leave);
      seen(records.addConnection(event, clock.now()));
    },
    flush,
    close() {
      stopHiding?.();
      stopHiding = undefined;
      stopTimer();
      for (const one of lanes) one.close();
    },
  };
}
