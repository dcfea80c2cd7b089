import type { ServiceClock } from '../clock.js';
import { seriesId, type Series } from './series.js';
import { writeFeature, type FeatureSamples } from './totalsFamilies.js';
import type { TotalsStore } from './totalsStore.js';

/** The running totals as this replica knows them. */
export interface KnownTotals {
  /** Written down, by feature. */
  readonly features: ReadonlyMap<string, FeatureSamples>;
  readonly sinceMs: number | null;
}

/** Features that are written down at once, before others have their turn. */
const atOnce = 25;

/**
 * Keeps the totals in memory and asks the database for what is new alone, at most every `freshMs`, however often they are
 * read. While the database is away they stay as they were. Only features that changed are written down anew.
 */
export function createKnownTotals(
  totals: TotalsStore | undefined,
  {
    clock,
    freshMs,
    deadlineMs,
  }: { readonly clock: ServiceClock; readonly freshMs: number; readonly deadlineMs: number },
): () => Promise<KnownTotals> {
  const known = new Map<string, Map<string, Series>>();
  const written = new Map<string, FeatureSamples>();
  const stale = new Set<string>();
  let sinceMs: number | null = null;
  let round: number | null = null;
  let readAtMs = -Infinity;
  let reading: Promise<void> | null = null;

  const read = async (from: TotalsStore): Promise<void> => {
    const found = await from.read(round);
    // A database that was restored counts from earlier: what was known is of another one.
    if (round !== null && found.round < round) {
      known.clear();
      written.clear();
      stale.clear();
      round = null;
      return read(from);
    }
    for (const one of found.changed) {
      const series = known.get(one.feature) ?? new Map<string, Series>();
      known.set(one.feature, series.set(seriesId(one), one));
      stale.add(one.feature);
    }
    ({ round, sinceMs } = found);
  };
  const write = async (): Promise<void> => {
    let count = 0;
    for (const feature of stale) {
      stale.delete(feature);
      written.set(feature, writeFeature(feature, known.get(feature)?.values() ?? []));
      count += 1;
      // A thousand of them take a second: streams and rollbacks go on meanwhile.
      if (count % atOnce === 0) await new Promise((resolve) => setTimeout(resolve));
    }
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
    await write();
    return { features: written, sinceMs };
  };
}
