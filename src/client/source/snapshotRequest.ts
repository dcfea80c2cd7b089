import { SwitchbackError } from '../../error.js';
import type { Clock } from '../clock.js';
import { readRetryAfterMs } from './retryAfter.js';
import type { Fetch } from './serviceUrl.js';
import { withTimeout } from './withTimeout.js';

/** What a service answers to a request for a snapshot. */
export type SnapshotAnswer =
  | { readonly status: 'fresh'; readonly value: unknown; readonly etag: string | null }
  | { readonly status: 'unchanged' }
  | { readonly status: 'missing' }
  | { readonly status: 'failed'; readonly error: SwitchbackError; readonly retryAfterMs: number };

/** Longer than this no request of the source takes. */
export const requestTimeoutMs = 3_000;

/** Asks for a snapshot once. @returns never rejects */
export async function requestSnapshot(
  url: string,
  etag: string | null,
  { fetch, clock, abort }: { fetch: Fetch; clock: Clock; abort: AbortController },
): Promise<SnapshotAnswer> {
  const failed = (what: string | number, cause?: unknown, retryAfterMs = 0): SnapshotAnswer => ({
    status: 'failed',
    error: new SwitchbackError('snapshot-failed', `${url}: snapshot ${what}`, { cause }),
    retryAfterMs,
  });
  try {
    return await withTimeout(abort, clock, requestTimeoutMs, async (signal) => {
      const response = await fetch(url, { signal, headers: etag === null ? {} : { 'if-none-match': etag } });
      const { status, headers } = response;
      if (status === 304) return { status: 'unchanged' };
      if (status === 404) return { status: 'missing' };
      if (!response.ok) return failed(status, undefined, readRetryAfterMs(headers.get('retry-after'), clock.now()));
      return { status: 'fresh', value: await response.json(), etag: headers.get('etag') };
    });
  } catch (error) {
    return failed('failed', error);
  }
}
