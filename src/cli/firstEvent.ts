/** What came of a live stream. */
export type FirstEvent =
  | { readonly status: 'event'; readonly ms: number }
  | { readonly status: 'silent' }
  | { readonly status: 'refused'; readonly detail: string };

/** Opens a live stream and waits for its first whole event. Never throws. */
export async function firstEvent(url: string, timeoutMs: number): Promise<FirstEvent> {
  const startedMs = performance.now();
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: abort.signal });
    const type = response.headers.get('content-type') ?? 'nothing';
    if (!response.ok || response.body === null || !type.startsWith('text/event-stream'))
      return { status: 'refused', detail: `answers ${response.status} with ${type}` };
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (/^data: .*\n\n/m.test(text)) return { status: 'event', ms: Math.round(performance.now() - startedMs) };
    }
    return { status: 'refused', detail: 'the stream ended before its first event' };
  } catch (error) {
    if (abort.signal.aborted) return { status: 'silent' };
    return { status: 'refused', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}
