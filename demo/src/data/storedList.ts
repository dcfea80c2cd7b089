import { createValueStore, type ValueStore } from './valueStore.js';

/**
 * A list in localStorage that v1 and v2 share, so that what was written in one is there in the other.
 * @param isItem entries that are none are dropped when reading
 */
export function createStoredList<Item>(
  key: string,
  isItem: (value: unknown) => value is Item,
  seed: readonly Item[],
): ValueStore<readonly Item[]> {
  return createValueStore(read(key, isItem) ?? seed, (items) => {
    try {
      localStorage.setItem(key, JSON.stringify(items));
    } catch {
      // Without storage the list lives as long as the page.
    }
  });
}

function read<Item>(key: string, isItem: (value: unknown) => value is Item): readonly Item[] | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return Array.isArray(value) ? value.filter(isItem) : undefined;
  } catch {
    return undefined;
  }
}
