import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { startDeafProxy } from '../harness/deafProxy.js';
import { makeLateDoor } from '../harness/lateDoor.js';
import { runSql, startTestPostgres, type TestPostgres } from '../harness/postgres.js';
import { startStopwatch } from '../harness/stopwatch.js';
import { openStream } from '../service/http/running.js';

let cli: BuiltCli;
let folder: string;
let postgres: TestPostgres;
beforeAll(async () => {
  cli = await buildCli();
  postgres = await startTestPostgres();
  folder = await mkdtemp(join(tmpdir(), 'switchback-serve-'));
});
afterAll(async () => {
  await cli.close();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
});

const readyLine = /ready at (http:\/\/127\.0\.0\.1:\d+)/;

test('serves from an empty folder, is rolled back by psql, stops on SIGTERM and finds everything again', async () => {
  const data = join(folder, 'one');
  const first = cli.start(['serve', '--port', '0', '--data', data]);
  const url = (await first.line(readyLine))[1]!;
  const psql = (await first.line(/psql: (.*)\n/))[1]!;
  const env = { SWITCHBACK_URL: url, SWITCHBACK_DATA: data };

  expect((await stat(join(data, 'admin-token'))).mode & 0o777).toBe(0o600);
  const password = (await readFile(join(data, 'postgres-password'), 'utf8')).trim();
  expect(psql).not.toContain(password);
  expect(psql).toContain(join(data, 'postgres-password'));
  const connectionString = /postgresql:\S+/.exec(psql)![0].replace('switchback@', `switchback:${password}@`);

  expect(await cli.run(['features', 'create', 'memoryPanel', '--percentage', '100', '--enabled'], env)).toMatchObject({
    code: 0,
  });
  const stream = await openStream(url);
  await stream.next('snapshot');
  const elapsedMs = startStopwatch();
  await runSql(connectionString, `UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'`);
  expect(await stream.next('snapshot')).toMatchObject({
    data: { kills: ['memoryPanel'], features: { memoryPanel: { rolledBack: true } } },
  });
  // Within a second on an idle machine; the bench of rollbacks holds that.
  expect(elapsedMs()).toBeLessThan(5_000);

  const second = await cli.run(['serve', '--port', '0', '--data', data]);
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^switchback: the folder .* is in use by process \d+.*\n$/),
  });

  const stoppedAtMs = Date.now();
  first.child.kill('SIGTERM');
  await stream.next('bye');
  expect(await first.finished).toMatchObject({ code: 0, stderr: expect.not.stringContaining(password) });
  expect(Date.now() - stoppedAtMs).toBeLessThan(10_000);

  const again = cli.start(['serve', '--port', '0', '--data', data, '--json'], {
    SWITCHBACK_EMERGENCY_ROLLBACK: 'true',
  });
  const ready = JSON.parse((await again.line(/\{.*\}/))[0]) as { url: string; adminTokenFile: string };
  expect(ready.adminTokenFile).toBe(join(data, 'admin-token'));
  const shown = await cli.run(['features', 'status', '--json'], { ...env, SWITCHBACK_URL: ready.url });
  expect(JSON.parse(shown.stdout)).toMatchObject({
    emergency: true,
    features: { memoryPanel: { enabled: false, percentage: 100 } },
  });
  again.child.kill('SIGINT');
  expect(await again.finished).toMatchObject({ code: 0 });
});

test('loses nothing when it is killed, and starts again on the same folder', async () => {
  const args = ['serve', '--port', '0', '--data', join(folder, 'killed')];
  const first = cli.start(args);
  const env = { SWITCHBACK_URL: (await first.line(readyLine))[1]!, SWITCHBACK_DATA: join(folder, 'killed') };
  await cli.run(['features', 'create', 'memoryPanel', '--percentage', '30', '--enabled'], env);
  expect(await cli.run(['rollback', 'memoryPanel', '--reason', 'broken'], env)).toMatchObject({ code: 0 });
  first.child.kill('SIGKILL');
  await first.finished;
  const again = cli.start(args);
  const url = (await again.line(readyLine))[1]!;
  const shown = await cli.run(['features', 'show', 'memoryPanel', '--json'], { ...env, SWITCHBACK_URL: url });
  expect(JSON.parse(shown.stdout)).toMatchObject({
    enabled: false,
    percentage: 30,
    rolledBack: true,
    rollbackHistory: [{ reason: 'broken', source: 'cli' }],
  });
  again.child.kill('SIGTERM');
  expect(await again.finished).toMatchObject({ code: 0, stderr: expect.stringContaining('left behind') });
});

test('says what is wrong when it cannot start', async () => {
  const data = join(folder, 'two');
  const url = new URL(postgres.connectionString);
  url.password = 'secret-password';
  const refused = await cli.run(['serve', '--port', '0', '--data', data], { SWITCHBACK_DATABASE_URL: url.href });
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^switchback: [^\n]+\n$/) });
  expect(refused.stderr).not.toContain('secret-password');
  expect(refused.stderr).toContain('password authentication failed');
  const noNumber = await cli.run(['serve', '--data', data], { SWITCHBACK_MAX_METRICS_PER_ADDRESS: 'many' });
  expect(noNumber).toMatchObject({ code: 2, stderr: expect.stringContaining('--max-metrics-per-address must be') });
  const listenAlone = await cli.run(['serve', '--data', data], { SWITCHBACK_LISTEN_URL: url.href });
  expect(listenAlone).toMatchObject({ code: 2, stderr: expect.stringContaining('databaseUrl') });
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const inUse = await cli.run(['serve', '--port', String(port), '--data', data]);
  expect(inUse).toMatchObject({ code: 1, stderr: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`) });
  const short = await cli.run(['serve', '--port', '0', '--data', data], { SWITCHBACK_ADMIN_TOKEN: 'short' });
  expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('at least 16 characters') });
}, 90_000);

test('waits for a database that is not there, holds v1 meanwhile, and goes on when it is', async () => {
  const door = await makeLateDoor(await postgres.createDatabase());
  onTestFinished(() => door.close());
  const env = { SWITCHBACK_DATABASE_URL: door.url, SWITCHBACK_EMERGENCY_ROLLBACK: 'true' };
  const waiting = cli.start(['serve', '--port', '0', '--data', join(folder, 'waiting')], env);
  const url = (await waiting.line(/listens at (http:\S+) and waits for its database/))[1]!;
  expect(await (await fetch(`${url}/api/snapshot`)).json()).toMatchObject({ kind: 'kills', emergency: {} });
  await door.open();
  await expect
    .poll(async () => (await fetch(`${url}/api/health`)).json(), { timeout: 20_000 })
    .toMatchObject({ status: 'ok', emergency: true });
  waiting.child.kill('SIGTERM');
  const { code, stderr } = await waiting.finished;
  expect(code).toBe(0);
  expect(stderr).toMatch(/not there yet.*127\.0\.0\.1:\d+/);
  expect(stderr).toContain('the database is there');
  expect(stderr).not.toContain(new URL(door.url).password);
}, 90_000);

test('takes its numbers from options and from the environment', async () => {
  const args = [
    '--poll-ms',
    '5000',
    '--ack-rate',
    '0.1',
    '--max-metrics-per-address',
    '1',
    '--database-connections',
    '3',
  ];
  const env = {
    SWITCHBACK_DATABASE_URL: await postgres.createDatabase(),
    SWITCHBACK_MAX_STALE_MS: '60000',
    SWITCHBACK_SPREAD_MS: '250',
    SWITCHBACK_MAX_CONFIRMATIONS_PER_ADDRESS: '1',
    SWITCHBACK_MAX_EVALUATIONS_PER_ADDRESS: '1',
  };
  const service = cli.start(['serve', '--port', '0', '--data', join(folder, 'numbers'), ...args], env);
  const url = (await service.line(readyLine))[1]!;
  expect(await (await fetch(`${url}/api/snapshot`)).json()).toMatchObject({
    delivery: { pollMs: 5_000, ackRate: 0.1, maxStaleMs: 60_000, spreadMs: 250, heartbeatMs: 8_000 },
  });
  for (const path of ['/api/metrics', '/api/confirm', '/ofrep/v1/evaluate/flags']) {
    const post = () => fetch(url + path, { method: 'POST', body: '{}' });
    const [first, second] = [await post(), await post()];
    expect([path, first.status === 429, second.status]).toEqual([path, false, 429]);
  }
  const reads = Array.from({ length: 40 }, () => fetch(`${url}/api/snapshot/1-1`));
  await Promise.all(reads);
  const [pool] = await runSql<{ connections: number }>(
    env.SWITCHBACK_DATABASE_URL,
    `SELECT count(*)::int AS connections FROM pg_stat_activity WHERE application_name = 'switchback' AND datname = current_database()`,
  );
  expect(pool!.connections).toBeGreaterThan(0);
  expect(pool!.connections).toBeLessThanOrEqual(3);
  service.child.kill('SIGTERM');
  expect(await service.finished).toMatchObject({ code: 0 });
}, 90_000);

test('listens past a pooler that drops notifications', async () => {
  const database = await postgres.createDatabase();
  const pooler = await startDeafProxy(database);
  onTestFinished(() => pooler.close());
  const env = { SWITCHBACK_DATABASE_URL: pooler.url, SWITCHBACK_ADMIN_TOKEN: 'admin-token-0123456789' };
  const examine = (url: string) => cli.run(['doctor'], { ...env, SWITCHBACK_URL: url });
  const deaf = cli.start(['serve', '--port', '0', '--data', join(folder, 'deaf')], env);
  const told = await examine((await deaf.line(readyLine))[1]!);
  expect(told).toMatchObject({ code: 3, stdout: expect.stringMatching(/FAIL {2}listen .*SWITCHBACK_LISTEN_URL/) });
  deaf.child.kill('SIGTERM');
  await deaf.finished;
  const hearing = cli.start(['serve', '--port', '0', '--data', join(folder, 'hearing')], {
    ...env,
    SWITCHBACK_LISTEN_URL: database,
  });
  const url = (await hearing.line(readyLine))[1]!;
  expect(await examine(url)).toMatchObject({ code: 0, stdout: expect.stringMatching(/ok +listen/) });
  const stream = await openStream(url);
  await stream.next('snapshot');
  const elapsedMs = startStopwatch();
  await runSql(database, `INSERT INTO rollbacks DEFAULT VALUES`);
  expect(await stream.next('snapshot')).toMatchObject({ data: { emergency: {} } });
  // The look at the revision would come within 2 s.
  expect(elapsedMs()).toBeLessThan(1_900);
  hearing.child.kill('SIGTERM');
  expect(await hearing.finished).toMatchObject({ code: 0 });
}, 90_000);
