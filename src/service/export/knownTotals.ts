import type { ServiceClock } from '../clock.js';
import { seriesId, type Series } from './series.js';
import type { TotalsStore } from './totalsStore.js';

/** The running totals as this replica knows them. */
export interface KnownTotals {
  readonly series: ReadonlyMap<string, Series>;
  readonly sinceMs: number | null;
}

/**
 * Keeps the totals in memory and asks the database for what is new alone, at most every `freshMs`, however often they are
 * read. While the database is away they stay as they were.
 */
export function createKnownTotals(
  totals: TotalsStore | undefined,
  {
    clock,
    freshMs,
    deadlineMs,
  }: { readonly clock: ServiceClock; readonly freshMs: number; readonly deadlineMs: number },
): () => Promise<KnownTotals> {
  const series = new Map<string, Series>();
  let sinceMs: number | null = null;
  let round: number | null = null;
  let readAtMs = -Infinity;
  let reading: Promise<void> | null = null;

  const read = async (from: TotalsStore): Promise<void> => {
    const found = await from.read(round);
    // A database that was restored counts from earlier: what was known is of another one.
    if (round !== null && found.round < round) {
      series.clear();
      round = null;
      return read(from);
    }
    for (const one of found.changed) series.set(seriesId(one), one);
    ({ round, sinceMs } = found);
  };
  return async () => {
    if (totals !== undefined && clock.now() - readAtMs >= freshMs && reading === null) {
      readAtMs = clock.now();
      reading = read(totals)
        .catch(() => {})
        .finally(() => (reading = null));
    }
    if (reading !== null) {
      let cancel = (): void => {};
      const late = new Promise<void>((resolve) => (cancel = clock.after(deadlineMs, resolve)));
      await Promise.race([reading, late]);
      cancel();
    }
    return { series, sinceMs };
  };
}
