import { isAsyncIterable } from './answers.js';

export interface SafeIterableOptions {
  /** Waits no longer than allowed. */
  within(next: PromiseLike<unknown>): PromiseLike<unknown>;
  /** v2 gave all it had. */
  succeed(): void;
  /** v2 failed: gives v1's answer, throws what the caller is to get. */
  recover(error: unknown): unknown;
  /** The caller stopped early. */
  left(): void;
  /** v2 will not be asked again. */
  ended(): void;
}

/**
 * Reads v2 item by item. Should it fail, v1 is read from its beginning and the items the caller already has are skipped, by their
 * number: both versions are taken to give the same items in the same order.
 */
export function safeIterable(v2: AsyncIterable<unknown>, options: SafeIterableOptions): AsyncIterableIterator<unknown> {
  let current: AsyncIterator<unknown> | undefined;
  let isV1 = false;
  let isDone = false;
  let given = 0;
  // Whoever asks for the next item before it has this one gets them in order.
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(run: () => Promise<T>): Promise<T> => {
    const next = last.then(run, run);
    last = next.catch(() => {});
    return next;
  };

  const switchToV1 = async (error: unknown): Promise<IteratorResult<unknown>> => {
    options.ended();
    const failed = current;
    isV1 = true;
    // It may hang where it failed: nobody waits for it.
    void Promise.resolve()
      .then(() => failed?.return?.())
      .catch(() => {});
    current = undefined;
    isDone = true;
    const answer = await options.recover(error);
    if (!isAsyncIterable(answer)) throw error;
    isDone = false;
    current = answer[Symbol.asyncIterator]();
    for (let skipped = 0; skipped < given; skipped++) {
      const item = await current.next();
      if (item.done) return item;
    }
    return current.next();
  };
  const readV2 = async (sent: readonly unknown[]): Promise<IteratorResult<unknown>> => {
    try {
      current ??= v2[Symbol.asyncIterator]();
      const item = (await options.within(current.next(...(sent as [])))) as IteratorResult<unknown>;
      if (typeof item !== 'object' || item === null) throw new TypeError('v2 gave no iterator result');
      if (item.done) {
        isDone = true;
        options.ended();
        options.succeed();
      } else given++;
      return item;
    } catch (error) {
      return switchToV1(error);
    }
  };

  return {
    next: (...sent) =>
      inOrder(async () => {
        if (isDone) return { done: true, value: undefined };
        return isV1 && current ? current.next(...sent) : readV2(sent);
      }),
    return: (value) =>
      inOrder(async () => {
        if (!isV1 && !isDone) {
          options.ended();
          options.left();
        }
        isDone = true;
        return current?.return ? current.return(value) : { done: true, value };
      }),
    throw: (error) =>
      inOrder(async () => {
        if (!isV1 && !isDone) {
          options.ended();
          options.left();
        }
        isDone = true;
        if (current?.throw) return current.throw(error);
        throw error;
      }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
