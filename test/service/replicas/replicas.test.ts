import { expect, onTestFinished, test } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { openStream, startRunning, type Running } from '../http/running.js';
import { openStore } from '../store/openStore.js';

const opened = openStore();
const within = { timeout: 10_000, interval: 20 };

interface Status {
  readonly rollbackComplete: boolean;
  readonly target: { readonly epoch: number; readonly revision: number } | null;
  readonly replicas: { readonly total: number; readonly applied: number; readonly unreachable: number };
  readonly streams: {
    readonly connected: number;
    readonly sent: number;
    readonly sampled: number;
    readonly confirmed: number;
  };
  readonly blockers: readonly string[];
}

const statusOf = async ({ get }: Running): Promise<Status> =>
  (await (await get('/api/health/rollback-status')).json()) as Status;

async function startTwo(): Promise<{ first: Running; second: Running; closeSecond: () => Promise<void> }> {
  const other = await createPostgresStore({ connectionString: opened.serviceUrl });
  const [first, second] = await Promise.all([
    startRunning(opened.store, { replicaName: 'first' }),
    startRunning(other, { replicaName: 'second' }),
  ]);
  let closing: Promise<void> | undefined;
  const closeSecond = (): Promise<void> => (closing ??= second.close().then(() => other.close()));
  onTestFinished(closeSecond);
  onTestFinished(first.close);
  await first.send('POST', '/api/features', {
    feature: 'memoryPanel',
    enabled: true,
    percentage: 100,
    reason: 'a test',
  });
  await expect.poll(async () => (await second.get('/api/snapshot')).text(), within).toContain('memoryPanel');
  await expect
    .poll(async () => (await statusOf(first)).replicas, within)
    .toEqual({ total: 2, applied: 2, unreachable: 0 });
  await expect
    .poll(async () => (await statusOf(second)).replicas, within)
    .toEqual({ total: 2, applied: 2, unreachable: 0 });
  return { first, second, closeSecond };
}

const helloOf = async (stream: Awaited<ReturnType<typeof openStream>>): Promise<string> =>
  String((await stream.next('hello')).data['streamId']);

test('a rollback through one replica reaches the streams of the other, and both count all confirmations', async () => {
  const { first, second } = await startTwo();
  const shows = await openStream(first.url);
  const frozen = await openStream(second.url);
  const other = await openStream(second.url);
  const [a, b] = [await helloOf(shows), await helloOf(other)];
  await helloOf(frozen);
  const startedAtMs = Date.now();
  expect((await first.send('POST', '/api/features/disable', { feature: 'memoryPanel' })).status).toBe(200);
  for (const stream of [shows, frozen, other])
    for (;;) if (((await stream.next('snapshot')).data['kills'] as string[]).includes('memoryPanel')) break;
  // Within a second on an idle machine; the bench of the roads holds that.
  expect(Date.now() - startedAtMs).toBeLessThan(5_000);

  await expect
    .poll(() => statusOf(second), within)
    .toMatchObject({ streams: { connected: 3, sent: 3, sampled: 3, confirmed: 0 } });
  const { target } = await statusOf(first);
  expect((await statusOf(second)).target).toEqual(target);
  const confirm = (replica: Running, streamId: string) =>
    replica.send('POST', '/api/confirm', { streamId, ...target }, { token: null });
  expect(await (await confirm(first, a)).json()).toEqual({ confirmed: true });
  expect(await (await confirm(second, b)).json()).toEqual({ confirmed: true });
  for (const replica of [first, second])
    await expect
      .poll(() => statusOf(replica), within)
      .toMatchObject({
        rollbackComplete: false,
        replicas: { total: 2, applied: 2, unreachable: 0 },
        streams: { connected: 3, sent: 3, sampled: 3, confirmed: 2 },
        blockers: ['1 of 3 streams have not confirmed', expect.stringMatching(/^v2 must not be seen for \d+ s more$/)],
      });
  // A tab that is closed shows nothing.
  frozen.close();
  for (const replica of [first, second])
    await expect
      .poll(() => statusOf(replica), within)
      .toMatchObject({
        rollbackComplete: true,
        streams: { connected: 2, sampled: 2, confirmed: 2 },
        blockers: [],
      });
});

test('a confirmation that a balancer gives to another replica reaches the one that has the stream', async () => {
  const { first, second } = await startTwo();
  const streams = [await openStream(first.url), await openStream(first.url), await openStream(second.url)];
  const [a = '', b = '', c = ''] = await Promise.all(streams.map(helloOf));
  await first.send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  for (const stream of streams)
    for (;;) if (((await stream.next('snapshot')).data['kills'] as string[]).includes('memoryPanel')) break;
  const { target } = await statusOf(first);
  const confirm = async (replica: Running, streamId: string) =>
    (await replica.send('POST', '/api/confirm', { streamId, ...target }, { token: null })).json();
  expect(await confirm(second, a)).toEqual({ confirmed: false });
  expect(await confirm(second, b)).toEqual({ confirmed: false });
  expect(await confirm(first, c)).toEqual({ confirmed: false });
  // Of nobody, and what is no confirmation at all.
  expect(await confirm(first, 'f'.repeat(32))).toEqual({ confirmed: false });
  await opened.sql(`SELECT pg_notify('switchback_pass', ',,x:1:1,' || repeat('9', 7000))`);
  for (const replica of [first, second])
    await expect
      .poll(() => statusOf(replica), within)
      .toMatchObject({ rollbackComplete: true, streams: { connected: 3, sampled: 3, confirmed: 3 }, blockers: [] });
  expect([first.faults, second.faults]).toEqual([[], []]);
});

test('names a replica that was not heard of since, and forgets one that ended in order', async () => {
  const { first, closeSecond } = await startTwo();
  // As one whose process was killed: a row that nobody renews.
  await opened.sql(`INSERT INTO replicas (id, name, epoch, revision, connected, seen_at)
    SELECT repeat('a', 32), 'gone', epoch, revision, 7, now() - interval '1 minute' FROM switchback_state`);
  await first.send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await expect
    .poll(() => statusOf(first), within)
    .toMatchObject({
      rollbackComplete: false,
      replicas: { total: 3, applied: 2, unreachable: 1 },
      streams: { connected: 0 },
      blockers: [
        '1 of 3 replicas have not been heard of for 10 s',
        expect.stringMatching(/^v2 must not be seen for \d+ s more$/),
      ],
    });
  await opened.sql("UPDATE replicas SET seen_at = now() - interval '11 minutes' WHERE name = 'gone'");
  await closeSecond();
  await expect
    .poll(() => statusOf(first), within)
    .toMatchObject({ rollbackComplete: true, replicas: { total: 1, applied: 1, unreachable: 0 } });
});

test('a process that is started again takes the place of the one before', async () => {
  const { first } = await startTwo();
  await opened.sql(
    `INSERT INTO replicas (id, name, seen_at) VALUES (repeat('c', 32), 'third', now() - interval '1 minute')`,
  );
  await expect.poll(async () => (await statusOf(first)).replicas, within).toMatchObject({ total: 3, unreachable: 1 });
  const store = await createPostgresStore({ connectionString: opened.serviceUrl });
  const third = await startRunning(store, { replicaName: 'third' });
  onTestFinished(async () => {
    await third.close();
    await store.close();
  });
  await expect
    .poll(async () => (await statusOf(first)).replicas, within)
    .toEqual({ total: 3, applied: 3, unreachable: 0 });
});

test('waits for a replica that is heard of but has not applied the rollback', async () => {
  const { first } = await startTwo();
  const behind = () =>
    opened.sql(`INSERT INTO replicas (id, name, epoch, revision, connected, sent)
      SELECT repeat('b', 32), 'behind', epoch, 0, 5, 5 FROM switchback_state
      ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()`);
  await behind();
  await first.send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await expect
    .poll(async () => {
      await behind();
      return statusOf(first);
    }, within)
    .toMatchObject({
      rollbackComplete: false,
      replicas: { total: 3, applied: 2, unreachable: 0 },
      streams: { connected: 5, sent: 0, sampled: 5, confirmed: 0 },
      blockers: expect.arrayContaining(['1 of 3 replicas have not applied it', '5 of 5 streams were not sent it']),
    });
});

test('serves revisions that another replica published, immutable, and 404 for what nobody kept', async () => {
  const { first } = await startTwo();
  const before = (await (await first.get('/api/snapshot')).json()) as { epoch: number; revision: number };
  await first.send('PATCH', '/api/features/memoryPanel', { percentage: 50 }, { headers: { 'if-match': '*' } });
  const later = await createPostgresStore({ connectionString: opened.serviceUrl });
  const third = await startRunning(later, { replicaName: 'third' });
  onTestFinished(async () => {
    await third.close();
    await later.close();
  });
  const old = await third.get(`/api/snapshot/${before.epoch}-${before.revision}`);
  expect(old.status).toBe(200);
  expect(old.headers.get('cache-control')).toContain('immutable');
  expect(await old.json()).toEqual(before);
  for (const missing of [`${before.epoch - 1}-1`, `${before.epoch}-999`, 'nonsense', '1-', `${'9'.repeat(30)}-1`]) {
    const response = await third.get(`/api/snapshot/${missing}`);
    expect([missing, response.status]).toEqual([missing, 404]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  }
});

test('checks the version in a batch against a revision that only another replica saw', async () => {
  const { first } = await startTwo();
  const { epoch, revision } = (await (await first.get('/api/snapshot')).json()) as { epoch: number; revision: number };
  await first.send('PATCH', '/api/features/memoryPanel', { percentage: 0 }, { headers: { 'if-match': '*' } });
  const later = await createPostgresStore({ connectionString: opened.serviceUrl });
  const third = await startRunning(later, { replicaName: 'third' });
  onTestFinished(async () => {
    await third.close();
    await later.close();
  });
  const bucket = (version: 'v1' | 'v2') => ({
    feature: 'memoryPanel',
    version,
    arm: version,
    reason: 'SPLIT',
    epoch,
    revision,
    stage: null,
    startMs: Date.now() - 1_000,
    durationMs: 1_000,
    counts: {
      attempts: 1,
      exposures: 1,
      settled: 1,
      failed: { load: 0, render: 0, effect: 0, hydration: 0, event: 0, reported: 0 },
      aborted: 0,
      suppressedByBreaker: 0,
      overridden: 0,
    },
    units: { exposed: 1, error: 0, slow: 0, silent: 0 },
    histograms: {},
    sampling: 1,
  });
  const buckets = [bucket('v2'), bucket('v1')];
  const body = {
    schema: 1,
    senderId: 'a'.repeat(32),
    seq: 1,
    sentAt: Date.now(),
    build: 'b',
    checksum: crc(JSON.stringify(buckets)),
    final: false,
    dropped: { queueFull: 0, expired: 0, storage: 0 },
    subjects: { memoryPanel: '0'.repeat(24) },
    buckets,
  };
  const answer = (await (await third.send('POST', '/api/metrics', body, { token: null })).json()) as Record<
    string,
    unknown
  >;
  // At that revision everybody had v2, so a v1 by SPLIT is a mistake; now it would be the other way round.
  expect(answer).toMatchObject({ acceptedBuckets: 1, partialSuccess: [{ index: 1, code: 'version-mismatch' }] });
  expect(await opened.sql('SELECT version, unverified FROM metric_buckets')).toEqual([
    { version: 'v2', unverified: false },
  ]);
});

function crc(text: string): string {
  let value = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xed_b8_83_20 : 0);
  }
  return (~value >>> 0).toString(16).padStart(8, '0');
}

test('keeps the union of kills when the database is restored to an older backup, and stores the higher epoch', async () => {
  const { first, second } = await startTwo();
  await first.send('POST', '/api/features', {
    feature: 'sessionsList',
    enabled: true,
    percentage: 100,
    reason: 'a test',
  });
  const backup = `CREATE TABLE backup_flags AS SELECT * FROM feature_flags; CREATE TABLE backup_state AS SELECT * FROM switchback_state`;
  await opened.sql(backup);
  await first.send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await first.send('POST', '/api/emergency/rollback', {});
  const killed = /"kills":\["memoryPanel"\]/;
  for (const replica of [first, second])
    await expect
      .poll(async () => (await replica.get('/api/snapshot')).text(), within)
      .toMatch(/"emergency":\{.*"kills":\["memoryPanel"\]/);
  const before = (await (await second.get('/api/snapshot')).json()) as { epoch: number; revision: number };
  await opened.sql(`SET session_replication_role = replica; BEGIN;
    DELETE FROM rollbacks; DELETE FROM feature_flags; INSERT INTO feature_flags SELECT * FROM backup_flags;
    UPDATE switchback_state SET revision = (SELECT revision FROM backup_state); COMMIT`);
  for (const replica of [first, second]) {
    await expect
      .poll(async () => (await (await replica.get('/api/health')).json()) as unknown, within)
      .toMatchObject({
        status: 'degraded',
        emergency: true,
        alarms: [expect.stringContaining('went back')],
      });
    const read = async () => (await (await replica.get('/api/snapshot')).json()) as typeof before;
    await expect.poll(async () => (await read()).epoch, within).toBeGreaterThan(before.epoch);
    expect(JSON.stringify(await read())).toMatch(killed);
  }
  expect([...first.faults, ...second.faults].join()).toContain('went back from');
  const stored = await opened.sql('SELECT epoch::float8 AS epoch FROM switchback_state');
  await expect
    .poll(async () => ((await (await first.get('/api/snapshot')).json()) as { epoch: number }).epoch, within)
    .toBe(stored[0]?.['epoch']);
  await expect
    .poll(async () => ((await (await second.get('/api/snapshot')).json()) as { epoch: number }).epoch, within)
    .toBe(stored[0]?.['epoch']);
  // A replica that was not there has nothing of it but the database.
  const later = await createPostgresStore({ connectionString: opened.serviceUrl });
  const third = await startRunning(later, { replicaName: 'third' });
  onTestFinished(async () => {
    await third.close();
    await later.close();
  });
  expect(await (await third.get('/api/snapshot')).json()).toMatchObject({
    epoch: stored[0]?.['epoch'],
    emergency: { since: expect.any(String) },
    kills: ['memoryPanel'],
  });
  // And it is undone like any other.
  await opened.sql('UPDATE rollbacks SET ended_at = now() WHERE feature IS NULL');
  const enable = () => first.send('POST', '/api/features/enable', { feature: 'memoryPanel', reason: 'a test' });
  // 409 until this replica has heard of the end of the emergency.
  await expect.poll(async () => (await enable()).status, within).toBe(200);
  for (const replica of [first, second, third])
    await expect
      .poll(async () => (await (await replica.get('/api/snapshot')).json()) as unknown, within)
      .toMatchObject({ emergency: null, kills: [] });
});
