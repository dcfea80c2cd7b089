// Comes in: events of the live stream. Goes out: kills, snapshots and signs of life, at once. Who calls: connection, by import().
import type { Order } from '../../evaluate/snapshot.js';
import type { Clock } from '../clock.js';
import type { Exchange } from '../exchange.js';
import type { SourceListener } from './source.js';
import { readStreamEvent, streamEventTypes, type StreamEvent } from './streamEvent.js';

/** The part of the browser's EventSource that is used. */
export interface EventStream {
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

export type EventStreamConstructor = new (url: string) => EventStream;

/** The connection a stream belongs to. It hands over what the stream needs, so that this chunk shares no code with it. */
export interface StreamHost {
  readonly url: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly post: Exchange['post'];
  tell(call: (to: SourceListener) => void): void;
  fault(how: string, cause?: unknown): void;
  isKnown(order: Order): boolean;
  compareOrder(a: Order, b: Order): number;
  cancel(timer: string): void;
  later(timer: string, delayMs: number, run: () => void): void;
  deliver(value: unknown): void;
  announce(order: Order, kills: readonly string[], emergency: boolean): void;
  /** Asks by GET, sometime within `spreadMs`. */
  getWithin(spreadMs: number, path?: string): void;
  isGetting(): boolean;
  pollLater(): void;
  /** The stream was opened or closed; `isLive`: it spoke. */
  changed(isOpen: boolean, isLive: boolean): void;
}

export interface LiveStream {
  /** Opens the stream unless it is open. */
  open(): void;
  close(): void;
  /** Timers stand still while the machine sleeps: looks whether the stream is silent for too long. */
  wake(): void;
  /** Tells the service once per stream that kills up to `order` are on this screen. */
  confirm(order: Order): void;
}

export interface LiveStreamModule {
  createLiveStream(host: StreamHost, EventSource: EventStreamConstructor): LiveStream;
}

const watchdogMs = 18_000;
const healthyMs = 60_000;
const errorSpreadMs = 2_000;
const maxReconnectMs = 30_000;

/** @source docs/contracts.md part 3 */
export function createLiveStream(host: StreamHost, EventSource: EventStreamConstructor): LiveStream {
  const { url, clock, random, tell, fault, cancel, later, isKnown, getWithin } = host;
  let stream: EventStream | undefined;
  let isLive = false;
  let lastEventMs = 0;
  let attempt = 0;
  let streamId: string | undefined;
  let confirmed: Order | undefined;
  let unconfirmed: Order | undefined;

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
  const close = (): void => {
    const closed = stream;
    stream = streamId = undefined;
    isLive = false;
    cancel('watchdog');
    cancel('healthy');
    host.changed(false, false);
    closed?.close();
  };
  const lose = (how: string, cause?: unknown): void => {
    close();
    fault(how, cause);
    // A GET under way polls on by itself.
    if (!host.isGetting()) getWithin(errorSpreadMs);
    // Growth by three keeps a fleet that lost its service together from coming back within one second.
    later('connect', random() * Math.min(maxReconnectMs, 1_000 * 3 ** attempt++), open);
  };
  const watch = (): void => {
    lastEventMs = clock.now();
    later('watchdog', watchdogMs, () => lose(`silent for ${watchdogMs} ms`));
  };

  const hear = (type: StreamEvent['type'], data: unknown): void => {
    watch();
    const event = readStreamEvent(type, data);
    if (event === undefined) {
      fault(`sent a malformed ${type}: ${typeof data === 'string' ? data.slice(0, 64) : typeof data}`);
      getWithin(errorSpreadMs);
      return;
    }
    if (event.type !== 'bye' && !isLive) {
      isLive = true;
      later('healthy', healthyMs, () => (attempt = 0));
      host.changed(true, true);
    }
    act(event);
  };
  const act = (event: StreamEvent): void => {
    switch (event.type) {
      case 'hello':
        streamId = event.streamId;
        confirmed = undefined;
        tell((to) => to.contact(event.nowMs));
        if (unconfirmed) confirm(unconfirmed);
        return;
      case 'snapshot':
        host.deliver(event.value);
        return;
      case 'revision': {
        const { order, kills, emergency, spreadMs } = event;
        const isNews = !isKnown(order);
        host.announce(order, kills, emergency);
        if (isNews) getWithin(spreadMs, `/snapshot/${order.epoch}-${order.revision}`);
        return;
      }
      case 'heartbeat':
        if (isKnown(event.order)) tell((to) => to.contact(event.nowMs));
        else if (!host.isGetting()) getWithin(errorSpreadMs);
        return;
      case 'bye':
        close();
        // Its spread was the first try's: whoever finds the service still away must not come back within the same second.
        attempt = Math.max(attempt, 2);
        later('connect', event.retryMs, open);
        host.pollLater();
    }
  };

  const confirm = (order: Order): void => {
    if (confirmed && host.compareOrder(order, confirmed) <= 0) return;
    if (streamId === undefined) {
      unconfirmed = order;
      return;
    }
    confirmed = order;
    unconfirmed = undefined;
    const body = JSON.stringify({ streamId, epoch: order.epoch, revision: order.revision });
    void host.post(`${url}/confirm`, body).then(({ error }) => {
      if (error) tell((to) => to.fault('confirm', error));
    });
  };

  return {
    open,
    close,
    confirm,
    wake() {
      if (stream && clock.now() - lastEventMs > watchdogMs) lose('silent while asleep');
    },
  };
}
