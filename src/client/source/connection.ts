import { assertNever, showValue, SwitchbackError } from '../../error.js';
import { compareOrder, defaultDelivery, type Order } from '../../evaluate/snapshot.js';
import type { Clock } from '../clock.js';
import type { OnWake } from './onWake.js';
import type { Fetch } from './serviceUrl.js';
import { requestSnapshot, requestTimeoutMs, type SnapshotAnswer } from './snapshotRequest.js';
import type { SourceListener, SourceStatus } from './source.js';
import { readOrder, readStreamEvent, streamEventTypes, type StreamEvent } from './streamEvent.js';
import { withTimeout } from './withTimeout.js';

/** The part of the browser's EventSource that is used. */
export interface EventStream {
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

export type EventStreamConstructor = new (url: string) => EventStream;

export interface ConnectionOptions {
  readonly url: string;
  readonly fetch: Fetch;
  readonly EventSource: EventStreamConstructor | null | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onWake: OnWake;
  readonly listener: SourceListener;
  readonly order: () => Order | null;
}

/** One run of an http source, from start to stop. */
export interface Connection {
  confirm(order: Order): void;
  stop(): void;
}

const watchdogMs = 18_000;
const healthyMs = 60_000;
const errorSpreadMs = 2_000;
const maxReconnectMs = 30_000;
const minPollMs = 1_000;
const maxPollMs = 7 * 86_400_000;

type Timer = 'get' | 'poll' | 'connect' | 'watchdog' | 'healthy';

/** Connects: a GET and the stream at the same time, so that the first snapshot comes by the faster road. */
export function connect(options: ConnectionOptions): Connection {
  const { url, clock, random, listener, EventSource } = options;
  const timers = new Map<Timer, () => void>();
  const aborts = new Set<AbortController>();
  let stopped = false;
  let status: SourceStatus | undefined;
  let stream: EventStream | undefined;
  let live = false;
  let lastEventMs = 0;
  let attempt = 0;
  let getting = false;
  let queued: string | undefined;
  let reconnectAfterGet = false;
  let etag: string | null = null;
  let pollMs = defaultDelivery.pollMs;
  let notBeforeMs = 0;
  let streamId: string | undefined;
  let confirmed: Order | undefined;
  let unconfirmed: Order | undefined;

  // Whatever the listener throws, the source goes on.
  const tell = (call: () => void): void => {
    if (stopped) return;
    try {
      call();
    } catch (error) {
      try {
        listener.fault('listener', error);
      } catch {
        // There is nobody left to tell.
      }
    }
  };
  const fault = (operation: string, error: unknown) => tell(() => listener.fault(operation, error));
  const become = (next: SourceStatus, error?: SwitchbackError): void => {
    if (next === status) return;
    status = next;
    tell(() => listener.status(next, error));
  };
  const isKnown = (order: Order | null): boolean => {
    let known: Order | null = null;
    tell(() => (known = options.order()));
    return order !== null && known !== null && compareOrder(known, order) >= 0;
  };

  const cancel = (timer: Timer): void => {
    timers.get(timer)?.();
    timers.delete(timer);
  };
  const later = (timer: Timer, delayMs: number, run: () => void): void => {
    cancel(timer);
    if (stopped) return;
    const fire = () => {
      timers.delete(timer);
      run();
    };
    timers.set(timer, clock.after(delayMs, fire));
  };

  /** Delivers a snapshot; returns whether the client now has it, or had a newer one. */
  const deliver = (value: unknown): boolean => {
    tell(() => listener.snapshot(value));
    const wanted = Object(Object(value).delivery).pollMs;
    pollMs = wanted >= minPollMs && wanted <= maxPollMs ? wanted : defaultDelivery.pollMs;
    const accepted = isKnown(readOrder(value));
    if (accepted) tell(() => listener.contact());
    return accepted;
  };

  const get = (path = '/snapshot'): void => {
    cancel('get');
    // An answer under way may be older than what is asked for now.
    if (getting) queued = path;
    if (getting || stopped) return;
    const waitMs = notBeforeMs - clock.now();
    if (waitMs > 0) return later('get', waitMs, () => get(path));
    const abort = new AbortController();
    aborts.add(abort);
    getting = true;
    const isLatest = path === '/snapshot';
    void requestSnapshot(url + path, isLatest ? etag : null, { ...options, abort }).then((answer) => {
      aborts.delete(abort);
      getting = false;
      if (!stopped) receive(answer, isLatest);
    });
  };
  const getWithin = (spreadMs: number, path?: string): void => {
    if (!timers.has('get')) later('get', random() * spreadMs, () => get(path));
  };

  const receive = (answer: SnapshotAnswer, isLatest: boolean): void => {
    let next = queued;
    queued = undefined;
    if (answer.status === 'missing' && !isLatest) next ??= '/snapshot';
    else if (answer.status === 'fresh' || answer.status === 'unchanged') {
      if (answer.status === 'unchanged') tell(() => listener.contact());
      else {
        const accepted = deliver(answer.value);
        // Without its etag a refused snapshot is asked for again in full: "unchanged" would say that what is known holds.
        if (isLatest) etag = accepted ? answer.etag : null;
      }
      if (!stream) become('polling');
      if (reconnectAfterGet) open();
    } else {
      const error =
        answer.status === 'failed' ? answer.error : new SwitchbackError('snapshot-failed', `${url}: snapshot 404`);
      if (answer.status === 'failed') notBeforeMs = clock.now() + answer.retryAfterMs;
      fault('snapshot', error);
      if (!live) become('offline', error);
    }
    reconnectAfterGet = false;
    if (next !== undefined) get(next);
    else if (!live) pollLater();
  };
  const pollLater = () => later('poll', pollMs * (0.8 + 0.4 * random()), get);

  const open = (): void => {
    cancel('connect');
    if (stopped || stream || !EventSource) return;
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
    } catch (error) {
      lose('refused', error);
    }
  };
  const close = (): void => {
    const closed = stream;
    stream = streamId = undefined;
    live = false;
    cancel('watchdog');
    cancel('healthy');
    closed?.close();
  };
  const lose = (how: string, cause?: unknown): void => {
    close();
    fault('stream', new SwitchbackError('stream-failed', `${url}: stream ${how}`, { cause }));
    // A GET under way polls on by itself.
    if (!getting) getWithin(errorSpreadMs);
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
      fault('stream', new SwitchbackError('stream-failed', `${url}: malformed ${type} ${showValue(data)}`));
      getWithin(errorSpreadMs);
      return;
    }
    if (event.type !== 'bye' && !live) {
      live = true;
      cancel('poll');
      later('healthy', healthyMs, () => (attempt = 0));
      become('live');
    }
    act(event);
  };
  const act = (event: StreamEvent): void => {
    switch (event.type) {
      case 'hello':
        streamId = event.streamId;
        confirmed = undefined;
        tell(() => listener.contact(event.nowMs));
        if (unconfirmed) confirm(unconfirmed);
        return;
      case 'snapshot':
        deliver(event.value);
        return;
      case 'revision': {
        const { order, kills, emergency, spreadMs } = event;
        const isNews = !isKnown(order);
        tell(() => listener.kills(order, kills, emergency));
        if (isNews) getWithin(spreadMs, `/snapshot/${order.epoch}-${order.revision}`);
        return;
      }
      case 'heartbeat':
        if (isKnown(event.order)) tell(() => listener.contact(event.nowMs));
        else if (!getting) getWithin(errorSpreadMs);
        return;
      case 'bye':
        close();
        later('connect', event.retryMs, open);
        pollLater();
        return;
      default:
        assertNever(event);
    }
  };

  const confirm = (order: Order): void => {
    if (stopped || (confirmed && compareOrder(order, confirmed) <= 0)) return;
    if (streamId === undefined) {
      unconfirmed = order;
      return;
    }
    confirmed = order;
    unconfirmed = undefined;
    const abort = new AbortController();
    aborts.add(abort);
    const init = {
      method: 'POST',
      keepalive: true,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streamId, epoch: order.epoch, revision: order.revision }),
    };
    withTimeout(abort, clock, requestTimeoutMs, (signal) => options.fetch(`${url}/confirm`, { ...init, signal }))
      .then((response) => {
        if (!response.ok) throw new Error(`confirm ${response.status}`);
      })
      .catch((error: unknown) => fault('confirm', error))
      .finally(() => aborts.delete(abort));
  };

  const wake = (): void => {
    // Timers stand still while the machine sleeps: the watchdog may not know yet.
    if (stream && clock.now() - lastEventMs > watchdogMs) lose('silent while asleep');
    reconnectAfterGet = stream === undefined;
    if (!getting) get();
  };

  become('connecting');
  open();
  get();
  let stopWaking = () => {};
  tell(() => (stopWaking = options.onWake(wake)));

  return {
    confirm,
    stop() {
      if (stopped) return;
      close();
      stopped = true;
      for (const timer of timers.keys()) cancel(timer);
      for (const abort of aborts) abort.abort();
      stopWaking();
    },
  };
}
