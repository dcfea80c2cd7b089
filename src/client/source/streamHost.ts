import type { Order } from '../../evaluate/snapshot.js';
import type { Clock } from '../clock.js';
import type { Exchange } from '../exchange.js';
import type { SourceListener } from './source.js';

/** The part of the browser's EventSource that is used. */
export interface EventStream {
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

/** `EventSource`, or what stands in for it. */
export type EventStreamConstructor = new (url: string) => EventStream;

/** The connection a stream belongs to. */
export interface StreamHost {
  readonly url: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly post: Exchange['post'];
  /** What the client has. */
  readonly order: () => Order | null;
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
}

/** As a connection gives it. It hands over what the stream needs, so that this chunk shares no code with it. */
export interface ConnectionHost extends StreamHost {
  /** The stream was opened or closed, or `quality`: it speaks. */
  changed(isOpen: boolean, quality: StreamQuality | null): void;
}

export type StreamQuality = 'live' | 'degraded';

export interface LiveStream {
  /** Opens the stream unless it is open. */
  open(): void;
  close(): void;
  /** Timers stand still while the machine sleeps: looks whether the stream is silent for too long. */
  wake(): void;
  /** A request found nothing. */
  missed(): void;
  /** Tells the service once per stream that kills up to `order` are on this screen. */
  confirm(order: Order): void;
}

export interface LiveStreamModule {
  createLiveStream(host: ConnectionHost, EventSource: EventStreamConstructor): LiveStream;
}
