'use client';

import {
  createElement,
  isValidElement,
  lazy,
  useContext,
  type ComponentType,
  type LazyExoticComponent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { systemClock } from '../client/clock.js';
import {
  componentOf,
  createLoads,
  type LoadOptions,
  type LoadRecord,
  type Loads,
  type LazySource,
} from '../client/loads.js';
import { showValue, SwitchbackError } from '../error.js';
import { SwitchbackContext } from './context.js';

const lazySource = Symbol('switchback.lazy');

/** A component whose code is fetched when its gate shows v2, or on `preload`. */
export interface LazyVersion<Props extends object> {
  (props: Props): ReactNode;
  /** Fetches the code ahead of time. Resolves when it is there; rejects if it cannot be had. */
  preload(): Promise<void>;
  /** @internal */
  readonly [lazySource]: LazySource;
}

/** What a loader gives: a module whose default export is a component. */
export type VersionLoader<Props extends object> = () => Promise<{ readonly default: ComponentType<Props> }>;

/**
 * Makes a component of code that is loaded on demand. As the one element of a gate's v2 it is loaded outside React: a mounted
 * v1 stays until it is ready, and a failed load is tried anew by the next mount. Deeper inside it suspends.
 * @param loader such as `() => import('./MemoryPanelV2')`
 * @throws SwitchbackError `invalid-option` for a loader that is no function
 */
export function lazyVersion<Props extends object>(
  loader: VersionLoader<Props>,
  options: LoadOptions = {},
): LazyVersion<Props> {
  checkLoader(loader, options);
  let preloaded: LoadRecord | undefined;
  const source: LazySource = { loader, options, createLoads, preloaded: () => preloaded };
  // Shared where no provider is near: without one there is no client to keep a record in.
  const outside = createLoads(systemClock, Math.random);
  const lazies = new WeakMap<object, LazyExoticComponent<ComponentType<Props>>>();

  const LazyVersion = (props: Props): ReactNode => {
    const client = useContext(SwitchbackContext);
    // Not made here: the one component that belongs to a load, the same for every render of it.
    return createElement(resolve(client?.internals.loads(createLoads) ?? outside), props);
  };

  const resolve = (loads: Loads): ComponentType<Props> | LazyExoticComponent<ComponentType<Props>> => {
    const record = preloaded ?? loads.get(loader);
    if (record.phase === 'ready') return record.component as ComponentType<Props>;
    if (record.phase === 'failed') throw record.error;
    // As React.lazy does it: asking for the code while rendering is safe to repeat, and one promise suspends all.
    // On a server somebody waits for the HTML: v1 now is better than v2 after further attempts.
    const attempts = typeof document === 'undefined' ? { ...options, retries: 0 } : options;
    const promise = record.phase === 'loading' ? record.promise : loads.request(loader, attempts);
    let suspending = lazies.get(promise);
    if (suspending === undefined) {
      suspending = lazy(() => promise.then((component) => ({ default: component as ComponentType<Props> })));
      lazies.set(promise, suspending);
    }
    return suspending;
  };

  return Object.assign(LazyVersion, {
    displayName: 'lazyVersion',
    async preload() {
      preloaded ??= { phase: 'ready', component: componentOf(await loader()), loadMs: 0 };
    },
    [lazySource]: source,
  });
}

function checkLoader(loader: unknown, { timeoutMs, retries }: LoadOptions): void {
  if (typeof loader !== 'function')
    throw new SwitchbackError(
      'invalid-option',
      `lazyVersion takes a function such as () => import('./PanelV2'), found ${showValue(loader)}`,
    );
  if (timeoutMs !== undefined && !(timeoutMs >= 1 && timeoutMs <= 600_000))
    throw new SwitchbackError('invalid-option', `timeoutMs must be 1 to 600000, found ${showValue(timeoutMs)}`);
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0 && retries <= 10))
    throw new SwitchbackError('invalid-option', `retries must be 0 to 10, found ${showValue(retries)}`);
}

/** Whether a node is one element of a `lazyVersion`. */
export const isLazyElement = (node: unknown): node is ReactElement<object> =>
  isValidElement(node) && lazySourceOf(node) !== null;

/** How to load a node that is one element of a `lazyVersion`; null for any other node. */
export function lazySourceOf(node: unknown): LazySource | null {
  if (!isValidElement(node) || typeof node.type !== 'function') return null;
  return (node.type as Partial<LazyVersion<object>>)[lazySource] ?? null;
}
