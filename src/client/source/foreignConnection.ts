import { SwitchbackError } from '../../error.js';
import { compareOrder, type Order } from '../../evaluate/snapshot.js';
import type { Clock } from '../clock.js';
import { countFailures } from './failures.js';
import type { ForeignAnswer } from './foreignAnswer.js';
import type { OnWake } from './onWake.js';
import type { Fetch } from './serviceUrl.js';
import type { SourceListener, SourceStatus } from './source.js';

export interface ForeignConnectionOptions {
  /** For messages: without a query, which may name a user. */
  readonly url: string;
  /** The next request; may throw. `etag`: what is known. `cause`: what an event said that made us ask; empty without one. */
  readonly ask: (etag: string | null, cause: string) => { readonly url: string; readonly init: RequestInit };
  /** Reads an answer; undefined: it is none. */
  readonly read: (value: unknown) => ForeignAnswer | undefined;
  /** Sees every answer that could be read. */
  readonly onAnswer?: (value: unknown) => void;
  readonly isLive?: () => boolean;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onWake: OnWake;
  /** The page became visible or online; true: ask as if nothing were known. */
  readonly wake?: () => boolean;
  readonly pollMs: number;
  readonly listener: SourceListener;
  readonly order: () => Order | null;
}

/** One run of a source that asks another engine, from start to stop. */
export interface ForeignConnection {
  /** Asks again within `spreadMs`; one that waits already is enough. */
  refetch(spreadMs: number, cause?: string): void;
  /** A stream failed. */
  failed(): void;
  /** Tells how things stand, after the stream came or went. */
  restate(): void;
  tell(call: (to: SourceListener) => void): void;
  stop(): void;
}

const timeoutMs = 3_000;
const maxTextLength = 2 ** 21;
const maxRetryAfterMs = 3_600_000;

/**
 * Asks at once, then every `pollMs` ± 20 %, whatever streams say: heartbeats of other engines are not heard, so that a stream
 * that is dead looks like one that is silent. Trouble is asked about again soon, what will not mend by itself seldom.
 */
export function connectForeign(options: ForeignConnectionOptions): ForeignConnection {
  const { clock, random, listener, pollMs } = options;
  let stopped = false;
  let status: SourceStatus | undefined;
  let getting: AbortController | undefined;
  let cancelNext = () => {};
  let nextAtMs = Infinity;
  let nextCause = '';
  let queued: string | undefined;
  let cancelTimeout = () => {};
  let notBeforeMs = 0;
  let restMs = 0;
  let attempt = 0;
  let isReached = false;
  let etag: string | null = null;
  let last: string | undefined;

  // Whatever the listener throws, the source goes on.
  const tell: ForeignConnection['tell'] = (call) => {
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
  const restate = (): void => {
    if (!isReached) return;
    if (!options.isLive?.()) return become('polling');
    become(failures.areMany() ? 'degraded' : 'live');
  };
  const failures = countFailures(clock, restate);
  const known = (): Order | null => {
    let order: Order | null = null;
    tell(() => (order = options.order()));
    return order;
  };

  const later = (delayMs: number, cause?: string): void => {
    if (stopped) return;
    // An answer under way may be older than what is asked for now.
    if (getting) queued = cause ?? queued;
    if (getting) return;
    const leftMs = notBeforeMs - clock.now();
    // More than was asked for: the clock was set back.
    const atMs = clock.now() + Math.max(delayMs, leftMs <= restMs ? leftMs : 0);
    nextCause = cause || nextCause;
    if (atMs >= nextAtMs) return;
    cancelNext();
    nextAtMs = atMs;
    cancelNext = clock.after(atMs - clock.now(), () => void get());
  };

  const get = async (): Promise<void> => {
    cancelNext();
    nextAtMs = Infinity;
    const cause = nextCause;
    nextCause = '';
    const abort = (getting = new AbortController());
    // A fetch of the host's own may not listen to its signal.
    const aborted = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason));
    });
    cancelTimeout = clock.after(timeoutMs, () => abort.abort(new Error(`no answer in ${timeoutMs} ms`)));
    let delayMs: number;
    try {
      const { url, init } = options.ask(etag, cause);
      const response = await Promise.race([options.fetch(url, { ...init, signal: abort.signal }), aborted]);
      const { status: code, headers } = response;
      if (code === 304 && last !== undefined) reached();
      else if (response.ok) take(readJson(await Promise.race([response.text(), aborted])), headers.get('etag'));
      else throw new Refused(code, readRetryAfterMs(headers.get('retry-after'), clock.now()));
      attempt = 0;
      delayMs = pollMs * (0.8 + 0.4 * random());
    } catch (error) {
      delayMs = lost(error);
    }
    cancelTimeout();
    getting = undefined;
    if (stopped) return;
    const next = queued;
    queued = undefined;
    later(delayMs);
    if (next !== undefined && attempt === 0) later(0, next);
  };

  const reached = (): void => {
    if (stopped) return;
    isReached = true;
    tell((to) => to.contact());
    restate();
  };
  const take = (value: unknown, newEtag: string | null): void => {
    if (stopped) return;
    const answer = options.read(value);
    if (answer === undefined) throw new Error('the answer is not one of this protocol');
    options.onAnswer?.(value);
    const { kills, emergency } = answer;
    const features = Object.fromEntries(answer.features);
    const said = JSON.stringify({ features, kills, emergency });
    etag = newEtag;
    if (said !== last) {
      const order = orderAfter(known(), clock.now());
      const publishedAt = new Date(clock.now()).toISOString();
      const base = { schema: 1, kind: 'assignments', ...order, publishedAt };
      tell((to) => to.snapshot({ ...base, emergency: emergency ? { since: '' } : null, kills, features }));
      last = said;
    }
    reached();
  };
  /** @returns when to ask again */
  const lost = (cause: unknown): number => {
    const code = cause instanceof Refused ? cause.status : 0;
    const error = new SwitchbackError('snapshot-failed', `${options.url}: ${code || 'no answer'}`, { cause });
    tell((to) => to.fault('snapshot', error));
    isReached = false;
    if (!stopped) failures.add();
    become('offline', error);
    if (cause instanceof Refused && cause.retryAfterMs > 0) {
      restMs = cause.retryAfterMs;
      notBeforeMs = clock.now() + restMs;
      return cause.retryAfterMs * (1 + 0.2 * random());
    }
    // A wrong token or URL: it is put right elsewhere, if ever.
    if (code >= 400 && code < 500 && code !== 408 && code !== 429) return pollMs * 4;
    return (0.5 + 0.5 * random()) * Math.min(pollMs, 1_000 * 2 ** attempt++);
  };

  become('connecting');
  void get();
  let stopWaking = () => {};
  tell(() => {
    stopWaking = options.onWake(
      () => {
        if (options.wake?.()) etag = null;
        later(0, '');
      },
      // A browser may be wrong: an answer says so.
      () => {
        isReached = false;
        become('offline');
        later(0, '');
      },
    );
  });

  return {
    tell,
    restate,
    failed: failures.add,
    refetch: (spreadMs, cause = '') => later(random() * spreadMs, cause),
    stop() {
      if (stopped) return;
      stopped = true;
      cancelNext();
      cancelTimeout();
      failures.clear();
      getting?.abort();
      stopWaking();
    },
  };
}

class Refused extends Error {
  readonly status: number;
  readonly retryAfterMs: number;
  constructor(status: number, retryAfterMs: number) {
    super(`refused with ${status}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Engines without an order of their own: whatever comes later is newer than all that is known, across page loads too. */
function orderAfter(known: Order | null, nowMs: number): Order {
  const epoch = Math.floor(nowMs);
  const next = { epoch, revision: 1 };
  return known && compareOrder(known, next) >= 0 ? { epoch: known.epoch, revision: known.revision + 1 } : next;
}

function readJson(text: string): unknown {
  if (text.length > maxTextLength) throw new Error(`an answer of ${text.length} characters`);
  return JSON.parse(text);
}

/** Reads a Retry-After header: seconds or a date. */
function readRetryAfterMs(header: string | null, nowMs: number): number {
  const ms = Number(header) * 1_000 || Date.parse(header ?? '') - nowMs;
  return ms > 0 ? Math.min(ms, maxRetryAfterMs) : 0;
}
