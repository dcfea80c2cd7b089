import { compareOrder, type Order } from '../../evaluate/snapshot.js';
import { isObject } from '../../evaluate/kind.js';
import { refuseOption } from '../../error.js';
import { onPageHide, type OnHide } from '../reporter/onHide.js';
import { connectForeign } from './foreignConnection.js';
import { readForeignOptions, type ForeignSourceOptions } from './foreignOptions.js';
import type { EventStreamConstructor } from './streamHost.js';
import { readOfrepAnswer, readOfrepStreams } from './ofrepAnswer.js';
import { createRefetchStreams } from './refetchStreams.js';
import type { Source } from './source.js';

/** Where an engine that speaks OFREP is, and how it is asked. */
export interface OfrepSourceOptions extends ForeignSourceOptions {
  /** Where the engine is: the part before `/ofrep/v1`, such as `https://flags.example.com`; the page's own origin is `/`. */
  readonly url: string;
  /** Sent with each evaluation, such as `authorization`; a function is asked each time. Streams cannot send any. */
  readonly headers?: HeadersOf | undefined;
  /** null: polling only, as where the browser has none. */
  readonly EventSource?: EventStreamConstructor | null | undefined;
  /** Default: the page is hidden. */
  readonly onHide?: OnHide | undefined;
}

/** Headers by name. */
type HeaderValues = Readonly<Record<string, string>>;
/** The same headers each time, or what gives them. */
type HeadersOf = HeaderValues | (() => HeaderValues);

const refetchSpreadMs = 300;
/** How long answers older than the newest are taken for those of a replica that lags. */
const lagMs = 30_000;

/**
 * Takes assignments from any engine that speaks OpenFeature's Remote Evaluation Protocol: at once, when its event stream says so,
 * and by polling.
 * @throws SwitchbackError `invalid-option`
 * @source docs/contracts.md part 10
 */
export function ofrepSource(options: OfrepSourceOptions): Source {
  const { url, flagKeys, fetch, clock, random, onWake, pollMs } = readForeignOptions(options);
  const { headers = {}, onHide = onPageHide } = options;
  if (!isObject(headers) && typeof headers !== 'function') refuseOption('headers', 'an object or a function', headers);
  const bulkUrl = `${url}/ofrep/v1/evaluate/flags`;

  return {
    name: 'ofrep',
    storageKey: `ofrep:${url}`,
    dependsOnContext: true,
    start(listener, { context, order }) {
      const EventSource = options.EventSource === undefined ? globalThis.EventSource : options.EventSource;
      let newest: { readonly order: Order; readonly atMs: number } | undefined;
      let urls: readonly string[] = [];
      let inactivityMs = Infinity;
      let isAsleep = false;
      let cancelSleep = () => {};

      const streams =
        EventSource &&
        createRefetchStreams({
          EventSource,
          clock,
          random,
          onRefetch: (query) => connection.refetch(refetchSpreadMs, query),
          onChange: () => connection.restate(),
          onFault(error) {
            connection.failed();
            connection.tell((to) => to.fault('stream', error));
          },
        });
      const connection = connectForeign({
        url: bulkUrl,
        fetch,
        clock,
        random,
        onWake,
        pollMs,
        listener,
        order,
        isLive: () => Boolean(streams?.isOpen()),
        ask: (etag, query) => ({
          url: query ? `${bulkUrl}?${query}` : bulkUrl,
          init: {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              ...(etag === null ? {} : { 'if-none-match': etag }),
              ...(typeof headers === 'function' ? headers() : headers),
            },
            body: JSON.stringify({ context }),
          },
        }),
        read(value) {
          const answer = readOfrepAnswer(value, flagKeys);
          if (answer?.order) {
            const nowMs = clock.now();
            const isOlder = newest && compareOrder(answer.order, newest.order) < 0;
            if (isOlder && Math.abs(nowMs - newest!.atMs) < lagMs) throw new Error('a replica that lags answered');
            newest = { order: answer.order, atMs: nowMs };
          }
          return answer;
        },
        onAnswer(value) {
          ({ urls, inactivityMs } = readOfrepStreams(value, url));
          if (!isAsleep) streams?.follow(urls);
        },
        wake() {
          cancelSleep();
          const wasAsleep = isAsleep;
          isAsleep = false;
          if (wasAsleep) streams?.follow(urls);
          return wasAsleep;
        },
      });
      let stopHiding = () => {};
      connection.tell(() => {
        stopHiding = onHide(() => {
          cancelSleep();
          cancelSleep = clock.after(inactivityMs, () => {
            isAsleep = true;
            streams?.close();
            connection.restate();
          });
        });
      });
      return () => {
        connection.stop();
        cancelSleep();
        stopHiding();
        streams?.close();
      };
    },
  };
}
