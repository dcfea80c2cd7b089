/** `n` readings that add up to `sum`. */
export interface Sum {
  readonly n: number;
  readonly sum: number;
}

/**
 * `heapMb`: the page's heap in MB while the version was shown, where the browser tells it. `fetchErrors`: `sum` of `n` watched
 * requests got no answer, or one of 500 and above.
 */
export type SumName = 'heapMb' | 'fetchErrors';

/** Sums by name; absent: nothing was added. */
export type Sums = Readonly<Partial<Record<SumName, Sum>>>;

/** Sums that are being added to. */
export type OpenSums = Partial<Record<SumName, { n: number; sum: number }>>;

export const isSumName = (name: string): name is SumName => name === 'heapMb' || name === 'fetchErrors';

/** Merges sums by name, in any order. */
export function mergeSums(a: Sums, b: Sums): Sums {
  const merged: Partial<Record<SumName, Sum>> = { ...a };
  for (const name of Object.keys(b).filter(isSumName)) {
    const known = a[name];
    const added = b[name];
    if (added) merged[name] = known ? { n: known.n + added.n, sum: known.sum + added.sum } : added;
  }
  return merged;
}
