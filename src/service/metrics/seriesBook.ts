import type { Measure, Measures } from '../../observe/measure.js';
import type { Database, Queryable } from '../database.js';
import type { AcceptedBucket, BatchToStore } from '../store.js';
import { mergeNumbers, otherMeasure } from './mergeNumbers.js';

/** Series of a feature, all in all 200: rows, of which 12 are `other`, and names of measures, of which one is. */
const maxRows = 148;
/** Of these, what cannot be checked against what was published: a forger's stages leave room for true ones. */
const maxUnverifiedRows = 74;
const maxMeasureNames = 39;
/** How long this process believes what it knows; a full feature may have room again. */
const readAgainMs = 10 * 60_000;

/** Which names of which feature have a place. */
export interface SeriesBook {
  /** The same batches with what found no place under `other`, and by sender how many names that were. */
  admit(
    batches: readonly BatchToStore[],
  ): Promise<{ readonly batches: readonly BatchToStore[]; readonly leftOut: ReadonlyMap<string, number> }>;
}

interface Page {
  readonly names: Names;
  readonly used: Set<string>;
  readonly untilMs: number;
}

/** Keeps the names of every feature within bounds, for all replicas, whoever sends them. */
export function createSeriesBook(database: Database, nowMs: () => number): SeriesBook {
  const pages = new Map<string, Page>();

  return {
    async admit(batches) {
      const wanted = new Map<string, Set<string>>();
      for (const bucket of batches.flatMap(({ buckets }) => buckets)) {
        const names = wanted.get(bucket.feature) ?? new Set();
        wanted.set(bucket.feature, names);
        names.add(rowName(bucket));
        for (const [name, measure] of Object.entries(bucket.measures)) names.add(measureName(name, measure));
      }
      const unread = [...wanted].filter(([feature, names]) => {
        const page = pages.get(feature);
        return page === undefined || page.untilMs < nowMs() || [...names].some((name) => page.names.fits(name));
      });
      if (unread.length > 0)
        for (const [feature, names] of await enter(database, unread, pages))
          pages.set(feature, { names, used: new Set(), untilMs: nowMs() + readAgainMs });
      const leftOut = new Map<string, number>();
      const admitted = batches.map((batch) => ({
        ...batch,
        buckets: batch.buckets.map((bucket) => {
          const found = place(bucket, pages.get(bucket.feature));
          if (found.leftOut > 0) leftOut.set(batch.senderId, (leftOut.get(batch.senderId) ?? 0) + found.leftOut);
          return found.bucket;
        }),
      }));
      return { batches: admitted, leftOut };
    },
  };
}

const rowName = ({ version, arm, reason, stage, unverified }: AcceptedBucket): string =>
  `${unverified ? 'u' : 'r'} ${version} ${arm} ${reason} ${stage ?? ''}`;
const measureName = (name: string, { kind, unit }: Measure): string => `m ${name} ${kind} ${unit}`;

/** The names of a feature that have a place. */
interface Names {
  readonly all: ReadonlySet<string>;
  add(name: string): void;
  /** Whether there is a place for a name that has none. One name of a measure is one kind and one unit. */
  fits(name: string): boolean;
}

// Counted as they come: what is unknown is asked for again and again by who makes names up.
function createNames(): Names {
  const all = new Set<string>();
  const measures = new Set<string>();
  let [rows, unverified] = [0, 0];
  return {
    all,
    add(name) {
      if (all.has(name)) return;
      all.add(name);
      const [sort, own = ''] = name.split(' ');
      if (sort === 'm') measures.add(own);
      else rows += 1;
      if (sort === 'u') unverified += 1;
    },
    fits(name) {
      if (all.has(name)) return false;
      const [sort, own = ''] = name.split(' ');
      if (sort === 'm') return own !== 'other' && measures.size < maxMeasureNames && !measures.has(own);
      return rows < maxRows && (sort === 'r' || unverified < maxUnverifiedRows);
    },
  };
}

function place(bucket: AcceptedBucket, page: Page | undefined): { bucket: AcceptedBucket; leftOut: number } {
  let leftOut = 0;
  const has = (name: string): boolean => {
    if (page?.names.all.has(name) !== true) return false;
    page.used.add(name);
    return true;
  };
  let measures: Measures = {};
  for (const [name, measure] of Object.entries(bucket.measures)) {
    const isKnown = has(measureName(name, measure));
    if (!isKnown) leftOut += 1;
    const added: Measures = Object.fromEntries([isKnown ? [name, measure] : ['other', otherMeasure(measure.n)]]);
    measures = mergeNumbers({ ...bucket, measures }, { ...bucket, measures: added }).measures;
  }
  if (has(rowName(bucket))) return { bucket: { ...bucket, measures }, leftOut };
  return { bucket: { ...bucket, measures, reason: 'OTHER', stage: 'other' }, leftOut: leftOut + 1 };
}

type Wanted = readonly (readonly [string, ReadonlySet<string>])[];

/** Enters names where there is room. @returns all names of these features */
async function enter(
  database: Database,
  wanted: Wanted,
  pages: ReadonlyMap<string, Page>,
): Promise<ReadonlyMap<string, Names>> {
  const features = wanted.map(([feature]) => feature);
  return database.transaction(null, async (tx) => {
    // Two replicas together must not enter more than there is room for.
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('switchback series', 0))");
    await noteUsed(tx, features, pages);
    const rows = await tx.query<{ feature: string; name: string }>(
      'SELECT feature, name FROM metric_series WHERE feature = ANY ($1)',
      [features],
    );
    const names = new Map(features.map((feature) => [feature, createNames()]));
    for (const { feature, name } of rows) names.get(feature)?.add(name);
    const entered: { feature: string; name: string }[] = [];
    for (const [feature, asked] of wanted) {
      const known = names.get(feature) ?? createNames();
      for (const name of asked)
        if (known.fits(name)) {
          known.add(name);
          entered.push({ feature, name });
        }
    }
    if (entered.length > 0)
      await tx.query(
        `INSERT INTO metric_series (feature, name) SELECT feature, name
          FROM jsonb_to_recordset($1::jsonb) AS row (feature text, name text) ON CONFLICT DO NOTHING`,
        [JSON.stringify(entered)],
      );
    return names;
  });
}

// What is in use keeps its place: the others lose it after two days.
async function noteUsed(tx: Queryable, features: readonly string[], pages: ReadonlyMap<string, Page>): Promise<void> {
  const used = features.flatMap((feature) => [...(pages.get(feature)?.used ?? [])].map((name) => ({ feature, name })));
  if (used.length === 0) return;
  await tx.query(
    `UPDATE metric_series AS series SET seen_at = clock_timestamp()
      FROM jsonb_to_recordset($1::jsonb) AS row (feature text, name text)
      WHERE series.feature = row.feature AND series.name = row.name AND seen_at < clock_timestamp() - interval '1 hour'`,
    [JSON.stringify(used)],
  );
}
