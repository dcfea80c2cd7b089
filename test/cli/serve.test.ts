import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { runSql } from '../harness/postgres.js';
import { openStream } from '../service/http/running.js';

let cli: BuiltCli;
let folder: string;
beforeAll(async () => {
  cli = await buildCli();
  folder = await mkdtemp(join(tmpdir(), 'switchback-serve-'));
});
afterAll(async () => {
  await cli.close();
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
  const startedAtMs = Date.now();
  await runSql(connectionString, `UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'`);
  expect(await stream.next('snapshot')).toMatchObject({
    data: { kills: ['memoryPanel'], features: { memoryPanel: { rolledBack: true } } },
  });
  expect(Date.now() - startedAtMs).toBeLessThan(1_000);

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
  const unreachable = await cli.run(['serve', '--port', '0', '--data', data], {
    SWITCHBACK_DATABASE_URL: 'postgresql://someone:secret-password@127.0.0.1:9/nothing',
  });
  expect(unreachable).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^switchback: [^\n]+\n$/) });
  expect(unreachable.stderr).not.toContain('secret-password');
  expect(unreachable.stderr).toContain('127.0.0.1:9');
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const inUse = await cli.run(['serve', '--port', String(port), '--data', data]);
  expect(inUse).toMatchObject({ code: 1, stderr: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`) });
  const short = await cli.run(['serve', '--port', '0', '--data', data], { SWITCHBACK_ADMIN_TOKEN: 'short' });
  expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('at least 16 characters') });
});
