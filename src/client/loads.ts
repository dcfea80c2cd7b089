import { showValue, SwitchbackError } from '../error.js';
import type { Clock } from './clock.js';

/** Fetches a module that exports a component by default; what `lazyVersion` and `versioned` take. */
export type Loader = () => Promise<{ readonly default: unknown }>;

/** How one loader's code is fetched; as given to `lazyVersion`. */
export interface LoadOptions {
  /** After so many ms the load counts as failed. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Further imports after a rejected one, 1 s · 2ⁿ apart with jitter; none while offline or hidden. 0–10, default 2. */
  readonly retries?: number | undefined;
}

/**
 * Where one loader stands. A record is one load: all gates that wait for it share its outcome. A load that answers after its
 * timeout becomes `ready` for the next mount.
 */
export type LoadRecord =
  | { readonly phase: 'idle' }
  | { readonly phase: 'loading'; readonly promise: Promise<unknown> }
  | { readonly phase: 'ready'; readonly component: unknown; readonly loadMs: number }
  | { readonly phase: 'failed'; readonly error: unknown };

/** v2 as code that still has to be fetched. */
export interface LazySource {
  readonly loader: Loader;
  readonly options: LoadOptions;
  /** Comes along, so that only hosts with lazy versions carry its code. */
  readonly createLoads: CreateLoads;
  /** The code where it was fetched ahead of time, for whoever asks: it belongs to no client. */
  readonly preloaded: () => LoadRecord | undefined;
}

/** One gate's view of a lazy v2's code, and whether it waits for it. */
export interface GateLoad {
  isWaiting: boolean;
  record(): LoadRecord;
  subscribe(listener: () => void): () => void;
  /** Asks for the code. @param onLoaded called with the duration, for one of the gates that wait */
  request(onLoaded: (loadMs: number) => void): void;
}

/** The load records of one client, by loader. */
export interface Loads {
  get(loader: Loader): LoadRecord;
  subscribe(loader: Loader, listener: () => void): () => void;
  /** Starts a load unless one is under way or done; a failed one is tried anew. Resolves to the component. */
  request(loader: Loader, options?: LoadOptions): Promise<unknown>;
  /** Whether something thrown came from a load; asked of what a catcher caught. */
  isLoadError(error: unknown): boolean;
  /** Opens one gate's view. Here, so that only hosts with lazy versions carry its code. */
  forGate(lazy: LazySource): GateLoad;
  /** Lets the next request of a failed load import again. */
  forgetFailure(error: unknown): void;
}

/** @param onStaleBuild told when a load failed for good although the browser is online */
export type CreateLoads = (clock: Clock, random: () => number, onStaleBuild?: (error: unknown) => void) => Loads;

const defaultTimeoutMs = 10_000;
const defaultRetries = 2;
const maxBackoffMs = 30_000;
const idle: LoadRecord = { phase: 'idle' };

export const createLoads: CreateLoads = (clock, random, onStaleBuild) => {
  const records = new WeakMap<Loader, LoadRecord>();
  const listeners = new WeakMap<Loader, Set<() => void>>();
  const failedLoaders = new Map<unknown, Loader>();

  const put = (loader: Loader, record: LoadRecord): void => {
    records.set(loader, record);
    for (const listener of listeners.get(loader) ?? []) listener();
  };

  const importComponent = async (loader: Loader, retriesLeft: number, attempt: number): Promise<unknown> => {
    const importing = loader();
    let module: unknown;
    try {
      module = await importing;
    } catch (error) {
      // Nobody looks, or nothing can arrive: the next mount tries again.
      if (retriesLeft <= 0 || isAway()) throw error;
      const delayMs = Math.min(1_000 * 2 ** attempt, maxBackoffMs) * (0.5 + random() / 2);
      await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      if (isAway()) throw error;
      return importComponent(loader, retriesLeft - 1, attempt + 1);
    }
    return componentOf(module);
  };

  const loads: Loads = {
    get: (loader) => records.get(loader) ?? idle,
    subscribe(loader, listener) {
      const waiting = listeners.get(loader) ?? new Set();
      listeners.set(loader, waiting);
      waiting.add(listener);
      return () => void waiting.delete(listener);
    },
    request(loader, options = {}) {
      const current = records.get(loader) ?? idle;
      if (current.phase === 'ready') return Promise.resolve(current.component);
      if (current.phase === 'loading') return current.promise;

      const { timeoutMs = defaultTimeoutMs, retries = defaultRetries } = options;
      const startedMs = clock.now();
      const imported = importComponent(loader, retries, 0);
      const promise = new Promise<unknown>((resolve, reject) => {
        const cancel = clock.after(timeoutMs, () =>
          reject(new SwitchbackError('load-timeout', `v2's code did not arrive within ${timeoutMs} ms`)),
        );
        imported.then(resolve, reject).finally(cancel);
      });
      // Records are written in the order the promises settle; a late arrival after a timeout overwrites `failed`.
      promise.catch((error: unknown) => {
        failedLoaders.set(error, loader);
        put(loader, { phase: 'failed', error });
      });
      imported.then(
        (component) => put(loader, { phase: 'ready', component, loadMs: clock.now() - startedMs }),
        (error: unknown) => {
          if (isOnline()) onStaleBuild?.(error);
        },
      );
      if (current.phase === 'failed') failedLoaders.delete(current.error);
      put(loader, { phase: 'loading', promise });
      return promise;
    },
    isLoadError: (error) => failedLoaders.has(error),
    forgetFailure(error) {
      const loader = failedLoaders.get(error);
      failedLoaders.delete(error);
      if (loader !== undefined && records.get(loader)?.phase === 'failed') records.delete(loader);
    },
    forGate: ({ loader, options, preloaded }) => ({
      isWaiting: false,
      record: () => preloaded() ?? loads.get(loader),
      subscribe: (listener) => loads.subscribe(loader, listener),
      request(onLoaded) {
        const isFirst = loads.get(loader).phase !== 'loading';
        void loads.request(loader, options).then(
          () => {
            const record = loads.get(loader);
            if (isFirst && record.phase === 'ready') onLoaded(record.loadMs);
          },
          () => {}, // the gates that wait read the record and fail with it
        );
      },
    }),
  };
  return loads;
};

/** The load records of one client, which the first lazy version makes. */
export function shareLoads(...given: Parameters<CreateLoads>): (create?: CreateLoads) => Loads | undefined {
  let loads: Loads | undefined;
  return (create) => (loads ??= create?.(...given));
}

const isOnline = (): boolean => typeof navigator === 'undefined' || navigator.onLine !== false;
const isAway = (): boolean => !isOnline() || (typeof document !== 'undefined' && document.visibilityState === 'hidden');

/**
 * The component of a loaded module. A bundler's failed preload resolves to undefined; a forgotten default export is as bad as
 * a missing file.
 * @throws SwitchbackError `load-failed`, showing what came instead
 */
export function componentOf(module: unknown): unknown {
  const component = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  const isComponent = typeof component === 'function' || (typeof component === 'object' && component !== null);
  if (isComponent) return component;
  throw new SwitchbackError(
    'load-failed',
    `a version's loader must give a module whose default export is a component, found ${showValue(
      module === undefined || component === undefined ? module : component,
    )}`,
  );
}
