import type { ConnectionEvent } from '../../observe/connectionEvent.js';
import type { EventClass } from '../../observe/eventClass.js';
import type { Observation } from '../../observe/observe.js';

/** Where observations go. A sink that throws is caught and reported once; it never reaches the page. */
export interface Sink {
  /** Shown in the devtools, and named by rules. */
  readonly name: string;
  /**
   * Takes one observation, soon after it happened and never while rendering.
   * @param subject first 24 hex digits of the digest of feature and targeting key
   * @param eventClass what a rule of the host said; default: by the kind of the observation
   */
  observe(observation: Observation, subject: string, eventClass?: EventClass): void;
  /** Takes a change of the connection, in order with the observations. */
  connection?(event: ConnectionEvent): void;
  /** Sends what is waiting, such as when the page is hidden. */
  flush?(): void;
  /** Flushes and lets go of timers and listeners. */
  close?(): void;
}
