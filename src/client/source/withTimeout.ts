import type { Clock } from '../clock.js';

/** Runs a request, its body included, that is aborted after `timeoutMs`. */
export async function withTimeout<T>(
  abort: AbortController,
  clock: Clock,
  timeoutMs: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const cancel = clock.after(timeoutMs, () => abort.abort(new Error(`no answer in ${timeoutMs} ms`)));
  try {
    return await run(abort.signal);
  } finally {
    cancel();
  }
}
