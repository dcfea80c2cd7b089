import { expect, test } from 'vitest';
import { digestOf } from '../../../src/evaluate/bucket.js';
import { emptyHistogram, record } from '../../../src/observe/histogram.js';
import { emptyCounts } from '../../../src/observe/tally.js';
import type { AcceptedBucket, FeaturePatch } from '../../../src/service/store.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { batchOf, bucketOf } from '../metrics/sampleBuckets.js';
import { startRunning, viewerToken } from './running.js';

const subject = (n: number): string => digestOf('memoryPanel', `user-${n}`).subject;
const nowMs = Math.floor(Date.now() / 60_000) * 60_000;

async function start(buckets: readonly AcceptedBucket[], patch: FeaturePatch = {}) {
  const store = createMemoryStore({
    memoryPanel: { enabled: true, percentage: 50, updatedAt: '2026-01-01T00:00:00.000Z', ...patch } as FeaturePatch,
  });
  await store.storeBatch(batchOf('s', 1, buckets));
  const running = await startRunning(store);
  const read = async (path: string) => {
    const response = await running.send('GET', `/api/features/memoryPanel/${path}`, undefined, { token: viewerToken });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };
  return { store, running, read };
}

const counted = (version: 'v1' | 'v2', settled: number, render: number, changes: Partial<AcceptedBucket> = {}) =>
  bucketOf({
    version,
    arm: version,
    startMs: nowMs - 60_000,
    counts: {
      ...emptyCounts,
      attempts: settled + render,
      exposures: settled,
      settled,
      failed: { ...emptyCounts.failed, render },
    },
    ...changes,
  });
const users = (version: 'v1' | 'v2', from: number, count: number, bits: object = {}) =>
  Array.from({ length: count }, (_, n) =>
    bucketOf({
      version,
      arm: version,
      startMs: nowMs - 60_000,
      subject: subject(from + n),
      counts: emptyCounts,
      units: { exposed: 1, error: 0, slow: 0, silent: 0, ...bits },
    }),
  );

test('says which share of users the values are of, and shows them as they were counted', async () => {
  const { read } = await start(
    [
      counted('v2', 10, 0),
      counted('v2', 0, 0, {
        counts: emptyCounts,
        measures: { searches: { kind: 'counter', unit: '1', n: 2, sum: 2 } },
      }),
    ],
    { sampling: 0.1 },
  );
  const { body } = await read('metrics');
  expect(body).toMatchObject({
    sampling: 0.1,
    versions: { v2: { counts: { settled: 10 }, measures: { searches: { sum: 2 } } } },
  });
  expect((await (await start([])).read('metrics')).body).toMatchObject({ sampling: 1 });
});

test('reads both versions step by step, with intervals and error bounds', async () => {
  const commitMs = Array.from({ length: 100 }, (_, n) => n + 1).reduce(
    (sum, value) => record(sum, value),
    emptyHistogram,
  );
  const { read } = await start([
    counted('v2', 90, 10, { histograms: { commitMs }, startMs: nowMs - 120_000 }),
    counted('v2', 10, 0, { startMs: nowMs - 60_000 }),
    counted('v1', 50, 0, { arm: 'none', reason: 'DEFAULT', startMs: nowMs - 60_000 }),
  ]);
  const { status, body } = await read(`metrics?from=${nowMs - 180_000}&to=${nowMs}&step=1m`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    stepMs: 60_000,
    versions: {
      v2: { errorRate: 10 / 110, errorRateInterval: [expect.closeTo(0.0501, 3), expect.closeTo(0.1592, 3)] },
    },
    steps: [
      {
        start: new Date(nowMs - 120_000).toISOString(),
        versions: {
          v1: null,
          v2: {
            errorRate: {
              value: 0.1,
              low: expect.closeTo(0.0552, 3),
              high: expect.closeTo(0.1744, 3),
              failed: 10,
              of: 100,
            },
            timings: {
              commitMs: {
                p50Ms: { value: expect.closeTo(50, -0.7), errorRatio: expect.closeTo(0.0433, 3) },
                p99Ms: { value: expect.closeTo(99, -0.9) },
              },
            },
          },
        },
        outside: { v1: null, v2: null },
      },
      {
        start: new Date(nowMs - 60_000).toISOString(),
        versions: { v1: null, v2: { errorRate: { value: 0 } } },
        outside: { v1: { counts: { settled: 50 } }, v2: null },
      },
    ],
  });
  expect((await read('metrics')).body).toMatchObject({ stepMs: null, steps: null });
});

test.each([
  ['step=9s', '/step'],
  ['step=7m', '/step'],
  ['step=2d', '/step'],
  ['step=', '/step'],
  ['step=1e3s', '/step'],
  [`step=10s&from=${nowMs - 86_400_000}&to=${nowMs}`, '/step'],
  ['from=2000&to=1000', '/from'],
  ['from=soon', '/from'],
  ['to=1e400', '/to'],
  ['from=0', '/from'],
])('refuses %s and names the field', async (query, pointer) => {
  const { read } = await start([]);
  expect(await read(`metrics?${query}`)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
});

test('says how long a step has to be at least where buckets are longer', async () => {
  const { store, read } = await start([]);
  store.readSteps = async () => [
    { ...counted('v2', 1, 0), startMs: nowMs - 3_600_000, durationMs: 3_600_000, assigned: true },
  ];
  const { status, body } = await read(`metrics?from=${nowMs - 7_200_000}&to=${nowMs}&step=1m`);
  expect([status, body]).toMatchObject([
    422,
    { errors: [{ pointer: '/step', message: expect.stringContaining('3600s') }] },
  ]);
});

const statusOf = async (buckets: readonly AcceptedBucket[]) => {
  const { read } = await start(buckets);
  const { status, body } = await read('health');
  expect(status).toBe(200);
  return body as unknown as {
    status: string;
    deliveryRate: number | null;
    sampleRatio: object | null;
    versions: Record<'v1' | 'v2', { status: string; reasons: { code: string; status: string; detail: string }[] }>;
  };
};
const codesOf = ({ reasons }: { reasons: { code: string }[] }) => reasons.map(({ code }) => code);

test('nothing is known without numbers', async () => {
  const { status, versions } = await statusOf([]);
  expect([status, versions.v1.status, versions.v2.status]).toEqual(['unknown', 'unknown', 'unknown']);
  expect(codesOf(versions.v2)).toEqual(['few-samples']);
});

test.each([
  ['healthy', [counted('v1', 1_000, 2), counted('v2', 1_000, 2)], []],
  ['unknown', [counted('v2', 20, 5)], ['few-samples']],
  ['degraded', [counted('v2', 960, 40)], ['errors']],
  ['critical', [counted('v2', 800, 200)], ['errors']],
  ['degraded', [counted('v1', 9_990, 10), counted('v2', 9_920, 80)], ['worse-than-v1']],
  ['degraded', [counted('v2', 500, 0), ...users('v2', 0, 60), ...users('v2', 100, 10, { slow: 1 })], ['slow-users']],
  [
    'critical',
    [counted('v2', 500, 0), ...users('v2', 0, 30), ...users('v2', 100, 20, { silent: 1 })],
    ['silent-users'],
  ],
  [
    'critical',
    [
      counted('v2', 100, 0),
      counted('v1', 0, 0, { arm: 'v2', reason: 'CIRCUIT_OPEN', version: 'v1', counts: emptyCounts }),
      counted('v2', 0, 0, { counts: { ...emptyCounts, suppressedByBreaker: 100 } }),
    ],
    ['breaker'],
  ],
] as const)('v2 is %s: %#', async (expected, buckets, codes) => {
  const { versions } = await statusOf(buckets);
  expect(versions.v2.status).toBe(expected);
  expect(codesOf(versions.v2)).toEqual(codes);
  for (const { detail } of versions.v2.reasons) expect(detail).toMatch(/\d/);
});

test('v2 that takes twice as long to the commit is degraded', async () => {
  const of = (ms: number) => ({
    histograms: {
      commitMs: Array.from({ length: 200 }, (_, n) => ms + (n % 20)).reduce(
        (sum, one) => record(sum, one),
        emptyHistogram,
      ),
    },
  });
  const { versions } = await statusOf([counted('v1', 200, 0, of(20)), counted('v2', 200, 0, of(200))]);
  expect(codesOf(versions.v2)).toEqual(['slower-than-v1']);
  expect(versions.v1.status).toBe('healthy');
});

test('harm is told even where much is missing, and without harm nothing is called healthy', async () => {
  const { store, read } = await start([counted('v2', 1_000, 0), counted('v1', 800, 200)]);
  store.readDelivery = async () => ({ senders: 9, received: 100, dropped: 900, missing: 0 });
  expect((await read('health')).body).toMatchObject({
    status: 'critical',
    deliveryRate: 0.1,
    versions: { v1: { status: 'critical' }, v2: { status: 'unknown', reasons: [{ code: 'delivery' }] } },
  });
});

test('tells when the arms are not as large as the percentage says, while it stood', async () => {
  const split = [...users('v1', 0, 90), ...users('v2', 100, 30)];
  expect((await statusOf(split)).sampleRatio).toMatchObject({ expected: 0.5, v1: 90, v2: 30, isSuspicious: true });
  const { read } = await start(split, { updatedAt: new Date().toISOString() } as FeaturePatch);
  expect((await read('health')).body).toMatchObject({ sampleRatio: null });
});

test('needs a token, and knows no feature that is not there', async () => {
  const { running } = await start([]);
  for (const path of ['metrics', 'health']) {
    expect((await running.send('GET', `/api/features/memoryPanel/${path}`, undefined, { token: null })).status).toBe(
      401,
    );
    expect((await running.send('GET', `/api/features/nobody/${path}`)).status).toBe(404);
  }
});

test('shows how much arrives, and what was refused, on health', async () => {
  const { running } = await start([counted('v2', 10, 0)]);
  const health = async () => (await (await running.get('/api/health')).json()) as Record<string, unknown>;
  await expect.poll(health, { timeout: 10_000 }).toMatchObject({
    delivery: { rate: 1, senders: 1, dropped: 0, missing: 0 },
    intake: { batches: { stored: 0 }, refused: {} },
  });
});
