import type { ConnectionEvent } from '../observe/connectionEvent.js';
import type { Observation } from '../observe/observe.js';
import type { OnInternalFault } from '../error.js';
import type { Sink } from './reporter/sink.js';

/** Hands observations to the sinks, later than whatever caused them and in order. */
export interface Observer {
  observe(observation: Observation, subject: string): void;
  connection(event: ConnectionEvent): void;
  close(): void;
}

// A sink that holds the page up for so long twice in a row gets nothing for ten times as long. Once may be the machine, which had
// other things to do.
const slowMs = 100;

/**
 * @param onFault told of a sink that throws, rejects or holds the page up, once per sink
 * @param see sees an observation as it is made; the sinks get what it returns. Must not throw.
 */
export function createObserver(
  sinks: readonly Sink[],
  onFault: OnInternalFault,
  see: (observation: Observation) => Observation = (observation) => observation,
): Observer {
  let waiting: (readonly [Observation, string] | ConnectionEvent)[] = [];
  const faulty = new Set<Sink>();
  const slow = new Set<Sink>();
  const restUntilMs = new Map<Sink, number>();

  const failed = (sink: Sink, error: unknown): void => {
    if (!faulty.has(sink)) onFault(`sink ${sink.name}`, error);
    faulty.add(sink);
  };
  const attempt = (sink: Sink, run: () => unknown): void => {
    try {
      const result = run();
      // Who makes it async must not make its rejection the page's.
      if (result instanceof Promise) result.catch((error) => failed(sink, error));
    } catch (error) {
      failed(sink, error);
    }
  };

  const deliver = (): void => {
    const given = waiting;
    waiting = [];
    for (const sink of sinks) {
      const startedMs = performance.now();
      if (startedMs < (restUntilMs.get(sink) ?? 0)) continue;
      const wasSlow = slow.delete(sink);
      let sinceMs = startedMs;
      for (const one of given) {
        attempt(sink, () => ('kind' in one ? sink.connection?.(one) : sink.observe(...one)));
        const nowMs = performance.now();
        if (nowMs - sinceMs < slowMs) continue;
        if (wasSlow || slow.has(sink)) {
          restUntilMs.set(sink, startedMs + 11 * (nowMs - startedMs));
          failed(sink, new Error(`held the page up for ${nowMs - startedMs} ms`));
          break;
        }
        slow.add(sink);
        sinceMs = nowMs;
      }
    }
  };
  const wait = (one: (typeof waiting)[number]): void => {
    waiting.push(one);
    if (waiting.length === 1) queueMicrotask(deliver);
  };

  return {
    observe: (observation, subject) => wait([see(observation), subject]),
    connection: wait,
    close() {
      deliver();
      for (const sink of sinks) attempt(sink, () => sink.close?.());
    },
  };
}
