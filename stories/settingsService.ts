/** One feature of a service that lives in a story. */
export interface StoryFeature {
  readonly feature: string;
  enabled: boolean;
  percentage: number;
  rowRevision: number;
  rollbackHistory: { id: number; timestamp: string; endedAt: string | null; actor: string; reason: string | null }[];
}

/** How v2 does. */
interface StoryHealth {
  readonly status: 'healthy' | 'degraded' | 'critical' | 'unknown';
  readonly reasons: readonly { readonly code: string; readonly status: string; readonly detail: string }[];
}

export interface StoryService {
  readonly fetch: typeof fetch;
  health: StoryHealth;
  readonly features: StoryFeature[];
  emergency: { since: string; rollbackId: number } | null;
}

const at = '2027-01-11T09:30:00.000Z';
const problem = (status: number, type: string, detail: string): Response =>
  Response.json({ type: `/problems/${type}`, detail }, { status });

/** What stories of operators talk to: it keeps to the wire of the real service, as far as the panel goes. */
export function createStoryService(given: Partial<StoryFeature> = {}): StoryService {
  const features: StoryFeature[] = [
    { feature: 'memoryPanel', enabled: true, percentage: 10, rowRevision: 3, rollbackHistory: [], ...given },
  ];
  const entries = [
    {
      id: 2,
      at,
      actor: 'grace',
      action: 'change',
      reason: 'no complaints',
      before: { percentage: 1 },
      after: { percentage: 10 },
    },
    { id: 1, at: '2027-01-10T14:00:00.000Z', actor: 'ada', action: 'create', reason: null, before: null, after: {} },
  ];
  const service: StoryService = {
    features,
    health: { status: 'healthy', reasons: [] },
    emergency: null,
    async fetch(input, init = {}) {
      const { pathname } = new URL(input instanceof Request ? input.url : input, location.href);
      const body = JSON.parse(typeof init.body === 'string' ? init.body : '{}') as Record<string, unknown>;
      const [one] = features;
      if (pathname === '/api/features') return Response.json({ features, emergency: service.emergency });
      if (pathname === '/api/audit') return Response.json({ entries });
      if (pathname === '/api/health/rollback-status')
        return Response.json({ rollbackComplete: true, streams: { confirmed: 12, connected: 12 } });
      if (pathname.endsWith('/health')) return Response.json({ versions: { v2: service.health } });
      if (one === undefined) return problem(404, 'not-found', 'there is no such feature');
      one.rowRevision++;
      if (pathname === '/api/features/disable') {
        one.enabled = false;
        const rollback = {
          id: 7,
          timestamp: at,
          endedAt: null,
          actor: 'olga',
          reason: typeof body['reason'] === 'string' ? body['reason'] : null,
        };
        one.rollbackHistory = [rollback];
      } else {
        one.enabled = true;
        one.rollbackHistory = [];
        service.emergency = null;
        if (typeof body['percentage'] === 'number') one.percentage = body['percentage'];
      }
      return Response.json({ revision: one.rowRevision });
    },
  };
  return service;
}

/** A service that answers every change, or everything, with a problem. */
export function refuseWith(response: () => Response | Promise<Response>, isAll = false): typeof fetch {
  const { fetch } = createStoryService();
  return (input, init) =>
    isAll || (init?.method ?? 'GET') !== 'GET' ? Promise.resolve().then(response) : fetch(input, init);
}
