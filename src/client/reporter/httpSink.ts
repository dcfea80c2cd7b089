import type { OnInternalFault } from '../../error.js';
import { systemClock, type Clock } from '../clock.js';
import { createExchange } from '../exchange.js';
import { fetchChunk } from '../fetchChunk.js';
import { globalFetch, readServiceUrl, type Fetch } from '../source/serviceUrl.js';
import { randomHex } from '../targetingKey.js';
import type { HttpReporterOptions } from './httpReporter.js';
import type { OnHide } from './onHide.js';
import type { SendBeacon } from './sender.js';
import type { Sink } from './sink.js';

export interface HttpSinkOptions {
  /** Where the service's public routes are, such as `/api`; batches go to `metrics` below it. */
  readonly url: string;
  /** Names the host's build in the batches; at most 64 characters are sent. */
  readonly build?: string | undefined;
  /** Hears of our own failures, each kind at most once a minute. */
  readonly onInternalFault?: OnInternalFault | undefined;
  readonly fetch?: Fetch | undefined;
  /** null: there is none. */
  readonly sendBeacon?: SendBeacon | null | undefined;
  readonly clock?: Clock | undefined;
  /** Draws from [0, 1). */
  readonly random?: (() => number) | undefined;
  /** 32 hex digits; default: drawn anew for each sink. */
  readonly senderId?: string | undefined;
  /** Default: the page is hidden or left. */
  readonly onHide?: OnHide | undefined;
  /** Fetches the code that sends; default: by `import`. */
  readonly load?: (() => Promise<{ createHttpReporter(options: HttpReporterOptions): Sink }>) | undefined;
}

const maxWaiting = 500;
const timeoutMs = 10_000;

/**
 * Reports to a Switchback service. The code that sends is fetched with the first observation; up to 500 of them wait for it,
 * further ones are counted as dropped.
 * @throws SwitchbackError `invalid-option` for a url that is not a non-empty string
 */
export function httpSink(options: HttpSinkOptions): Sink {
  const url = readServiceUrl(options.url);
  const { clock = systemClock, fetch = globalFetch, load = () => import('./httpReporter.js') } = options;
  const { onInternalFault, random = Math.random, senderId = randomHex() } = options;
  let waiting: Parameters<Sink['observe']>[] = [];
  let dropped = 0;
  let reporter: Sink | undefined;
  let stopFetching: (() => void) | undefined;
  let onceThere: 'flush' | 'close' | undefined;

  const fetchReporter = () =>
    fetchChunk(
      load,
      clock,
      ({ createHttpReporter }) => {
        const { post } = createExchange({ fetch, clock, code: 'report-failed', timeoutMs });
        reporter ??= createHttpReporter({ ...options, url, post, clock, random, senderId, dropped });
        for (const observed of waiting) reporter.observe(...observed);
        waiting = [];
        // The page may have been hidden before its reporter could see it.
        if (typeof document !== 'undefined' && document.visibilityState === 'hidden') onceThere ??= 'flush';
        if (onceThere) reporter[onceThere]?.();
        onceThere = undefined;
      },
      (error) => onInternalFault?.('report', error),
    );

  return {
    name: 'http',
    observe(...observed) {
      if (reporter) return reporter.observe(...observed);
      if (onceThere === 'close') onceThere = 'flush';
      if (waiting.length < maxWaiting) waiting.push(observed);
      else dropped++;
      stopFetching ??= fetchReporter();
    },
    flush() {
      if (reporter) reporter.flush?.();
      else onceThere ??= 'flush';
    },
    close() {
      stopFetching?.();
      stopFetching = undefined;
      if (reporter) reporter.close?.();
      else onceThere = 'close';
    },
  };
}
