import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/evaluate/bucket.js';
import { emptyHistogram, record } from '../../../src/observe/histogram.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { exchange, startRunning, type Running } from './running.js';

// bucket 8109 of memoryPanel is user-1.
const seed = {
  memoryPanel: { enabled: true, percentage: 90, allow: [{ tag: digestOf('memoryPanel', 'tester').tag }] },
  sessionsList: { enabled: true, percentage: 90, regions: ['eu'] },
  constructor: { enabled: true, percentage: 100 },
};
const epoch = 1_795_244_451_480;
const counts = {
  attempts: 1,
  exposures: 1,
  settled: 1,
  failed: { load: 0, render: 0, effect: 0, hydration: 0, event: 0, reported: 0 },
  aborted: 0,
  suppressedByBreaker: 0,
  overridden: 0,
};
const bucket = (fields: object = {}) => ({
  feature: 'memoryPanel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch,
  revision: 1,
  stage: null,
  startMs: Math.floor(Date.now() / 10_000) * 10_000,
  durationMs: 10_000,
  counts,
  units: { exposed: 1, error: 0, slow: 0, silent: 0 },
  histograms: {},
  sampling: 1,
  ...fields,
});
const batch = (fields: object = {}) => ({
  schema: 1,
  senderId: 'a'.repeat(32),
  seq: 1,
  sentAt: Date.now(),
  build: 'a1b2',
  final: false,
  dropped: { queueFull: 0, expired: 0, storage: 0 },
  subjects: { memoryPanel: digestOf('memoryPanel', 'user-1').subject },
  buckets: [bucket()],
  ...fields,
});
const post = async ({ get }: Running, body: unknown, contentType = 'application/json') => {
  const response = await get('/api/metrics', {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('stores a batch once, as JSON or from a beacon', async () => {
  const store = createMemoryStore(seed);
  const running = await startRunning(store);
  const accepted = {
    status: 'accepted',
    acceptedBuckets: 1,
    rejectedBuckets: 0,
    partialSuccess: [],
    notes: [],
    gaps: [],
    revision: 1,
  };
  expect(await post(running, batch())).toEqual({ status: 200, body: accepted });
  expect(await post(running, batch())).toMatchObject({ status: 200, body: { status: 'duplicate' } });
  expect(await post(running, batch({ seq: 2 }), 'text/plain;charset=UTF-8')).toMatchObject({
    status: 200,
    body: accepted,
  });
  expect(store.batches).toHaveLength(2);
  expect(store.batches[0]!.buckets[0]).toMatchObject({
    subject: digestOf('memoryPanel', 'user-1').subject,
    unverified: false,
  });
});

test('shows v1 and v2 side by side', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const histograms = { commitMs: [10, 20, 30, 40].reduce(record, emptyHistogram) };
  const failed = { ...counts, settled: 3, failed: { ...counts.failed, render: 1 } };
  await post(
    running,
    batch({
      buckets: [bucket({ counts: failed, histograms }), bucket({ version: 'v1', arm: 'none', reason: 'OVERRIDE' })],
    }),
  );
  const response = await running.send(
    'GET',
    `/api/features/memoryPanel/metrics?from=${Date.now() - 60_000}&to=${new Date(Date.now() + 60_000).toISOString()}`,
  );
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    feature: 'memoryPanel',
    versions: {
      v1: { counts: { settled: 0 }, errorRate: null },
      v2: {
        counts: { settled: 3, failed: { render: 1 } },
        errorRate: 0.25,
        users: { exposed: 1 },
        timings: {
          commitMs: {
            count: 4,
            meanMs: 25,
            minMs: 10,
            maxMs: 40,
            p50Ms: expect.closeTo(20, 0),
            p99Ms: expect.closeTo(39.7, 1),
          },
        },
      },
    },
    outside: { v1: { counts: { settled: 1 }, errorRate: 0 }, v2: { counts: { settled: 0 } } },
  });
  expect((await running.send('GET', '/api/features/memoryPanel/metrics')).status).toBe(200);
  for (const query of ['from=x', 'from=2000&to=1000'])
    expect((await running.send('GET', `/api/features/memoryPanel/metrics?${query}`)).status).toBe(422);
  expect((await running.send('GET', '/api/features/unknown/metrics')).status).toBe(404);
});

test.each([
  ['the wrong arm', { version: 'v1', arm: 'v1' }, 'memoryPanel', 'user-1'],
  ['v2 for a user of the other arm', {}, 'memoryPanel', 'user-13'],
  ['an arm for a user of the allow list', {}, 'memoryPanel', 'tester'],
  ['an arm for an override', { reason: 'OVERRIDE' }, 'memoryPanel', 'user-1'],
  ['v2 out of any arm by split', { arm: 'none' }, 'memoryPanel', 'user-1'],
  ['v2 by an allow list that does not hold', { arm: 'none', reason: 'TARGETING_MATCH' }, 'memoryPanel', 'user-1'],
  ['v2 held by a breaker', { reason: 'CIRCUIT_OPEN' }, 'memoryPanel', 'user-1'],
])('rejects %s and keeps the rest of the batch', async (_, fields, feature, user) => {
  const store = createMemoryStore({ ...seed, memoryPanel: { ...seed.memoryPanel, percentage: 82 } });
  // user-13 lies above 82 %.
  expect(digestOf('memoryPanel', 'user-13').bucket).toBeGreaterThanOrEqual(8_200);
  const running = await startRunning(store);
  const good = bucket({ version: 'v1', arm: 'none', reason: 'DEFAULT' });
  const subjects = { memoryPanel: digestOf(feature, user).subject };
  const { body } = await post(running, batch({ subjects, buckets: [good, bucket(fields)] }));
  expect(body).toMatchObject({
    status: 'partial',
    acceptedBuckets: 1,
    rejectedBuckets: 1,
    partialSuccess: [{ index: 1, code: 'version-mismatch' }],
  });
});

test('rejects an arm of a feature that was off at that revision', async () => {
  const running = await startRunning(createMemoryStore(seed));
  await running.send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  const { body } = await post(running, batch({ buckets: [bucket({ revision: 2 }), bucket({ revision: 1 })] }));
  expect(body).toMatchObject({ acceptedBuckets: 1, partialSuccess: [{ index: 0, code: 'version-mismatch' }] });
});

test('marks as unverified what the digest cannot show', async () => {
  const store = createMemoryStore(seed);
  const running = await startRunning(store);
  const subjects = {
    sessionsList: digestOf('sessionsList', 'user-1').subject,
    memoryPanel: digestOf('memoryPanel', 'user-1').subject,
  };
  await post(
    running,
    batch({ subjects, buckets: [bucket({ feature: 'sessionsList' }), bucket({ revision: 77 }), bucket()] }),
  );
  await post(running, batch({ seq: 2, subjects: {} }));
  expect(store.batches.flatMap(({ buckets }) => buckets.map(({ unverified }) => unverified))).toEqual([
    true,
    true,
    false,
    true,
  ]);
});

test.each([
  ['unknown-feature', { feature: 'nobodyKnows' }],
  ['invalid', { feature: '__proto__' }],
  ['invalid', { version: 'v3' }],
  ['invalid', { reason: 'BECAUSE' }],
  ['invalid', { counts: { ...counts, attempts: -1 } }],
  ['invalid', { counts: { ...counts, exposures: 1e9 } }],
  ['invalid', { counts: { ...counts, failed: 3 } }],
  ['invalid', { units: { exposed: 2, error: 0, slow: 0, silent: 0 } }],
  ['invalid', { stage: 'x'.repeat(65) }],
  ['invalid', { histograms: { commitMs: { ...record(emptyHistogram, 5), n: 7 } } }],
  ['invalid', { histograms: { commitMs: { ...record(emptyHistogram, 5), sum: null } } }],
  ['expired', { startMs: Date.now() - 90_000_000 }],
  ['future', { startMs: Date.now() + 3_600_000 }],
  ['invalid', { startMs: 'now' }],
])('rejects a bucket as %s: %j', async (code, fields) => {
  const { body } = await post(await startRunning(createMemoryStore(seed)), batch({ buckets: [bucket(fields)] }));
  expect(body).toMatchObject({
    status: 'partial',
    acceptedBuckets: 0,
    partialSuccess: [{ index: 0, code, detail: expect.any(String) }],
  });
});

test('takes what is absent for 0, as in the batch of a page that lacks the code of the reporter', async () => {
  const store = createMemoryStore(seed);
  const least = bucket({ counts: { failed: { render: 1 } }, units: { exposed: 1, error: 1 } });
  const { body } = await post(await startRunning(store), batch({ dropped: { queueFull: 2 }, buckets: [least] }));
  expect(body).toMatchObject({ status: 'accepted', acceptedBuckets: 1 });
  expect(store.batches[0]!.buckets[0]).toMatchObject({
    counts: { ...counts, attempts: 0, exposures: 0, settled: 0, failed: { ...counts.failed, render: 1 } },
    units: { exposed: 1, error: 1, slow: 0, silent: 0 },
  });
});

test('leaves out histograms it does not know', async () => {
  const store = createMemoryStore(seed);
  const histogram = record(emptyHistogram, 5);
  await post(
    await startRunning(store),
    batch({ buckets: [bucket({ histograms: { evil: histogram, commitMs: histogram } })] }),
  );
  expect(Object.keys(store.batches[0]!.buckets[0]!.histograms)).toEqual(['commitMs']);
});

const spread = { kind: 'histogram', unit: 'ms', ...[1, 0, 900].reduce(record, emptyHistogram) };
const gauge = { kind: 'gauge', unit: '1', n: 3, sum: -3, min: -4, max: 1, last: 0 };
const counter = { kind: 'counter', unit: '{item}', n: 2, sum: 40 };

test('takes measures of every kind, and sums', async () => {
  const store = createMemoryStore(seed);
  const measured = {
    measures: { searchMs: spread, 'cart.size': gauge, constructor: counter },
    sums: { heapMb: { n: 1, sum: 38.1 }, fetchErrors: { n: 4, sum: 1 } },
    histograms: { fetchMs: [...Array(40).keys()].map((at) => 10 ** (at / 4 - 3)).reduce(record, emptyHistogram) },
  };
  await post(await startRunning(store), batch({ buckets: [bucket(measured), bucket({ revision: 77 })] }));
  const [taken, bare] = store.batches[0]!.buckets;
  // valibot leaves out what could be taken for a prototype.
  const { constructor: _, ...measures } = measured.measures;
  expect(taken).toMatchObject({ ...measured, measures });
  expect(bare).toMatchObject({ measures: {}, sums: {}, histograms: {} });
});

test('leaves out names that no measure may have, and what comes after ten', async () => {
  const store = createMemoryStore(seed);
  const names = ['1st', 'a b', '', `x${'y'.repeat(64)}`, ...Array.from({ length: 12 }, (_, at) => `m${at}`)];
  const measures = Object.fromEntries(names.map((name) => [name, counter]));
  const text = JSON.stringify(batch({ buckets: [bucket({ measures, sums: { evil: { n: 1, sum: 1 } } })] }));
  await post(
    await startRunning(store),
    text.replace('"measures":{', `"measures":{"__proto__":${JSON.stringify(counter)},`),
  );
  const [taken] = store.batches[0]!.buckets;
  expect(Object.keys(taken!.measures)).toEqual(Array.from({ length: 10 }, (_, at) => `m${at}`));
  expect(taken!.sums).toEqual({});
});

test.each([
  ['/measures', { measures: [] }],
  ['/units', { units: [] }],
  ['/counts', { counts: [] }],
  ['/failed', { counts: { ...counts, failed: [] } }],
  ['/measures/m/kind', { measures: { m: { ...counter, kind: 'meter' } } }],
  ['/measures/m', { measures: { m: 7 } }],
  ['/measures/m/unit', { measures: { m: { ...counter, unit: 'x'.repeat(17) } } }],
  ['/measures/m/unit', { measures: { m: { ...counter, unit: 'a b' } } }],
  ['/measures/m/n', { measures: { m: { ...counter, n: 0 } } }],
  ['/measures/m/n', { measures: { m: { ...counter, n: 1e9 } } }],
  ['/measures/m/sum', { measures: { m: { ...counter, sum: -1 } } }],
  ['/measures/m/sum', { measures: { m: { ...counter, sum: 1e300 } } }],
  ['/measures/m/sum', { measures: { m: { ...counter, sum: null } } }],
  ['/measures/m/last', { measures: { m: { ...gauge, last: '0' } } }],
  ['/measures/m', { measures: { m: { ...gauge, last: 2 } } }],
  ['/measures/m', { measures: { m: { ...gauge, sum: 30 } } }],
  ['/measures/m', { measures: { m: { ...spread, n: 7 } } }],
  ['/measures/m/s', { measures: { m: { ...spread, s: 20 } } }],
  ['/measures/m/s', { measures: { m: { ...spread, s: 1.5 } } }],
  ['/measures/m/o', { measures: { m: { ...spread, o: 1e9 } } }],
  ['/measures/m/b', { measures: { m: { ...spread, b: Array(321).fill(0) } } }],
  ['/measures/m/l2', { measures: { m: { ...spread, l2: 1e300 } } }],
  ['/sums/heapMb/n', { sums: { heapMb: { n: -1, sum: 0 } } }],
  ['/sums/heapMb/sum', { sums: { heapMb: { n: 1, sum: -5 } } }],
  ['/sums/fetchErrors', { sums: { fetchErrors: { n: 1, sum: 2 } } }],
  ['/histograms/commitMs', { histograms: { commitMs: { ...record(emptyHistogram, 5), sum: 1e9 } } }],
])('refuses a bucket that measures nonsense at %s: %j', async (pointer, fields) => {
  const store = createMemoryStore(seed);
  const { body } = await post(await startRunning(store), batch({ buckets: [bucket(fields), bucket()] }));
  expect(body).toMatchObject({
    acceptedBuckets: 1,
    partialSuccess: [{ index: 0, code: 'invalid', detail: expect.stringContaining(`${pointer}: `) }],
  });
});

test.each([
  ['/schema', { schema: 2 }],
  ['/senderId', { senderId: 'me' }],
  ['/seq', { seq: -1 }],
  ['/checksum', { checksum: '0' }],
  ['/checksum', { checksum: '00000000' }],
  ['/dropped', { dropped: [] }],
  ['/buckets', { buckets: 'none' }],
  ['/buckets', { buckets: Array(201).fill(0) }],
])('refuses a batch that is wrong at %s', async (pointer, fields) => {
  const refused = await post(await startRunning(createMemoryStore(seed)), batch(fields));
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
});

test('refuses what is no batch at all', async () => {
  const running = await startRunning(createMemoryStore(seed));
  for (const body of ['null', '[]', '"x"', '1']) expect((await post(running, body)).status).toBe(422);
  expect((await post(running, '{')).status).toBe(400);
  expect((await post(running, batch(), 'application/xml')).status).toBe(415);
  const large = await post(running, batch({ build: 'x'.repeat(62_000) }));
  expect(large).toMatchObject({ status: 413, body: { type: '/problems/body-too-large' } });
  expect(
    await exchange(running.port, (socket) =>
      socket.end(
        'POST /api/metrics HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 2\r\n\r\n\xff\xfe',
      ),
    ),
  ).toContain(' 400 ');
});

test('keeps subjects called __proto__ or constructor inert', async () => {
  const store = createMemoryStore(seed);
  const running = await startRunning(store);
  const { subject } = digestOf('constructor', 'user-1');
  const text = JSON.stringify(
    batch({
      subjects: { constructor: subject },
      buckets: [bucket({ feature: 'constructor' }), bucket({ feature: 'toString' })],
    }),
  );
  const { body } = await post(running, text.replace('"subjects":{', '"subjects":{"__proto__":{"memoryPanel":"x"},'));
  expect(body).toMatchObject({ acceptedBuckets: 1, partialSuccess: [{ index: 1, code: 'unknown-feature' }] });
  expect(store.batches[0]!.buckets[0]).toMatchObject({ feature: 'constructor', subject, unverified: false });
});

test('answers 503 with Retry-After while the database is away, and stores the batch afterwards', async () => {
  const store = createMemoryStore(seed);
  const running = await startRunning(store);
  store.trouble = 'down';
  const refused = await running.get('/api/metrics', { method: 'POST', body: JSON.stringify(batch()) });
  expect([
    refused.status,
    refused.headers.get('retry-after'),
    refused.headers.get('access-control-allow-origin'),
  ]).toEqual([503, '1', '*']);
  store.trouble = 'none';
  expect((await post(running, batch())).body).toMatchObject({ status: 'accepted' });
});

test('counts v2 exposures after a rollback', async () => {
  const running = await startRunning(createMemoryStore(seed));
  await running.send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await post(running, batch({ buckets: [bucket({ startMs: Date.now() + 1_000 })] }));
  const status = await running.get('/api/health/rollback-status');
  expect(await status.json()).toMatchObject({ v2: { exposuresAfter: 1, lastSeenAt: expect.any(String) } });
});

test('holds a bucket to the stage that was published with its revision', async () => {
  const store = createMemoryStore(seed);
  const { readState } = store;
  store.readState = async () => ({ ...(await readState()), stages: new Map([['memoryPanel', 'p7-s3']]) });
  const running = await startRunning(store);
  const outside = { version: 'v1', arm: 'none', reason: 'DEFAULT' };
  const buckets = ['p7-s3', 'p7-s4', null].flatMap((stage) => [bucket({ stage }), bucket({ stage, ...outside })]);
  const { body } = await post(running, batch({ buckets }));
  expect(body).toMatchObject({
    status: 'partial',
    acceptedBuckets: 3,
    partialSuccess: [
      { index: 2, code: 'version-mismatch', detail: expect.stringContaining('"p7-s4"') },
      { index: 3, code: 'version-mismatch' },
      { index: 4, code: 'version-mismatch' },
    ],
  });
  const { body: unknown } = await post(
    running,
    batch({ seq: 2, buckets: [bucket({ stage: 'made-up', revision: 0, ...outside })] }),
  );
  expect(unknown).toMatchObject({ status: 'accepted' });
  expect(store.batches[1]!.buckets[0]).toMatchObject({ unverified: true });
});

test('says when another batch is stored under the same number, and counts what it refuses', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const first = batch({ buckets: [bucket(), bucket({ version: 'v3' })] });
  await post(running, first);
  const { body } = await post(running, batch({ buckets: [bucket(), bucket()] }));
  expect(body).toMatchObject({ status: 'duplicate', notes: [{ code: 'number-reused', count: 1 }] });
  expect((await post(running, first)).body).toMatchObject({ notes: [] });
  const health = (await (await running.get('/api/health')).json()) as object;
  expect(health).toMatchObject({
    intake: {
      batches: { stored: 1, duplicate: 2, limited: 0 },
      acceptedBuckets: 1,
      refused: { invalid: 1, 'number-reused': 1 },
    },
  });
});

test('counts how connections of pages came to be, once for each batch, and refuses what no page has', async () => {
  const running = await startRunning(createMemoryStore(seed));
  const first = batch({ connections: { live: 2, offline: 1 } });
  for (const sent of [first, first, batch({ seq: 2, buckets: [], connections: { live: 1, __proto__: 5, unheard: 7 } })])
    expect((await post(running, sent)).status).toBe(200);
  for (const connections of [{ live: -1 }, { live: 1e9 }, { live: 0.5 }, { live: '1' }, [], 'live', null])
    expect((await post(running, batch({ seq: 3, connections }))).status).toBe(422);
  const health = (await (await running.get('/api/health')).json()) as { intake: { connections: object } };
  expect(health.intake.connections).toEqual({ live: 3, offline: 1 });
});

test('takes none of the buckets of a sender that sends more than a page can', async () => {
  const store = createMemoryStore(seed);
  store.storeBatch = async () => ({ status: 'limited', gaps: [] });
  const { body } = await post(await startRunning(store), batch({ buckets: [bucket(), bucket({ version: 'v3' })] }));
  expect(body).toMatchObject({
    status: 'partial',
    acceptedBuckets: 0,
    partialSuccess: [
      { index: 0, code: 'sender-limit' },
      { index: 1, code: 'sender-limit' },
    ],
  });
});

test('answers whatever is sent as a batch, and explains it', { timeout: 240_000 }, async () => {
  const store = createMemoryStore(seed);
  const running = await startRunning(store, { maxMetricsPerAddress: 1_000_000 });
  const odd = fc.oneof(
    fc.constantFrom(-1, 1e9, 2 ** 53, 0.5, null, '', 'v2', '__proto__', [], {}, true, 'x'.repeat(70)),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const fields = (names: readonly string[]) =>
    fc
      .uniqueArray(fc.constantFrom(...names), { maxLength: 3 })
      .chain((chosen) =>
        fc
          .tuple(...chosen.map(() => odd))
          .map((values) => Object.fromEntries(chosen.map((name, at) => [name, values[at]]))),
      );
  const forgedBucket = fields(Object.keys(bucket())).map((changes) => bucket(changes));
  let seq = 0;
  await fc.assert(
    fc.asyncProperty(
      fields(['schema', 'senderId', 'seq', 'dropped', 'subjects', 'buckets', 'checksum']),
      fc.array(fc.oneof(forgedBucket, odd), { maxLength: 5 }),
      async (changes, buckets) => {
        seq += 1;
        const { status, body } = await post(running, batch({ seq, buckets, ...changes }));
        expect([200, 422]).toContain(status);
        if (status === 422) expect(body['errors']).not.toEqual([]);
        else expect(body).toMatchObject({ status: expect.any(String), partialSuccess: expect.any(Array) });
      },
    ),
    { numRuns: 100 },
  );
  expect(running.faults).toEqual([]);
});
