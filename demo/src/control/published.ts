import { createValueStore } from '../data/valueStore.js';

/** The snapshot that browsers get, as it came. */
export const publishedStore = createValueStore<unknown>(undefined);

/** Reads the public snapshot again. */
export async function refreshPublished(): Promise<void> {
  try {
    const response = await fetch('/api/snapshot');
    if (!response.ok) return;
    const snapshot: unknown = await response.json();
    publishedStore.set((known: unknown) => (JSON.stringify(known) === JSON.stringify(snapshot) ? known : snapshot));
  } catch {
    // The service is away: what was published last still holds.
  }
}
