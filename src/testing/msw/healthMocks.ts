import type { MockHealth } from './mockState.js';
import { answer, problem, type MockCore, type MockRoute } from './mockRoute.js';

const windowMs = 900_000;
const enough = 100;
const unknown: MockHealth = { status: 'unknown', detail: '0 attempts ended; 30 are needed' };
const reasonCodes = { degraded: 'errors', critical: 'errors', unknown: 'few-samples' } as const;

/** How v1 and v2 of a feature do: what a test said of v2, and nothing of v1. */
export function healthMocks({ state, nowMs }: MockCore): readonly MockRoute[] {
  return [
    {
      isAdmin: true,
      method: 'get',
      path: '/api/features/:key/health',
      run({ params }) {
        const feature = params['key'] ?? '';
        if (!state.features.has(feature)) return problem('not-found', `there is no feature ${JSON.stringify(feature)}`);
        const v2 = state.health.get(feature) ?? unknown;
        return answer({
          feature,
          from: new Date(nowMs() - windowMs).toISOString(),
          to: new Date(nowMs()).toISOString(),
          status: v2.status,
          versions: { v1: versionOf(unknown), v2: versionOf(v2) },
          deliveryRate: null,
          sampleRatio: null,
        });
      },
    },
  ];
}

function versionOf({ status, detail }: MockHealth) {
  const count = status === 'unknown' ? 0 : enough;
  return {
    status,
    reasons: status === 'healthy' ? [] : [{ code: reasonCodes[status], status, detail }],
    samples: { finished: count, exposures: count, users: count },
    errorRate: null,
    suppressed: null,
    p95CommitMs: null,
  };
}
