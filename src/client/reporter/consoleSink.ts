import type { Sink } from './sink.js';

/**
 * Prints observations, for development.
 * @param print default: `console.debug`
 */
export function consoleSink(
  // oxlint-disable-next-line no-console -- printing is what it is for
  print: (...values: unknown[]) => void = (...values) => console.debug(...values),
): Sink {
  return {
    name: 'console',
    observe(observation) {
      print(`[switchback] ${observation.feature} ${observation.version} ${observation.kind}`, observation);
    },
    connection(event) {
      print(`[switchback] connection ${event.from} → ${event.to}`, event);
    },
  };
}
