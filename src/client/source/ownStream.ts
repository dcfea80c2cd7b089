import { readHeardEvent, troubleSpreadMs } from './heardEvent.js';
import type { RatedHost } from './ratedHost.js';
import type { EventStream, EventStreamConstructor, LiveStream } from './streamHost.js';
import { streamEventTypes, type StreamEvent } from './streamEvent.js';

/** Who is told of what a stream says. */
export interface StreamEars {
  /** An event as it came: JSON text, perhaps malformed. */
  arrived?(type: StreamEvent['type'], data: string): void;
  heard(event: StreamEvent): void;
  /** The stream is over, for now or for good; `isTrouble`: it broke. */
  closed(isTrouble: boolean): void;
}

/** A connection that says whether it is heard. */
interface OwnStream extends Omit<LiveStream, 'confirm' | 'missed'> {
  /** Whether two heartbeats are missing of a stream that is open: its watchdog is about to say so, unless timers stand still. */
  isSilent(): boolean;
}

const watchdogMs = 18_000;
const twoBeatsMs = 16_000;
const healthyMs = 60_000;
const maxReconnectMs = 30_000;

/** A connection of this tab, which comes back by itself until it is closed. */
export function createOwnStream(host: RatedHost, EventSource: EventStreamConstructor, ears: StreamEars): OwnStream {
  const { url, clock, random, fault, cancel, later } = host;
  let stream: EventStream | undefined;
  let isLive = false;
  let lastEventMs = 0;
  let attempt = 0;

  const open = (): void => {
    cancel('connect');
    if (stream) return;
    watch();
    try {
      const opened = (stream = new EventSource(`${url}/events`));
      for (const type of streamEventTypes)
        opened.addEventListener(type, (event) => {
          if (stream === opened) hear(type, 'data' in event ? event.data : undefined);
        });
      opened.addEventListener('error', () => {
        if (stream === opened) lose('broken');
      });
      host.changed(true, false);
    } catch (error) {
      lose('refused', error);
    }
  };
  const close = (isTrouble = false): void => {
    const closed = stream;
    stream = undefined;
    isLive = false;
    for (const timer of ['connect', 'watchdog', 'healthy']) cancel(timer);
    host.changed(false, false);
    closed?.close();
    ears.closed(isTrouble);
  };
  const lose = (how: string, cause?: unknown): void => {
    close(true);
    host.failed();
    fault(how, cause);
    // A GET under way polls on by itself.
    if (!host.isGetting()) host.getWithin(troubleSpreadMs);
    // Growth by three keeps a fleet that lost its service together from coming back within one second.
    later('connect', random() * Math.min(maxReconnectMs, 1_000 * 3 ** attempt++), open);
  };
  const watch = (): void => {
    lastEventMs = clock.now();
    later('watchdog', watchdogMs, () => lose(`silent for ${watchdogMs} ms`));
  };

  const hear = (type: StreamEvent['type'], data: unknown): void => {
    watch();
    ears.arrived?.(type, String(data));
    const event = readHeardEvent(host, type, data);
    if (!event) return;
    if (event.type === 'bye') {
      close();
      // Its spread was the first try's: whoever finds the service still away must not come back within the same second.
      attempt = Math.max(attempt, 2);
      later('connect', event.retryMs, open);
    } else {
      if (!isLive) later('healthy', healthyMs, () => (attempt = 0));
      isLive = true;
      host.changed(true, true);
    }
    ears.heard(event);
  };

  return {
    open,
    close: () => close(),
    isSilent: () => stream !== undefined && clock.now() - lastEventMs > twoBeatsMs,
    wake() {
      if (stream && clock.now() - lastEventMs > watchdogMs) lose('silent while asleep');
    },
  };
}
