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

/**
 * @param onFault told of a sink that throws, once per sink
 * @param see sees an observation as it is made; the sinks get what it returns. Must not throw.
 */
export function createObserver(
  sinks: readonly Sink[],
  onFault: OnInternalFault,
  see: (observation: Observation) => Observation,
): Observer {
  let waiting: (readonly [Observation, string] | ConnectionEvent)[] = [];
  const faulty = new Set<Sink>();

  const attempt = (sink: Sink, run: () => void): void => {
    try {
      run();
    } catch (error) {
      if (faulty.has(sink)) return;
      faulty.add(sink);
      onFault(`sink ${sink.name}`, error);
    }
  };

  const deliver = (): void => {
    const given = waiting;
    waiting = [];
    for (const one of given)
      for (const sink of sinks) attempt(sink, () => ('kind' in one ? sink.connection?.(one) : sink.observe(...one)));
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
