import type { OnInternalFault } from '../../error.js';
import { parseSnapshot } from '../../evaluate/parseSnapshot.js';
import { compareOrder, isCount, type FeatureRule, type Order } from '../../evaluate/snapshot.js';
import type { ServiceClock } from '../clock.js';
import type { RevisionStore } from '../replicaTable.js';
import type { StoredFeature } from '../store.js';
import type { Publication } from './publish.js';
import type { Replica } from './replica.js';

export interface KeptRevisions {
  /** Stores what was just published, for other replicas and for old batches. */
  keep(publication: Publication): void;
  /** What was published at this order, by this replica or another; undefined where nobody kept it. Never throws. */
  find(order: Order): Promise<Publication | undefined>;
}

export interface KeptRevisionsOptions {
  readonly replica: Pick<Replica, 'find' | 'current' | 'refresh'>;
  /** Without one there is what this process remembers. */
  readonly revisions: RevisionStore | undefined;
  readonly clock: ServiceClock;
  readonly onInternalFault: OnInternalFault;
}

const maxRemembered = 50;
const maxMissing = 1_000;
const missingMs = 10_000;
/** Anyone may ask for any revision: the database hears of at most so many in a second. */
const maxReadsPerSecond = 20;

/** Finds old revisions: in memory, else in the database. */
export function createKeptRevisions(options: KeptRevisionsOptions): KeptRevisions {
  const { replica, revisions, clock, onInternalFault } = options;
  const remembered = new Map<string, Promise<Publication | undefined>>();
  const missing = new Map<string, number>();
  let second = 0;
  let reads = 0;
  let refreshedAtMs = -Infinity;

  const mayRead = (): boolean => {
    const now = Math.floor(clock.now() / 1_000);
    if (now !== second) [second, reads] = [now, 0];
    reads += 1;
    return reads <= maxReadsPerSecond;
  };
  // A clock that was set back must not make anything wait for longer.
  const isWithin = (sinceMs: number, ms: number): boolean => Math.abs(clock.now() - sinceMs) < ms;
  const bound = (map: Map<string, unknown>, limit: number): void => {
    for (const oldest of map.keys()) {
      if (map.size <= limit) return;
      map.delete(oldest);
    }
  };
  const read = async (store: RevisionStore, order: Order, id: string): Promise<Publication | undefined> => {
    try {
      const body = await store.read(order);
      if (body !== null) return readPublication(order, body);
      missing.set(id, clock.now());
      bound(missing, maxMissing);
    } catch (error) {
      onInternalFault('readRevision', error);
    }
    remembered.delete(id);
    return undefined;
  };

  return {
    keep(publication) {
      revisions?.keep(publication, publication.body).catch((error: unknown) => onInternalFault('keepRevision', error));
    },
    async find(order) {
      const id = `${order.epoch}-${order.revision}`;
      const known = replica.find(id) ?? remembered.get(id);
      const current = replica.current();
      if (known !== undefined || revisions === undefined || current === null) return known;
      if (!isCount(order.epoch) || !isCount(order.revision)) return undefined;
      if (compareOrder(order, current) > 0) {
        // Another replica announced it before this one heard of it.
        if (isWithin(refreshedAtMs, 250)) return undefined;
        refreshedAtMs = clock.now();
        await replica.refresh();
        return replica.find(id);
      }
      if (isWithin(missing.get(id) ?? -Infinity, missingMs) || !mayRead()) return undefined;
      const found = read(revisions, order, id);
      remembered.set(id, found);
      bound(remembered, maxRemembered);
      return found;
    },
  };
}

/** Reads a stored body back; undefined where it is no snapshot. */
function readPublication({ epoch, revision }: Order, body: string): Publication | undefined {
  const parsed = parseSnapshot(JSON.parse(body));
  if (parsed.status !== 'valid' || parsed.snapshot.kind !== 'rules') return undefined;
  const { kills, emergency, features, publishedAt } = parsed.snapshot;
  const id = `${epoch}-${revision}`;
  const stored = [...features].flatMap(([feature, rule]) =>
    'malformed' in rule ? [] : [[feature, storedFeature(feature, rule, publishedAt)] as const],
  );
  return {
    epoch,
    revision,
    id,
    etag: `W/"${id}"`,
    emergency,
    kills: [...kills],
    features: new Map(stored),
    stages: new Map(
      [...features].flatMap(([feature, rule]) =>
        'stage' in rule && rule.stage !== null ? [[feature, rule.stage]] : [],
      ),
    ),
    broken: [],
    body,
    bodyBytes: new TextEncoder().encode(body).length,
  };
}

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

// What is never published is not known any more.
const storedFeature = (feature: string, rule: FeatureRule, publishedAt: string): StoredFeature => ({
  feature,
  enabled: rule.enabled,
  percentage: rule.percentage,
  allow: [...rule.allow].map((tag) => ({ tag })),
  deny: [...rule.deny].map((tag) => ({ tag })),
  regions: rule.regions,
  from: isoOrNull(rule.fromMs),
  until: isoOrNull(rule.untilMs),
  requires: rule.requires,
  config: rule.config,
  configSchema: null,
  sampling: rule.sampling,
  logOnly: rule.logOnly,
  owner: null,
  description: null,
  removeBy: null,
  rowRevision: 0,
  updatedAt: publishedAt,
});
