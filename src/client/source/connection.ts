import { SwitchbackError } from '../../error.js';
import { compareOrder, defaultDelivery, isCount, isFeatureKey, type Order } from '../../evaluate/snapshot.js';
import type { Clock } from '../clock.js';
import { createExchange, type Answer } from '../exchange.js';
import { fetchChunk } from '../fetchChunk.js';
import type {
  ConnectionHost,
  EventStreamConstructor,
  LiveStream,
  LiveStreamModule,
  StreamQuality,
} from './streamHost.js';
import type { OnWake } from './onWake.js';
import type { Fetch } from './serviceUrl.js';
import type { SourceListener, SourceStatus } from './source.js';

export interface ConnectionOptions {
  readonly url: string;
  readonly fetch: Fetch;
  readonly EventSource: EventStreamConstructor | null | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onWake: OnWake;
  readonly loadStream: () => Promise<LiveStreamModule>;
  readonly listener: SourceListener;
  readonly order: () => Order | null;
}

/** One run of an http source, from start to stop. */
export interface Connection {
  confirm(order: Order): void;
  stop(): void;
}

const timeoutMs = 3_000;
const minPollMs = 1_000;
const missSpreadMs = 2_000;
const maxPollMs = 7 * 86_400_000;
const latest = '/snapshot';

/**
 * Connects: a GET and the stream at the same time, so that the first snapshot comes by the faster road. The stream's code is
 * a chunk of its own; GET and polls are not, so that a kill reaches a page whose chunks are all blocked.
 */
export function connect(options: ConnectionOptions): Connection {
  const { url, clock, random, listener, EventSource } = options;
  const exchange = createExchange({ ...options, code: 'snapshot-failed', timeoutMs });
  const timers = new Map<string, () => void>();
  let stopped = false;
  let status: SourceStatus | undefined;
  let stream: LiveStream | undefined;
  let liveAs: StreamQuality | null = null;
  // True from the start where there may be one, so that the status does not flicker.
  let hasStream = Boolean(EventSource);
  let getting = false;
  let misses = 0;
  let queued: string | undefined;
  let waiting: string | undefined;
  let reconnectAfterGet = false;
  let etag: string | null = null;
  let pollMs = defaultDelivery.pollMs;
  let notBeforeMs = 0;
  let restMs = 0;
  let unconfirmed: Order | undefined;

  // Whatever the listener throws, the source goes on.
  const tell = (call: (to: SourceListener) => void): void => {
    if (stopped) return;
    try {
      call(listener);
    } catch (error) {
      try {
        listener.fault('listener', error);
      } catch {
        // There is nobody left to tell.
      }
    }
  };
  const become = (next: SourceStatus, error?: SwitchbackError): void => {
    if (next === status) return;
    status = next;
    tell((to) => to.status(next, error));
  };
  const isKnown = ({ epoch, revision }: Order): boolean => {
    let known: Order | null = null;
    tell(() => (known = options.order()));
    return known !== null && isCount(epoch) && isCount(revision) && compareOrder(known, { epoch, revision }) >= 0;
  };

  const cancel = (timer: string): void => {
    timers.get(timer)?.();
    timers.delete(timer);
  };
  const later = (timer: string, delayMs: number, run: () => void): void => {
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
    tell((to) => to.snapshot(value));
    const wanted = Object(Object(value).delivery).pollMs;
    pollMs = wanted >= minPollMs && wanted <= maxPollMs ? wanted : defaultDelivery.pollMs;
    const accepted = isKnown(Object(value));
    if (accepted) tell((to) => to.contact());
    return accepted;
  };

  const get = async (path = latest): Promise<void> => {
    cancel('get');
    // An answer under way may be older than what is asked for now.
    if (getting) queued = path;
    if (getting || stopped) return;
    const waitMs = notBeforeMs - clock.now();
    // More than was asked for: the clock was set back.
    if (waitMs > 0 && waitMs <= restMs) return later('get', waitMs, () => void get(path));
    getting = true;
    const answer = await exchange.get(url + path, path === latest ? etag : null);
    getting = false;
    if (!stopped) receive(answer, path === latest);
  };
  const getWithin = (spreadMs: number, path?: string): void => {
    // Of two changes within one spread the later one counts.
    waiting = path;
    if (!timers.has('get')) later('get', random() * spreadMs, () => void get(waiting));
  };

  const receive = ({ status: code, error, ...answer }: Answer, isLatest: boolean): void => {
    let next = queued;
    queued = undefined;
    if (code === 404 && !isLatest) next ??= latest;
    else if (error) {
      restMs = answer.retryAfterMs;
      notBeforeMs = clock.now() + restMs;
      misses++;
      tell((to) => to.fault('snapshot', error));
      if (!liveAs) become('offline', error);
      stream?.missed();
    } else {
      misses = 0;
      if (code === 304) tell((to) => to.contact());
      else {
        const accepted = deliver(answer.value);
        // Without its etag a refused snapshot is asked for again in full: "unchanged" would say that what is known holds.
        if (isLatest) etag = (accepted && answer.etag) || null;
      }
      if (liveAs) become(liveAs);
      else if (!hasStream) become('polling');
      if (reconnectAfterGet) stream?.open();
    }
    reconnectAfterGet = false;
    if (next !== undefined) void get(next);
    else if (!liveAs) {
      pollLater();
      // One lost answer must not cost a page that only polls a whole interval more.
      if (misses === 1 && clock.now() >= notBeforeMs) getWithin(missSpreadMs);
    }
  };
  const pollLater = () => later('poll', pollMs * (0.8 + 0.4 * random()), () => void get());

  const fault = (how: string, cause?: unknown): void =>
    tell((to) => to.fault('stream', new SwitchbackError('stream-failed', `${url}: stream ${how}`, { cause })));
  const host: ConnectionHost = {
    ...options,
    post: exchange.post,
    tell,
    fault,
    isKnown,
    cancel,
    later,
    deliver,
    announce: (order, kills, emergency) => tell((to) => to.kills(order, kills.filter(isFeatureKey), emergency)),
    getWithin,
    isGetting: () => getting,
    pollLater,
    compareOrder,
    changed(isOpen, quality) {
      hasStream = isOpen;
      liveAs = quality;
      if (liveAs) {
        cancel('poll');
        become(liveAs);
      }
    },
  };

  become('connecting');
  const stopFetching =
    EventSource &&
    fetchChunk(
      options.loadStream,
      clock,
      ({ createLiveStream }) => {
        if (stopped) return;
        stream = createLiveStream(host, EventSource);
        stream.open();
        if (unconfirmed) stream.confirm(unconfirmed);
      },
      (error) => {
        hasStream = false;
        fault('cannot be loaded', error);
      },
    );
  void get();
  let stopWaking = () => {};
  tell(() => {
    stopWaking = options.onWake(
      () => {
        stream?.wake();
        reconnectAfterGet = !hasStream;
        if (!getting) void get();
      },
      // A browser may be wrong: an answer says so.
      () => {
        become('offline');
        getWithin(missSpreadMs);
      },
    );
  });

  return {
    confirm(order) {
      if (stream) stream.confirm(order);
      else unconfirmed = order;
    },
    stop() {
      if (stopped) return;
      stream?.close();
      stopped = true;
      stopFetching?.();
      for (const timer of timers.keys()) cancel(timer);
      exchange.abort();
      stopWaking();
    },
  };
}
