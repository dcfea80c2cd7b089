import type { OnInternalFault } from '../../error.js';
import type { ConnectionEvent } from '../../observe/connectionEvent.js';
import type { Observation } from '../../observe/observe.js';
import { systemClock, type Clock } from '../clock.js';
import { createExchange } from '../exchange.js';
import { fetchChunk } from '../fetchChunk.js';
import { openStorage } from '../storage.js';
import { globalFetch, readServiceUrl, type Fetch } from '../source/serviceUrl.js';
import { randomHex } from '../targetingKey.js';
import type { QueueLocks } from './claims.js';
import type { createHttpReporter } from './httpReporter.js';
import type { OnHide } from './onHide.js';
import type { SendBeacon } from './sender.js';
import type { Sink } from './sink.js';
import type { createTallyQueue } from './tallyQueue.js';

/** Where batches are sent, and where they wait meanwhile. */
export interface HttpSinkOptions {
  /** Where the service's public routes are, such as `/api`; batches go to `metrics` below it. */
  readonly url: string;
  /** Names the host's build in the batches; at most 64 characters are sent. */
  readonly build?: string | undefined;
  /** Hears of our own failures, each kind at most once a minute. */
  readonly onInternalFault?: OnInternalFault | undefined;
  /** Where batches wait that could not be sent; default localStorage, `false` for memory only. */
  readonly storage?: Storage | false | undefined;
  readonly fetch?: Fetch | undefined;
  /** null: there is none. */
  readonly sendBeacon?: SendBeacon | null | undefined;
  /** Default: the browser's. Null: there are none, and two tabs may send the same stored batch; the service counts it once. */
  readonly locks?: QueueLocks | null | undefined;
  readonly clock?: Clock | undefined;
  /** Draws from [0, 1). */
  readonly random?: (() => number) | undefined;
  /** 32 hex digits; default: drawn anew for each sink. */
  readonly senderId?: string | undefined;
  /** Default: the page is hidden or left. */
  readonly onHide?: OnHide | undefined;
  /** Fetches the code that sends; default: by `import`. @internal */
  readonly load?: (() => Promise<ReporterCode>) | undefined;
}

/** What sends: chunks that are fetched side by side. */
export type ReporterCode = readonly [
  { readonly createHttpReporter: typeof createHttpReporter },
  { readonly createTallyQueue: typeof createTallyQueue },
];

const maxWaiting = 500;
const timeoutMs = 10_000;
/** How long a failure waits for the code that sends it, at most. */
const rescueMs = 5_000;
/** Stays far below what a service takes in one batch. */
const maxRescued = 100;

/**
 * Reports to a Switchback service. The code that sends is fetched with the first observation; the last 500 of them wait for it,
 * older ones are counted as dropped. Where that code is gone, failures are sent without it.
 * @throws SwitchbackError `invalid-option` for a url that is not a non-empty string
 */
export function httpSink(options: HttpSinkOptions): Sink {
  const url = readServiceUrl(options.url);
  const { clock = systemClock, fetch = globalFetch, load = loadReporter } = options;
  const { onInternalFault, random = Math.random, senderId = randomHex() } = options;
  const { post } = createExchange({ fetch, clock, code: 'report-failed', timeoutMs });
  let waiting: Observed[] = [];
  let changes: ConnectionEvent[] = [];
  let dropped = 0;
  let seq = 0;
  let reporter: Sink | undefined;
  let stopFetching: (() => void) | undefined;
  let onceThere: 'flush' | 'close' | undefined;
  let stopRescue: (() => void) | undefined;

  const onCode = ([sending, tallying]: ReporterCode): void => {
    stopRescue?.();
    const storage = openStorage(options.storage, onInternalFault);
    const given = { ...options, ...tallying, url, post, storage, clock, random, senderId, seq, dropped };
    const there = (reporter ??= sending.createHttpReporter(given));
    for (const observed of waiting) there.observe(...observed);
    for (const change of changes) there.connection?.(change);
    waiting = [];
    changes = [];
    // The page may have been hidden before its reporter could see it.
    if (globalThis.document?.visibilityState === 'hidden') onceThere ??= 'flush';
    if (onceThere) there[onceThere]?.();
    onceThere = undefined;
  };
  // The smallest batch there can be: what is absent counts as 0. What a failure says stays here.
  const rescue = (): void => {
    stopRescue = undefined;
    const failed = waiting.filter(isFailure);
    waiting = waiting.filter((observed) => !isFailure(observed));
    const sent = failed.slice(-maxRescued);
    const untold = dropped + failed.length - sent.length;
    const body = {
      schema: 1,
      senderId,
      seq: ++seq,
      dropped: { queueFull: untold },
      subjects: Object.fromEntries(sent.map(([{ feature }, subject]) => [feature, subject])),
      buckets: sent.map(([{ failure, times = 1, atMs, ...labels }]) => ({
        ...labels,
        startMs: atMs - (atMs % 1e4),
        durationMs: 1e4,
        counts: { failed: { [failure.phase]: times } },
        units: { exposed: 1, error: 1 },
        sampling: 1,
      })),
    };
    dropped = 0;
    void post(`${url}/metrics`, JSON.stringify(body)).then(({ error }) => {
      if (error) dropped += untold + sent.length;
    });
  };

  return {
    name: 'http',
    observe(...observed) {
      if (reporter) return reporter.observe(...observed);
      if (onceThere === 'close') onceThere = 'flush';
      if (waiting.push(observed) > maxWaiting) {
        waiting.shift();
        dropped++;
      }
      if (isFailure(observed)) stopRescue ??= clock.after(rescueMs, rescue);
      stopFetching ??= fetchChunk(load, clock, onCode, (error) => onInternalFault?.('report', error));
    },
    connection(event) {
      if (reporter) reporter.connection?.(event);
      else if (changes.length < maxWaiting) changes.push(event);
    },
    flush() {
      if (reporter) reporter.flush?.();
      else onceThere ??= 'flush';
    },
    close() {
      stopFetching?.();
      stopFetching = undefined;
      if (reporter) return reporter.close?.();
      onceThere = 'close';
      stopRescue?.();
      if (stopRescue) rescue();
    },
  };
}

type Observed = Parameters<Sink['observe']>;
type Failed = [Extract<Observation, { kind: 'failure' }>, string];

const isFailure = (observed: Observed): observed is Observed & Failed => observed[0].kind === 'failure';

const loadReporter = (): Promise<ReporterCode> => Promise.all([import('./httpReporter.js'), import('./tallyQueue.js')]);
