import type { OnInternalFault } from '../../error.js';
import type { ServiceClock } from '../clock.js';
import type { ActiveToken, TokenStore } from '../tokenStore.js';

/** The tokens in force as this replica knows them; they go on while the database is away. */
export interface TokenCache {
  /** Ends when they were read for the first time, or could not be. */
  readonly ready: Promise<void>;
  current(): readonly ActiveToken[];
  /** Null until they were read once. */
  isLoaded(): boolean;
  /** Reads them again, for a token that was made a moment ago on another replica. Never throws, waits at most 500 ms. */
  refreshForMiss(): Promise<void>;
  /** Reads them again after a change. Never throws. */
  refresh(): Promise<void>;
  close(): void;
}

const pollMs = 1_000;
const missEveryMs = 250;
const missWaitMs = 500;

/** Asks for the tokens every second, so that a revocation holds everywhere within two. Without a store there are none. */
export function createTokenCache(
  store: TokenStore | undefined,
  clock: ServiceClock,
  onInternalFault: OnInternalFault,
): TokenCache {
  let tokens: readonly ActiveToken[] = [];
  let loaded = store === undefined;
  let healthy = true;
  let closed = false;
  let missAtMs = -Infinity;
  let missRead: Promise<void> = Promise.resolve();
  let cancelPoll = (): void => {};
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const readOnce = async (): Promise<void> => {
    if (store === undefined) return;
    try {
      tokens = await store.readActive();
      loaded = true;
      healthy = true;
    } catch (error) {
      if (healthy && !closed) onInternalFault('tokens', error);
      healthy = false;
    }
  };
  const refresh = (): Promise<void> => {
    if (closed) return Promise.resolve();
    if (running === null) {
      running = readOnce().finally(() => (running = null));
      return running;
    }
    // The running read may have begun before the change that is asked for.
    next ??= running.then(() => {
      next = null;
      return refresh();
    });
    return next;
  };
  const poll = (): void => {
    cancelPoll = clock.after(pollMs, () => void refresh().then(() => !closed && poll()));
  };
  if (store !== undefined) poll();

  return {
    ready: refresh(),
    current: () => tokens,
    isLoaded: () => loaded,
    refresh,
    refreshForMiss() {
      const nowMs = clock.now();
      if (store === undefined || !healthy) return Promise.resolve();
      // Wrong tokens must not become queries: at most four a second, and none while the database is away.
      if (Math.abs(nowMs - missAtMs) < missEveryMs) return missRead;
      missAtMs = nowMs;
      let cancel = (): void => {};
      const late = new Promise<void>((resolve) => (cancel = clock.after(missWaitMs, resolve)));
      missRead = Promise.race([refresh(), late]).finally(() => cancel());
      return missRead;
    },
    close() {
      closed = true;
      cancelPoll();
    },
  };
}
