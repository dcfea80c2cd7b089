import { contentTypeOf, dialectOf, writeExposition, type Dialect } from '../export/exposition.js';
import { createKnownTotals } from '../export/knownTotals.js';
import { serviceFamilies } from '../export/serviceFamilies.js';
import type { ExportState, TotalsStore } from '../export/totalsStore.js';
import { totalsFamilies } from '../export/totalsFamilies.js';
import { exportDocs } from '../openapi/routes/exportDocs.js';
import { createDeliveryRate } from './deliveryRate.js';
import type { Call, Route } from './router.js';
import type { Service } from './service.js';

/** Anyone may ask: the database hears of it this often at most. */
const freshMs = 5_000;
/** A page is written this often at most, in each dialect. */
const cacheMs = 1_000;
const deadlineMs = 2_000;

export interface ScrapeParts {
  /** Undefined where the store keeps none: then the page tells of the service alone. */
  readonly totals: TotalsStore | undefined;
  readonly exportState: () => ExportState | null;
}

/** `/metrics` for Prometheus: counts of all replicas since the beginning, and how this replica is. */
export function scrapeRoute(service: Service, { totals, exportState }: ScrapeParts): Route {
  const { replica, streams, reports, clock, startedAtMs } = service;
  const deliveryRate = createDeliveryRate(service);
  const known = createKnownTotals(totals, { clock, freshMs, deadlineMs });
  const pages = new Map<Dialect, { readonly atMs: number; readonly page: Promise<string> }>();

  const write = async (dialect: Dialect): Promise<string> => {
    const { features, sinceMs } = await known();
    const current = replica.current();
    const killed = new Set(current?.kills);
    const isEmergency = (current?.emergency ?? null) !== null;
    // Those that are published are a thousand at most; retired ones still count, unseen.
    const shown = [...features].flatMap(([feature, samples]) =>
      current === null || current.features.has(feature) ? [samples] : [],
    );
    const own = serviceFamilies({
      isDatabaseUp: replica.isStoreHealthy(),
      alarms: replica.alarms().length,
      epoch: current?.epoch ?? null,
      revision: current?.revision ?? null,
      isEmergency,
      features: [...(current?.features.values() ?? [])].map(({ feature, percentage, sampling }) => ({
        feature,
        percentage,
        sampling,
        isKilled: isEmergency || killed.has(feature),
      })),
      streams: streams.count(),
      replicas: reports.progress(current ?? { epoch: 0, revision: 0 }).replicas,
      uptimeS: Math.floor((clock.now() - startedAtMs) / 1_000),
      countingSinceS: sinceMs === null ? null : sinceMs / 1_000,
      deliveryRate: deliveryRate()?.rate ?? null,
      exported: exportState(),
    });
    return writeExposition([...own, ...totalsFamilies(shown)], dialect);
  };

  const scrape = async ({ request }: Call): Promise<Response> => {
    const dialect = dialectOf(request.headers.get('accept'));
    let cached = pages.get(dialect);
    if (cached === undefined || clock.now() - cached.atMs >= cacheMs) {
      cached = { atMs: clock.now(), page: write(dialect) };
      pages.set(dialect, cached);
    }
    return new Response(await cached.page, { headers: { 'content-type': contentTypeOf[dialect], vary: 'Accept' } });
  };

  return { method: 'GET', path: '/metrics', access: 'public', doc: exportDocs.scrape, run: scrape };
}
