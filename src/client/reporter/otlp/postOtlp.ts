import type { Clock } from '../../clock.js';

/** What came of an export. */
export type Outcome =
  | { readonly kind: 'taken'; readonly rejected: number; readonly message: string | undefined }
  /** It is to be tried again, not before `retryAfterMs` where the collector said so; else 0. */
  | { readonly kind: 'unanswered'; readonly retryAfterMs: number; readonly cause: unknown }
  /** It will never be taken. */
  | { readonly kind: 'refused'; readonly status: number };

export interface PostOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly headers: Readonly<Record<string, string>>;
}

const timeoutMs = 10_000;
const maxRetryAfterMs = 3_600_000;
const maxAnswerLength = 65_536;
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Sends one request in a way that outlives the page.
 * @source OTLP 1.9, "OTLP/HTTP Response": only 429, 502, 503, 504 and no answer at all are tried again
 */
export async function postOtlp(url: string, body: string, options: PostOptions): Promise<Outcome> {
  const { clock, headers } = options;
  const abort = new AbortController();
  let cancel = () => {};
  // A fetch that does not listen to its signal must not hold the queue.
  const timeout = new Promise<never>((_, reject) => {
    cancel = clock.after(timeoutMs, () => {
      const error = new Error(`no answer in ${timeoutMs} ms`);
      abort.abort(error);
      reject(error);
    });
  });
  try {
    const { fetch } = options;
    const init = { method: 'POST', keepalive: true, headers: { ...headers, 'content-type': 'application/json' }, body };
    const response = await Promise.race([fetch(url, { ...init, signal: abort.signal }), timeout]);
    const { status } = response;
    if (response.ok)
      return { kind: 'taken', ...readPartialSuccess(await Promise.race([response.text(), timeout]).catch(() => '')) };
    if (!retryable.has(status)) return { kind: 'refused', status };
    const retryAfterMs = readRetryAfterMs(response.headers.get('retry-after'), clock.now());
    return { kind: 'unanswered', retryAfterMs, cause: new Error(`answered ${status}`) };
  } catch (cause) {
    return { kind: 'unanswered', retryAfterMs: 0, cause };
  } finally {
    cancel();
  }
}

function readRetryAfterMs(header: string | null, nowMs: number): number {
  const ms = Number(header) * 1_000 || Date.parse(header ?? '') - nowMs;
  return ms > 0 ? Math.min(ms, maxRetryAfterMs) : 0;
}

/** Whatever a proxy puts there: only what is understood counts. Counts come as numbers or as strings. */
function readPartialSuccess(text: string): { readonly rejected: number; readonly message: string | undefined } {
  const nothing = { rejected: 0, message: undefined };
  if (text.length > maxAnswerLength) return nothing;
  try {
    const answer = JSON.parse(text) as { readonly partialSuccess?: Readonly<Record<string, unknown>> } | null;
    const { rejectedDataPoints, rejectedLogRecords, errorMessage } = answer?.partialSuccess ?? {};
    const rejected = Number(rejectedDataPoints ?? rejectedLogRecords ?? 0);
    return {
      rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
      message: typeof errorMessage === 'string' && errorMessage !== '' ? errorMessage.slice(0, 200) : undefined,
    };
  } catch {
    return nothing;
  }
}
