import { expect, test } from 'vitest';
import { emptyCounts } from '../../../src/observe/tally.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { addUp, batchOf, bucketOf, histogramOf } from '../export/buckets.js';
import { operatorToken, startRunning, viewerToken } from '../http/running.js';
import { holdClock } from '../plans/openPlans.js';
import { byAda, openStore } from '../store/openStore.js';

const opened = openStore();
const hourMs = 3_600_000;
const window = { fromMs: null, untilMs: null, durationMs: 48 * hourMs };

const v1Bucket = (startMs: number, failed = 0, settled = 100) =>
  bucketOf({
    version: 'v1',
    arm: 'none',
    reason: 'DISABLED',
    startMs,
    counts: {
      ...emptyCounts,
      attempts: failed + settled,
      exposures: failed + settled,
      settled,
      failed: { ...emptyCounts.failed, render: failed },
    },
    histograms: { commitMs: histogramOf(...Array.from({ length: settled }, (_, at) => 10 + (at % 10))) },
    sums: { heapMb: { n: 1, sum: 30 } },
    measures: { rows: { kind: 'counter', unit: '{row}', n: 1, sum: 5 } },
  });

const store = async (seq: number, ...buckets: ReturnType<typeof bucketOf>[]): Promise<void> => {
  await opened.store.storeBatch(batchOf(1, seq, buckets));
  await addUp(opened.serviceUrl);
};

test('a baseline of the next 48 hours is completed once among replicas, after a restart too, and then stays as it is', async () => {
  const clock = await holdClock(opened);
  const { store: first, serviceUrl, sql } = opened;
  await first.createFeature('memoryPanel', {}, byAda);
  const started = await first.baselines.start('memoryPanel', window, { ...byAda, reason: 'before the rewrite' });
  expect(started).toMatchObject({ status: 'recording', createdBy: 'ada', reason: 'before the rewrite' });
  expect(Date.parse(started.until) - Date.parse(started.from)).toBe(48 * hourMs);
  const fromMs = Date.parse(started.from);
  await store(1, v1Bucket(fromMs - 10_000, 50), v1Bucket(fromMs + 20_000, 2), v1Bucket(fromMs + 30 * hourMs, 1));
  await store(3, bucketOf({ startMs: fromMs + hourMs, arm: 'none', reason: 'OVERRIDE' }));
  expect(await first.baselines.tick()).toEqual([]);
  await clock.move(48 * 60 + 1);
  // The last batches may still be on their way.
  expect(await first.baselines.tick()).toEqual([]);
  await clock.move(1.1);
  const replicas = await Promise.all([1, 2, 3].map(() => createPostgresStore({ connectionString: serviceUrl })));
  const ticked = await Promise.all(replicas.map(({ baselines }) => baselines.tick()));
  await Promise.all(replicas.map((one) => one.close()));
  expect(ticked.flat()).toHaveLength(1);
  const found = await first.baselines.read(started.id);
  expect(found).toMatchObject({
    status: 'completed',
    numbers: {
      counts: { attempts: 203, settled: 200, failed: { render: 3 } },
      histograms: { commitMs: { n: 200 } },
      sums: { heapMb: { n: 2, sum: 60 } },
      measures: { rows: { kind: 'counter', n: 2, sum: 10 } },
      v2Exposures: 1,
      delivery: { expected: 3, received: 2 },
    },
  });
  await store(4, v1Bucket(fromMs + 40_000, 90));
  expect(await first.baselines.tick()).toEqual([]);
  expect(await first.baselines.read(started.id)).toEqual(found);
  await expect(sql(`UPDATE baselines SET counts = '{}' WHERE id = $1`, [started.id])).rejects.toThrow('stays as it is');
  await expect(first.baselines.cancel(started.id, byAda)).rejects.toMatchObject({ code: 'conflict' });
  const audit = await first.readAudit({ feature: 'memoryPanel', limit: 10 });
  expect(audit.map(({ action, actor }) => [action, actor])).toEqual([
    ['baseline-completed', 'baselines'],
    ['baseline-started', 'ada'],
    ['create', 'ada'],
  ]);
});

test.each([
  ['a percentage', { enabled: true, percentage: 5 }, 'v2 was on for 5 %'],
  ['a listed user', { enabled: true, allow: [{ tag: 'a'.repeat(16) }] }, 'v2 was on for 1 listed users'],
])('%s spoils it as soon as it happens, and refuses another', async (_, patch, cause) => {
  const { baselines, createFeature, changeFeature } = opened.store;
  await createFeature('memoryPanel', {}, byAda);
  const { id } = await baselines.start('memoryPanel', window, byAda);
  expect(await baselines.tick()).toEqual([]);
  await changeFeature('memoryPanel', patch, null, byAda);
  expect(await baselines.tick()).toMatchObject([{ id, status: 'spoiled', cause: expect.stringContaining(cause) }]);
  expect(await baselines.tick()).toEqual([]);
  await expect(baselines.start('memoryPanel', window, byAda)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(cause),
  });
});

test('a v2 that came and went within the window spoils it, one that went before does not', async () => {
  const { baselines, createFeature, changeFeature, rollback } = opened.store;
  await createFeature('memoryPanel', { enabled: true, percentage: 50 }, byAda);
  await rollback('memoryPanel', byAda);
  const { id } = await baselines.start('memoryPanel', window, byAda);
  expect(await baselines.tick()).toEqual([]);
  await changeFeature('memoryPanel', { enabled: true }, null, byAda);
  await rollback('memoryPanel', byAda);
  expect(await baselines.tick()).toMatchObject([
    { id, status: 'spoiled', cause: expect.stringMatching(/50 % at \d.*Z, set by ada/) },
  ]);
});

test('enabled at 0 %, or before its time comes, nobody has v2', async () => {
  const { baselines, createFeature } = opened.store;
  await createFeature('atZero', { enabled: true, percentage: 0 }, byAda);
  const from = new Date(Date.now() + 100 * hourMs).toISOString();
  await createFeature('later', { enabled: true, percentage: 100, from }, byAda);
  await createFeature(
    'over',
    { enabled: true, percentage: 100, until: new Date(Date.now() - hourMs).toISOString() },
    byAda,
  );
  for (const feature of ['atZero', 'later', 'over']) await baselines.start(feature, window, byAda);
  expect(await baselines.tick()).toEqual([]);
  expect((await baselines.list({ limit: 10 })).map(({ status }) => status)).toEqual([
    'recording',
    'recording',
    'recording',
  ]);
});

test('one records at a time, twenty that ended are kept, and what is forgotten is whole in the audit', async () => {
  const { store: own, sql } = opened;
  await own.createFeature('memoryPanel', {}, byAda);
  await own.createFeature('other', {}, byAda);
  await own.baselines.start('other', window, byAda);
  for (let at = 1; at <= 21; at += 1) {
    const { id } = await own.baselines.start('memoryPanel', window, byAda);
    await expect(own.baselines.start('memoryPanel', window, byAda)).rejects.toMatchObject({ code: 'conflict' });
    await own.baselines.cancel(id, byAda);
    expect(await own.baselines.cancel(id, byAda)).toMatchObject({ status: 'cancelled' });
  }
  await own.baselines.start('memoryPanel', window, byAda);
  expect(await own.baselines.list({ feature: 'memoryPanel', limit: 100 })).toHaveLength(20);
  const deleted = await sql(`SELECT before->>'feature' AS feature FROM flag_audit WHERE action = 'baseline-deleted'`);
  expect(deleted).toEqual([{ feature: 'memoryPanel' }, { feature: 'memoryPanel' }]);
});

async function start(options: Parameters<typeof startRunning>[1] = {}) {
  const running = await startRunning(opened.store, options);
  const call = async (method: string, path: string, body?: unknown, token = operatorToken) => {
    const response = await running.send(method, path, body, { token });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  return { ...running, call };
}

test(
  'over HTTP: of the last hours, completed by the scheduler, and compared with now',
  { timeout: 60_000 },
  async () => {
    await opened.store.createFeature('memoryPanel', {}, byAda);
    const nowMs = Date.now();
    for (let hour = 1; hour <= 5; hour += 1) await store(hour, v1Bucket(nowMs - hour * hourMs, 2));
    const { call } = await start({ baselineTickMs: 100 });
    const made = await call('POST', '/api/baselines', {
      feature: 'memoryPanel',
      from: new Date(nowMs - 6 * hourMs).toISOString(),
      to: new Date(nowMs - 600_000).toISOString(),
    });
    expect(made).toMatchObject({ status: 201, body: { status: 'recording', progress: 1, numbers: null } });
    const path = made.headers.get('location') ?? '';
    await expect
      .poll(async () => (await call('GET', path, undefined, viewerToken)).body['status'], { timeout: 15_000 })
      .toBe('completed');
    // v2 of now is slower and breaks more often.
    const v2 = { version: 'v2', startMs: nowMs - 60_000 } as const;
    await store(
      6,
      { ...v1Bucket(nowMs - 60_000, 2) },
      bucketOf({
        ...v2,
        counts: {
          ...emptyCounts,
          attempts: 100,
          exposures: 100,
          settled: 70,
          failed: { ...emptyCounts.failed, render: 30 },
        },
        histograms: { commitMs: histogramOf(...Array.from({ length: 100 }, (_, at) => 20 + (at % 20))) },
      }),
      bucketOf({ ...v2, arm: 'none', reason: 'TARGETING_MATCH', counts: { ...emptyCounts, settled: 900 } }),
    );
    const { body } = await call('GET', path);
    expect(body).toMatchObject({
      numbers: {
        errorRate: { value: 10 / 510, failed: 10, of: 510 },
        timings: {
          commitMs: { count: 500, p50Ms: { value: expect.closeTo(14, -0.3), errorRatio: expect.closeTo(0.0433, 3) } },
        },
        measures: { rows: { kind: 'counter', n: 5, sum: 25 } },
        // The sender was not there yet.
        delivery: null,
        v2Exposures: 0,
      },
      comparison: {
        note: expect.stringContaining('no verdict'),
        versions: {
          v1: {
            differences: {
              errorRate: { status: 'compared' },
              timings: { commitMs: { slowdown: { status: 'compared' } } },
            },
          },
          v2: {
            numbers: { counts: { settled: 70 } },
            differences: {
              errorRate: { status: 'compared', baseline: 10 / 510, now: 0.3 },
              timings: {
                commitMs: {
                  p50Ms: { status: 'compared' },
                  p99Ms: { status: 'tooLittle', reason: '100 values now, 500 in the baseline: too few for p99' },
                  slowdown: { status: 'compared' },
                },
              },
            },
          },
        },
      },
    });
    const early = new Date(nowMs - 5 * hourMs).toISOString();
    expect(await call('GET', `${path}?to=${early}`)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/to' }] },
    });
    const whole = await call('GET', `${path}?from=${early}`);
    expect(whole.body['comparison']).toMatchObject({
      from: body['until'],
      versions: { v1: { numbers: { counts: { settled: 100 } } } },
    });
    type Shown = {
      differences: {
        errorRate: { low: number; high: number };
        timings: { commitMs: { slowdown: { low: number; high: number; ratio: number } } };
      };
    };
    const { versions } = body['comparison'] as { versions: { v1: Shown; v2: Shown } };
    expect(versions.v2.differences.errorRate.low).toBeGreaterThan(0.15);
    expect(versions.v1.differences.errorRate.low).toBeLessThan(0);
    expect(versions.v1.differences.errorRate.high).toBeGreaterThan(0);
    const { slowdown } = versions.v2.differences.timings.commitMs;
    expect(slowdown.ratio).toBeCloseTo(2, 1);
    expect(slowdown.low).toBeGreaterThan(1.8);
    expect(slowdown.high).toBeLessThan(2.3);
  },
);

test('says what there is too little of', async () => {
  await opened.store.createFeature('memoryPanel', {}, byAda);
  const { call } = await start({ baselineTickMs: 100 });
  const made = await call('POST', '/api/baselines', {
    feature: 'memoryPanel',
    from: new Date(Date.now() - 6 * hourMs).toISOString(),
    hours: 1,
  });
  const path = made.headers.get('location') ?? '';
  await expect.poll(async () => (await call('GET', path)).body['status'], { timeout: 15_000 }).toBe('completed');
  expect((await call('GET', path)).body).toMatchObject({
    numbers: { errorRate: null, timings: {}, users: 0, delivery: null },
    comparison: {
      versions: {
        v2: { differences: { errorRate: { status: 'tooLittle', reason: '0 failed or settled now: 30 are needed' } } },
      },
    },
  });
});

const iso = (ms: number) => new Date(Date.now() + ms).toISOString();

test.each([
  [{}, '/feature'],
  [{ feature: 'no key!' }, '/feature'],
  [{ feature: 'memoryPanel', hours: 0 }, '/hours'],
  [{ feature: 'memoryPanel', hours: 745 }, '/hours'],
  [{ feature: 'memoryPanel', hours: '48' }, '/hours'],
  [{ feature: 'memoryPanel', hours: null }, '/hours'],
  [{ feature: 'memoryPanel', from: 'yesterday' }, '/from'],
  [{ feature: 'memoryPanel', from: iso(-31 * 24 * hourMs) }, '/from'],
  [{ feature: 'memoryPanel', from: iso(31 * 24 * hourMs) }, '/from'],
  [{ feature: 'memoryPanel', to: iso(-hourMs) }, '/to'],
  [{ feature: 'memoryPanel', from: iso(-hourMs), to: iso(-2 * hourMs) }, '/to'],
  [{ feature: 'memoryPanel', from: iso(-hourMs), to: iso(hourMs), hours: 2 }, '/hours'],
  [{ feature: 'memoryPanel', to: iso(800 * hourMs) }, '/to'],
  [{ feature: 'memoryPanel', window: 1 }, '/window'],
  [{ feature: 'memoryPanel', reason: ' ' }, '/reason'],
])('refuses %j at %s', async (body, pointer) => {
  await opened.store.createFeature('memoryPanel', {}, byAda);
  const { call } = await start();
  expect(await call('POST', '/api/baselines', body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
});

test('needs the role operator, a feature that there is, and v1 for everybody', async () => {
  await opened.store.createFeature('memoryPanel', { enabled: true, percentage: 1 }, byAda);
  const { call, faults } = await start();
  expect(await call('POST', '/api/baselines', { feature: 'memoryPanel' }, viewerToken)).toMatchObject({ status: 403 });
  expect(await call('POST', '/api/baselines', { feature: 'gone' })).toMatchObject({ status: 404 });
  expect(await call('POST', '/api/baselines', { feature: 'memoryPanel' })).toMatchObject({
    status: 409,
    body: { detail: expect.stringMatching(/a baseline is of v1 alone, and v2 was on for 1 %/) },
  });
  expect(await call('GET', '/api/baselines/1')).toMatchObject({ status: 404 });
  expect(await call('GET', '/api/baselines/__proto__')).toMatchObject({ status: 404 });
  expect(await call('GET', '/api/baselines?feature=no%20key')).toMatchObject({ status: 422 });
  expect(await call('GET', '/api/baselines')).toMatchObject({ status: 200, body: { baselines: [] } });
  expect(faults).toEqual([]);
});

test('is cancelled by hand', async () => {
  await opened.store.createFeature('memoryPanel', {}, byAda);
  const { call } = await start();
  const { body } = await call('POST', '/api/baselines', { feature: 'memoryPanel', reason: 'soon' });
  const path = `/api/baselines/${String(body['id'])}/cancel`;
  expect(await call('POST', path, { reason: 'too early' })).toMatchObject({ body: { status: 'cancelled' } });
  expect((await opened.store.readAudit({ limit: 1 }))[0]).toMatchObject({
    action: 'baseline-cancelled',
    actor: 'otto',
    reason: 'too early',
  });
});
