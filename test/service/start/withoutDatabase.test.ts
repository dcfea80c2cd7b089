import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { startService, type RunningService, type ServiceOptions } from '../../../src/service/startService.js';
import { makeLateDoor, type LateDoor } from '../../harness/lateDoor.js';
import { runSql, startTestPostgres, type TestPostgres } from '../../harness/postgres.js';
import { openStream } from '../http/running.js';
import { byAda } from '../store/openStore.js';

const adminToken = 'admin-token-0123456789';
let postgres: TestPostgres;
let dataDir: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
  dataDir = await mkdtemp(join(tmpdir(), 'switchback-late-'));
});
afterAll(async () => {
  await postgres.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Late {
  readonly service: RunningService;
  readonly door: LateDoor;
  readonly database: string;
  readonly log: string[];
  get(path: string): Promise<Response>;
  send(method: string, path: string, body?: unknown): Promise<Response>;
}

async function startLate(
  options: Partial<ServiceOptions> = {},
  prepare?: (url: string) => Promise<void>,
): Promise<Late> {
  const database = await postgres.createDatabase();
  await prepare?.(database);
  const door = await makeLateDoor(database);
  const log: string[] = [];
  const service = await startService({
    port: 0,
    dataDir,
    databaseUrl: door.url,
    adminToken,
    log: (line) => log.push(line),
    ...options,
  });
  onTestFinished(async () => {
    await service.close();
    await door.close();
  });
  return {
    service,
    door,
    database,
    log,
    get: (path) => fetch(service.url + path),
    send: (method, path, body) =>
      fetch(service.url + path, {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json', 'if-match': '*' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

const seedPanel = async (url: string): Promise<void> => {
  const store = await createPostgresStore({ connectionString: url });
  for (const feature of ['memoryPanel', 'sessionsList'])
    await store.createFeature(feature, { enabled: true, percentage: 100 }, byAda);
  await store.close();
};

test('waits for its database, says so, and goes on alone when it is there', async () => {
  const { service, door, database, get, send, log } = await startLate();
  expect(service.waitsForDatabase).toBe(true);
  expect(await (await get('/api/health')).json()).toMatchObject({
    status: 'down',
    writable: false,
    epoch: null,
    alarms: [expect.stringContaining('nothing was read from the database yet')],
  });
  expect((await get('/api/health')).status).toBe(503);
  const reads = await Promise.all(['/api/snapshot', '/api/events', '/health/features'].map(get));
  const changes = await Promise.all([
    send('POST', '/api/features', { feature: 'memoryPanel' }),
    send('POST', '/api/features/disable', { feature: 'memoryPanel' }),
    send('POST', '/api/emergency/rollback'),
    send('POST', '/api/plans', { feature: 'memoryPanel', preset: 'canary' }),
    send('POST', '/api/tokens', { name: 'ci', role: 'viewer' }),
  ]);
  for (const answer of [...reads, ...changes]) {
    expect([answer.url, answer.status]).toEqual([answer.url, 503]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(log.join('\n')).toMatch(/not there yet.*127\.0\.0\.1/);
  expect(log.join('\n')).not.toContain(new URL(database).password);
  await door.open();
  await expect.poll(() => get('/api/snapshot').then(({ status }) => status), { timeout: 15_000 }).toBe(200);
  expect(service.waitsForDatabase).toBe(false);
  await expect
    .poll(async () => (await get('/api/health')).json(), { timeout: 10_000 })
    .toMatchObject({ status: 'ok', writable: true, alarms: [] });
  expect((await send('POST', '/api/features', { feature: 'memoryPanel' })).status).toBe(201);
  // The connection that listens is there as well: somebody in psql is heard.
  const stream = await openStream(service.url);
  await stream.next('snapshot');
  await runSql(database, `UPDATE feature_flags SET percentage = 5 WHERE feature = 'memoryPanel'`);
  expect(await stream.next('snapshot')).toMatchObject({ data: { features: { memoryPanel: { percentage: 5 } } } });
  expect(log.join('\n')).toContain('the database is there');
}, 60_000);

test('holds v1 from the environment while the database is away, then stores it as a rollback', async () => {
  const startKills = { emergency: false, features: ['memoryPanel'] };
  const { service, door, database, get, send } = await startLate({ startKills }, seedPanel);
  const answer = await get('/api/snapshot');
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  const said = await answer.json();
  expect(said).toMatchObject({ schema: 1, kind: 'kills', kills: ['memoryPanel'], emergency: null });
  // Without an order it is older than nothing: whatever a browser knows, these kills are added to it.
  expect(said).not.toHaveProperty('revision');
  expect(parseSnapshot(said)).toMatchObject({ status: 'killsOnly', kills: new Set(['memoryPanel']), emergency: null });
  const health = await get('/api/health');
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({
    status: 'degraded',
    writable: false,
    epoch: null,
    kills: 1,
    alarms: [expect.stringContaining('v1')],
  });
  expect((await send('POST', '/api/features/disable', { feature: 'sessionsList' })).status).toBe(503);
  const stream = await openStream(service.url);
  await stream.next('hello');
  expect(await stream.next('snapshot')).toMatchObject({ data: { kind: 'kills', kills: ['memoryPanel'] } });
  await door.open();
  await expect
    .poll(() => runSql(database, 'SELECT feature, source FROM rollbacks'), { timeout: 20_000 })
    .toEqual([{ feature: 'memoryPanel', source: 'env' }]);
  const stored = await stream.next('snapshot');
  expect(stored).toMatchObject({ data: { kind: 'rules', kills: ['memoryPanel'] } });
  await expect
    .poll(async () => (await get('/api/snapshot')).json(), { timeout: 10_000 })
    .toMatchObject({
      kind: 'rules',
      revision: 3,
      kills: ['memoryPanel'],
      features: { sessionsList: { enabled: true } },
    });
  await expect.poll(async () => (await get('/api/health')).json(), { timeout: 10_000 }).toMatchObject({ status: 'ok' });
  // From here on the database says it: undoing works as for any other rollback.
  expect((await send('POST', '/api/features/enable', { feature: 'memoryPanel', reason: 'fixed' })).status).toBe(200);
  expect(await (await get('/api/snapshot')).json()).toMatchObject({ kills: [] });
}, 60_000);

test('holds everything on v1 from the environment while the database is away', async () => {
  const { door, database, get } = await startLate({ startKills: { emergency: true, features: [] } }, seedPanel);
  const said = await (await get('/api/snapshot')).json();
  expect(parseSnapshot(said)).toMatchObject({ status: 'killsOnly', emergency: { since: expect.any(String) } });
  expect(await (await get('/api/health')).json()).toMatchObject({ status: 'degraded', emergency: true });
  await door.open();
  await expect
    .poll(() => runSql(database, 'SELECT feature, source FROM rollbacks WHERE ended_at IS NULL'), { timeout: 20_000 })
    .toEqual([{ feature: null, source: 'env' }]);
}, 60_000);

test('a read-only service holds what the environment says while the database is away, and stores nothing', async () => {
  const startKills = { emergency: false, features: ['memoryPanel'] };
  const { door, database, get } = await startLate({ startKills, readOnly: true }, seedPanel);
  expect(await (await get('/api/snapshot')).json()).toMatchObject({ kind: 'kills', kills: ['memoryPanel'] });
  await door.open();
  await expect
    .poll(async () => (await get('/api/snapshot')).json(), { timeout: 20_000 })
    .toMatchObject({ kind: 'rules', kills: ['memoryPanel'] });
  expect(await runSql(database, 'SELECT * FROM rollbacks')).toEqual([]);
}, 60_000);

test('does not wait for what waiting does not cure', async () => {
  const database = await postgres.createDatabase();
  const wrong = new URL(database);
  wrong.password = 'wrong';
  const startWith = (databaseUrl: string, options: Partial<ServiceOptions> = {}) =>
    startService({ port: 0, dataDir, databaseUrl, adminToken, ...options });
  await expect(startWith(wrong.href)).rejects.toThrow('password authentication failed');
  const missing = new URL(database);
  missing.pathname = '/nothing';
  await expect(startWith(missing.href)).rejects.toThrow('"nothing" does not exist');
  // In an emergency v1 comes first.
  const service = await startWith(wrong.href, { startKills: { emergency: true, features: [] } });
  onTestFinished(() => service.close());
  expect(await (await fetch(`${service.url}/api/snapshot`)).json()).toMatchObject({ kind: 'kills' });
}, 60_000);

test('an embedded database that cannot start ends the start, but not a rollback by the environment', async () => {
  const broken = await mkdtemp(join(tmpdir(), 'switchback-broken-'));
  onTestFinished(() => rm(broken, { recursive: true, force: true }));
  await writeFile(join(broken, 'postgres'), 'no folder');
  const log: string[] = [];
  const options = { port: 0, dataDir: broken, adminToken, log: (line: string) => void log.push(line) };
  await expect(startService(options)).rejects.toThrow(/postgres|ENOTDIR/);
  const service = await startService({ ...options, startKills: { emergency: true, features: [] } });
  onTestFinished(() => service.close());
  expect([service.waitsForDatabase, service.psqlCommand]).toEqual([true, null]);
  expect(await (await fetch(`${service.url}/api/snapshot`)).json()).toMatchObject({ kind: 'kills', emergency: {} });
  expect(log.join()).toContain('not there yet');
  // It comes alone when what held it up is gone.
  await rm(join(broken, 'postgres'));
  await expect.poll(() => service.waitsForDatabase, { timeout: 60_000 }).toBe(false);
  await expect
    .poll(async () => (await fetch(`${service.url}/api/health`)).json(), { timeout: 20_000 })
    .toMatchObject({ status: 'ok', emergency: true });
  expect(service.psqlCommand).toContain('psql');
}, 120_000);

test('stops in time while it waits', async () => {
  const { service } = await startLate();
  const startedMs = performance.now();
  await service.close();
  expect(performance.now() - startedMs).toBeLessThan(9_000);
}, 60_000);
