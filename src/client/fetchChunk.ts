import type { Clock } from './clock.js';

const maxTries = 4;

/**
 * Fetches a part of our own code that is not needed for the first paint. A page that cannot have it goes on without: after a
 * failure it is tried again 1, 4 and 16 s later, and then no more.
 * @param onChunk may still be called after the end, by a request that was under way
 * @param onFault told of the first failure
 * @returns ends trying
 */
export function fetchChunk<T>(
  load: () => Promise<T>,
  clock: Clock,
  onChunk: (chunk: T) => void,
  onFault: (error: unknown) => void,
): () => void {
  let isOver = false;
  let cancelRetry = () => {};
  const attempt = async (tries: number): Promise<void> => {
    try {
      onChunk(await load());
    } catch (error) {
      if (isOver) return;
      if (tries < maxTries) cancelRetry = clock.after(250 * 4 ** tries, () => void attempt(tries + 1));
      if (tries === 1) onFault(error);
    }
  };
  // Where even the hook that hears of faults throws, there is nobody left to tell.
  attempt(1).catch(() => {});
  return () => {
    isOver = true;
    cancelRetry();
  };
}
