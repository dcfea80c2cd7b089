import { createStoredList } from './storedList.js';

/** One thing the user did. */
export interface Activity {
  /** ms since 1970. */
  readonly atMs: number;
  readonly what: string;
}

const maxKept = 200;
const minuteMs = 60_000;

const isActivity = (value: unknown): value is Activity =>
  typeof value === 'object' && value !== null && 'atMs' in value && 'what' in value && typeof value.what === 'string';

const seed = [1, 2, 2, 4, 5, 5, 5, 8, 9, 11, 11, 14, 15, 15, 18, 20, 21].map((minutesAgo) => ({
  atMs: Date.now() - minutesAgo * minuteMs,
  what: 'edited a file',
}));

export const activityStore = createStoredList('demo:activity', isActivity, seed);

export const trackActivity = (what: string): void =>
  activityStore.set((list) => [...list, { atMs: Date.now(), what }].slice(-maxKept));

/** How many activities fell into each of the last minutes, oldest first. */
export function countPerMinute(list: readonly Activity[], bars: number, nowMs: number): readonly number[] {
  const counts = Array.from({ length: bars }, () => 0);
  for (const { atMs } of list) {
    const minutesAgo = Math.max(0, Math.floor((nowMs - atMs) / minuteMs));
    const at = bars - 1 - minutesAgo;
    if (at >= 0) counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}
