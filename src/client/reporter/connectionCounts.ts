import type { ConnectionEvent, ConnectionQuality } from '../../observe/connectionEvent.js';

/** How often the connection came to be each way, by that way. */
export type ConnectionCounts = Readonly<Partial<Record<ConnectionQuality, number>>>;

/** The service takes no higher count. */
const maxCount = 10_000;

/** Counts changes of the connection until the next batch takes them along. They are critical: never sampled, never dropped for room. */
export function createConnectionCounts() {
  let counts: Partial<Record<ConnectionQuality, number>> = {};
  return {
    add({ to }: ConnectionEvent): void {
      counts[to] = Math.min((counts[to] ?? 0) + 1, maxCount);
    },
    /** @returns undefined when nothing changed */
    take(): ConnectionCounts | undefined {
      const taken = counts;
      counts = {};
      return Object.keys(taken).length > 0 ? taken : undefined;
    },
  };
}
