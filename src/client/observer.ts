import type { ConnectionEvent } from '../observe/connectionEvent.js';
import type { Observation } from '../observe/observe.js';
import type { OnInternalFault } from '../error.js';
import type { Clock } from './clock.js';
import type { Sink } from './reporter/sink.js';

/** Hands observations to the sinks, later than whatever caused them and in order. */
export interface Observer {
  observe(observation: Observation, subject: string): void;
  connection(event: ConnectionEvent): void;
  close(): void;
}

/** One sink and what waits for it. */
interface Line {
  readonly sink: Sink;
  waiting: (readonly [Observation, string] | ConnectionEvent)[];
  isFaulty?: boolean;
  /** Ends the rest of a sink that took too long. */
  endRest?: (() => void) | undefined;
}

// A sink that holds the page up for so long rests ten times as long: it never has more than a tenth of the time.
const slowMs = 100;
const restFactor = 10;
// A clock that was set meanwhile looks like a very slow sink.
const maxRestMs = 60_000;
const maxWaiting = 500;

/**
 * @param onFault told of a sink that throws, rejects or holds the page up, once per sink
 * @param see sees an observation as it is made; the sinks get what it returns. Must not throw.
 */
export function createObserver(
  sinks: readonly Sink[],
  onFault: OnInternalFault,
  clock: Clock,
  see: (observation: Observation) => Observation = (observation) => observation,
): Observer {
  const lines = sinks.map((sink): Line => ({ sink, waiting: [] }));
  let isScheduled = false;

  const attempt = (line: Line, run: (sink: Sink) => unknown): void => {
    try {
      const result = run(line.sink);
      // Who makes it async must not make its rejection the page's.
      if (result instanceof Promise) result.catch((error: unknown) => fault(line, error));
    } catch (error) {
      fault(line, error);
    }
  };
  const fault = (line: Line, error: unknown): void => {
    if (line.isFaulty) return;
    line.isFaulty = true;
    onFault(`sink ${line.sink.name}`, error);
  };

  const endRest = (line: Line): void => {
    line.endRest?.();
    line.endRest = undefined;
  };
  const serve = (line: Line): void => {
    if (line.endRest) return;
    const given = line.waiting;
    line.waiting = [];
    const startedMs = clock.now();
    for (let at = 0; at < given.length; at++) {
      const one = given[at]!;
      attempt(line, (sink) => ('kind' in one ? sink.connection?.(one) : sink.observe(...one)));
      const tookMs = clock.now() - startedMs;
      if (tookMs < slowMs) continue;
      fault(line, new Error(`held the page up for ${tookMs} ms`));
      line.waiting = [...given.slice(at + 1), ...line.waiting];
      line.endRest = clock.after(Math.min(restFactor * tookMs, maxRestMs), () => {
        line.endRest = undefined;
        serve(line);
      });
      return;
    }
  };
  const deliver = (): void => {
    isScheduled = false;
    lines.forEach(serve);
  };
  const wait = (one: Line['waiting'][number]): void => {
    for (const line of lines) if (!line.endRest || line.waiting.length < maxWaiting) line.waiting.push(one);
    if (!isScheduled) queueMicrotask(deliver);
    isScheduled = true;
  };

  return {
    observe: (observation, subject) => wait([see(observation), subject]),
    connection: wait,
    close() {
      for (const line of lines) {
        endRest(line);
        serve(line);
        // Of what a slow sink has left by now nobody hears.
        endRest(line);
        line.waiting = [];
        attempt(line, (sink) => sink.close?.());
      }
    },
  };
}
