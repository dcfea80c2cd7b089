import { SwitchbackError, type SwitchbackErrorCode } from '../error.js';
import type { Clock } from './clock.js';
import type { Fetch } from './source/serviceUrl.js';

/** What came of a request. */
export interface Answer {
  /** The HTTP status; 0 where there was no answer, or none that could be read. */
  readonly status: number;
  /** The parsed JSON; null for an empty body. */
  readonly value?: unknown;
  readonly etag?: string | null;
  /** How long the service wants to be left alone, at most an hour; 0: not said. */
  readonly retryAfterMs: number;
  /** For anything but 2xx and 304. */
  readonly error?: SwitchbackError;
}

export interface ExchangeOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** What a failure is called. */
  readonly code: SwitchbackErrorCode;
  readonly timeoutMs: number;
}

/** Asks the service, without ever rejecting. */
export interface Exchange {
  get(url: string, etag: string | null): Promise<Answer>;
  /**
   * Sends JSON text, in a way that outlives the page.
   * @param keepalive false: not so, because too much is under way that does
   */
  post(url: string, body: string, keepalive?: boolean): Promise<Answer>;
  /** Aborts what is under way. */
  abort(): void;
}

const maxRetryAfterMs = 3_600_000;

export function createExchange({ fetch, clock, code, timeoutMs }: ExchangeOptions): Exchange {
  const aborts = new Set<AbortController>();

  const send = async (url: string, init: RequestInit): Promise<Answer> => {
    const abort = new AbortController();
    aborts.add(abort);
    // A fetch of the host's own may not listen to its signal.
    const aborted = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason));
    });
    const cancel = clock.after(timeoutMs, () => abort.abort(new Error(`no answer in ${timeoutMs} ms`)));
    const failed = (what: unknown, status = 0, retryAfterMs = 0): Answer => ({
      status,
      retryAfterMs,
      error: new SwitchbackError(code, `${url}: ${status || 'no answer'}`, { cause: what }),
    });
    try {
      const response = await Promise.race([fetch(url, { ...init, signal: abort.signal }), aborted]);
      const { status, headers } = response;
      if (!response.ok && status !== 304)
        return failed(undefined, status, readRetryAfterMs(headers.get('retry-after'), clock.now()));
      // A 200 that is no JSON did not come from the service, but from a portal on the way there.
      const value: unknown = JSON.parse((await Promise.race([response.text(), aborted])) || 'null');
      return { status, value, etag: headers.get('etag'), retryAfterMs: 0 };
    } catch (error) {
      return failed(error);
    } finally {
      cancel();
      aborts.delete(abort);
    }
  };

  return {
    get: (url, etag) => send(url, { headers: etag === null ? {} : { 'if-none-match': etag } }),
    post: (url, body, keepalive = true) =>
      send(url, { method: 'POST', keepalive, headers: { 'content-type': 'application/json' }, body }),
    abort: () => aborts.forEach((abort) => abort.abort()),
  };
}

/** Reads a Retry-After header: seconds or a date. */
function readRetryAfterMs(header: string | null, nowMs: number): number {
  const ms = Number(header) * 1_000 || Date.parse(header ?? '') - nowMs;
  return ms > 0 ? Math.min(ms, maxRetryAfterMs) : 0;
}
