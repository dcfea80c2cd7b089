import { showValue, SwitchbackError, type OnInternalFault } from '../error.js';
import { parseSnapshot } from '../evaluate/parseSnapshot.js';
import type { JsonObject } from '../evaluate/snapshot.js';
import { maxSnapshotLength } from './serializeSnapshot.js';
import { tell } from './tell.js';

/** How long to wait, and how to ask. */
export interface FetchSnapshotOptions {
  /** How long a render may wait for the whole answer, in ms; default 1,000. */
  readonly timeoutMs?: number | undefined;
  /** Passed on to `fetch`, such as `{ next: { revalidate: 2 } }`, headers or a `signal` of the request's. */
  readonly init?: RequestInit | undefined;
  /** Default: the global one, which frameworks replace by their own. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Hears why there is none; default: a console warning in development. */
  readonly onInternalFault?: OnInternalFault | undefined;
}

/**
 * Asks a Switchback service for the published snapshot, on a server.
 * @param url the service's public routes, absolute, such as `http://127.0.0.1:4400/api`: `snapshot` below it is read
 * @returns parsed JSON for `getDecision`, `serializeSnapshot` and `initial`, with the time of the answer as `now`; null where the service cannot be had in time or
 *   its answer is no snapshot: everything is v1 then. Never rejects
 */
export async function fetchSnapshot(
  url: string | undefined,
  { timeoutMs = 1_000, init = {}, onInternalFault, ...given }: FetchSnapshotOptions = {},
): Promise<JsonObject | null> {
  const abort = new AbortController();
  const leave = (): void => abort.abort(init.signal?.reason);
  const timer = setTimeout(() => abort.abort(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  // Also ends the wait for a `fetch` that heeds no signal.
  const left = new Promise<never>((_, reject) =>
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason)),
  );
  left.catch(() => {});
  try {
    if (init.signal?.aborted) leave();
    init.signal?.addEventListener('abort', leave);
    // Looked up now: a framework may have replaced it since this module was loaded.
    const fetch = given.fetch ?? globalThis.fetch;
    const read = async (): Promise<JsonObject> =>
      readAnswer(await fetch(snapshotUrl(url), { ...init, signal: abort.signal }));
    return await Promise.race([left, read()]);
  } catch (cause) {
    // A body that nobody reads to its end would hold its connection.
    abort.abort();
    const error = new SwitchbackError('snapshot-failed', `no snapshot from ${showValue(url)}`, { cause });
    tell(onInternalFault, 'snapshot', error);
    return null;
  } finally {
    clearTimeout(timer);
    init.signal?.removeEventListener('abort', leave);
  }
}

function snapshotUrl(url: unknown): string {
  if (typeof url !== 'string' || url.trim() === '') throw new TypeError(`a URL must be text, found ${showValue(url)}`);
  return `${url.trim().replace(/\/+$/, '')}/snapshot`;
}

async function readAnswer(response: Response): Promise<JsonObject> {
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  const value: unknown = JSON.parse(await readText(response));
  const { status, problems } = parseSnapshot(value);
  if (status === 'invalid') throw new Error(`${problems[0]?.pointer || 'the answer'} must be ${problems[0]?.message}`);
  // For `from` and `until`, on the server and when the browser takes over what it sent.
  return { ...(value as JsonObject), now: Date.now() };
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for (const reader = response.body?.getReader(); reader !== undefined;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    if (text.length > maxSnapshotLength) throw new Error(`a snapshot has at most ${maxSnapshotLength} characters`);
  }
  return text + decoder.decode();
}
