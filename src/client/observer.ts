import type { Observation } from '../observe/observe.js';
import type { OnInternalFault } from '../error.js';
import type { Sink } from './reporter/sink.js';

/** Hands observations to the sinks, later than whatever caused them and in order. */
export interface Observer {
  observe(observation: Observation, subject: string): void;
  close(): void;
}

/** @param onFault told of a sink that throws, once per sink */
export function createObserver(sinks: readonly Sink[], onFault: OnInternalFault): Observer {
  let waiting: (readonly [Observation, string])[] = [];
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
    const observations = waiting;
    waiting = [];
    for (const [observation, subject] of observations)
      for (const sink of sinks) attempt(sink, () => sink.observe(observation, subject));
  };

  return {
    observe(observation, subject) {
      waiting.push([observation, subject]);
      if (waiting.length === 1) queueMicrotask(deliver);
    },
    close() {
      deliver();
      for (const sink of sinks) attempt(sink, () => sink.close?.());
    },
  };
}
