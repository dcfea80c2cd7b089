import type { StreamHost } from './streamHost.js';
import { readStreamEvent, type StreamEvent } from './streamEvent.js';

/** Within how long trouble of a stream is answered by a GET. */
export const troubleSpreadMs = 2_000;

/** Reads an event, whoever heard it. One that makes no sense may have been a change: what is new is asked for. */
export function readHeardEvent(host: StreamHost, type: StreamEvent['type'], data: unknown): StreamEvent | undefined {
  const event = readStreamEvent(type, data);
  if (event) return event;
  host.fault(`sent a malformed ${type}: ${typeof data === 'string' ? data.slice(0, 64) : typeof data}`);
  host.getWithin(troubleSpreadMs);
  return undefined;
}

/** Does what an event says, but for the stream itself. */
export function actOnEvent(host: StreamHost, event: StreamEvent): void {
  switch (event.type) {
    case 'hello':
      host.tell((to) => to.contact(event.nowMs));
      return;
    case 'snapshot':
      host.deliver(event.value);
      return;
    case 'revision': {
      const { order, kills, emergency, spreadMs } = event;
      const isNews = !host.isKnown(order);
      host.announce(order, kills, emergency);
      if (isNews) host.getWithin(spreadMs, `/snapshot/${order.epoch}-${order.revision}`);
      return;
    }
    case 'heartbeat':
      if (host.isKnown(event.order)) host.tell((to) => to.contact(event.nowMs));
      else if (!host.isGetting()) host.getWithin(troubleSpreadMs);
      return;
    case 'bye':
      host.pollLater();
  }
}
