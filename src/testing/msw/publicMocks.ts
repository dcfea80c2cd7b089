import { snapshotOf } from './mockState.js';
import { frameOf } from './mockStreams.js';
import { answer, problem, type MockCore, type MockRoute } from './mockRoute.js';

const streamId = '0123456789abcdef0123456789abcdef';

/** What a browser asks: the rules, the stream, the confirmation, numbers, health. */
export function publicMocks(core: MockCore): readonly MockRoute[] {
  const { state, streams } = core;
  const idOf = (): string => `${state.epoch}-${state.revision}`;
  const cors = { 'access-control-allow-origin': '*' };
  const activeOf = () => state.rollbacks.filter(({ endedAt }) => endedAt === null);
  const snapshot = (): Response =>
    answer(snapshotOf(state), {
      ...cors,
      etag: `W/"${idOf()}"`,
      'cache-control': 'public, max-age=0, s-maxage=2, stale-if-error=86400',
    });
  const versions = (): Record<string, 'v1' | 'v2'> => {
    const { kills, emergency } = snapshotOf(state);
    return Object.fromEntries(
      [...state.features].map(([key, { percentage, allow }]) => [
        key,
        emergency !== null || kills.includes(key) || (percentage === 0 && allow.length === 0) ? 'v1' : 'v2',
      ]),
    );
  };

  return [
    {
      method: 'get',
      path: '/api/snapshot',
      run: ({ request }) =>
        request.headers.get('if-none-match')?.includes(`"${idOf()}"`) === true
          ? new Response(null, {
              status: 304,
              headers: { ...cors, etag: `W/"${idOf()}"`, 'cache-control': 'no-cache' },
            })
          : snapshot(),
    },
    {
      method: 'get',
      path: '/api/snapshot/:order',
      run: ({ params }) =>
        params['order'] === idOf()
          ? snapshot()
          : problem('not-found', 'this revision is not kept any more; read /api/snapshot'),
    },
    {
      method: 'get',
      path: '/api/events',
      run({ request }) {
        const hello = frameOf('hello', idOf(), { streamId, now: core.nowMs() });
        const isCurrent = request.headers.get('last-event-id') === idOf();
        return streams.open(
          isCurrent ? [hello] : [hello, frameOf('snapshot', idOf(), snapshotOf(state))],
          request.signal,
        );
      },
    },
    {
      method: 'post',
      path: '/api/confirm',
      run({ body }) {
        core.confirmations.push(body);
        return answer({ confirmed: body['streamId'] === streamId }, cors);
      },
    },
    {
      method: 'post',
      path: '/api/metrics',
      run({ body }) {
        core.batches.push(body);
        const count = Array.isArray(body['buckets']) ? body['buckets'].length : 0;
        const taken = { status: 'accepted', acceptedBuckets: count, rejectedBuckets: 0 };
        return answer({ ...taken, partialSuccess: [], notes: [], gaps: [], revision: state.revision }, cors);
      },
    },
    {
      method: 'get',
      path: '/api/health',
      run() {
        const { kills, emergency } = snapshotOf(state);
        return answer(
          {
            status: 'ok',
            writable: true,
            epoch: state.epoch,
            revision: state.revision,
            emergency: emergency !== null,
            features: state.features.size,
            kills: kills.length,
            streams: streams.count(),
            ofrepStreams: core.ofrepStreams.count(),
            uptimeSeconds: 0,
            alarms: [],
          },
          cors,
        );
      },
    },
    {
      method: 'get',
      path: '/health/features',
      run() {
        const { kills, emergency } = snapshotOf(state);
        const features = [...state.features].map(([key, { enabled, percentage }]) => [
          key,
          {
            enabled,
            percentage,
            rolloutPercentage: percentage,
            killed: emergency !== null || kills.includes(key),
            version: versions()[key],
            rollbackHistory: state.rollbacks
              .filter(({ feature }) => feature === key || feature === null)
              .slice(-5)
              .reverse()
              .map(({ startedAt, endedAt }) => ({ timestamp: startedAt, endedAt })),
          },
        ]);
        const { epoch, revision } = state;
        return answer({ epoch, revision, emergency: emergency !== null, features: Object.fromEntries(features) }, cors);
      },
    },
    {
      method: 'get',
      path: '/api/health/rollback-status',
      run() {
        const last = activeOf().at(-1);
        const { epoch, revision } = state;
        const connected = streams.count();
        return answer(
          {
            rollbackComplete: last !== undefined,
            target: last === undefined ? null : { epoch, revision: last.revision },
            current: { epoch, revision },
            startedAt: last?.startedAt ?? null,
            elapsedSeconds: 0,
            replicas: { total: 1, applied: 1, unreachable: 0 },
            streams: { connected, sent: connected, confirmed: connected, sampled: connected },
            ofrepStreams: core.ofrepStreams.count(),
            v2: { exposuresAfter: 0, lastSeenAt: null },
            status: versions(),
            blockers: last === undefined ? ['no rollback is in force'] : [],
          },
          cors,
        );
      },
    },
  ];
}
