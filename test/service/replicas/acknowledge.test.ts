import { expect, onTestFinished, test } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { buildCli } from '../../harness/buildCli.js';
import { operatorToken, startRunning, viewerToken, type Running } from '../http/running.js';
import { openStore } from '../store/openStore.js';

const opened = openStore();
const within = { timeout: 15_000, interval: 20 };

async function startReplica(name: string, readOnly = false): Promise<Running> {
  const store = await createPostgresStore({ connectionString: opened.serviceUrl, readOnly });
  const running = await startRunning(store, { replicaName: name, readOnly });
  onTestFinished(async () => {
    await running.close();
    await store.close();
  });
  return running;
}

const healthOf = async ({ get }: Running) => (await (await get('/api/health')).json()) as Record<string, unknown>;
const wentBack = { status: 'degraded', alarms: [expect.stringContaining('went back in time')] };
const well = { status: 'ok', alarms: [] };

/** Goes back behind the first change, as a backup does. */
async function restore(first: Running): Promise<void> {
  await first.send('POST', '/api/features', {
    feature: 'memoryPanel',
    enabled: true,
    percentage: 100,
    reason: 'a test',
  });
  await first.send('POST', '/api/features/disable', { feature: 'memoryPanel' });
  await opened.sql(`SET session_replication_role = replica; BEGIN; DELETE FROM rollbacks;
    UPDATE feature_flags SET enabled = true; UPDATE switchback_state SET revision = 1; COMMIT`);
}

test('the alarm of a database that went back ends on every replica when somebody has looked, and not by a restart', async () => {
  const [first, second, readOnly] = [
    await startReplica('first'),
    await startReplica('second'),
    await startReplica('third', true),
  ];
  await restore(first);
  for (const replica of [first, second, readOnly])
    await expect.poll(() => healthOf(replica), within).toMatchObject(wentBack);
  const later = await startReplica('fourth');
  expect(await healthOf(later)).toMatchObject(wentBack);
  const send = (token: string) =>
    second.send('POST', '/api/epoch/acknowledge', { reason: 'restored on purpose' }, { token });
  expect((await send(viewerToken)).status).toBe(403);
  const done = await send(operatorToken);
  expect(done.status).toBe(200);
  expect(await done.json()).toMatchObject({ alarms: [] });
  for (const replica of [first, second, readOnly, later]) {
    await expect.poll(() => healthOf(replica), within).toMatchObject(well);
    expect(await (await replica.get('/api/snapshot')).json()).toMatchObject({ kills: ['memoryPanel'] });
  }
  const [entry] = await opened.store.readAudit({ limit: 1 });
  expect(entry).toMatchObject({ action: 'epoch-acknowledged', actor: 'otto', reason: 'restored on purpose' });
  // Again, and without a body: nothing changes.
  const again = await first.send('POST', '/api/epoch/acknowledge');
  expect(again.status).toBe(200);
  expect((await opened.store.readAudit({ limit: 1 }))[0]?.id).toBe(entry?.id);
  expect((await readOnly.send('POST', '/api/epoch/acknowledge')).status).toBe(403);
}, 60_000);

test('an epoch that was raised by hand is acknowledged by the command line', async () => {
  const cli = await buildCli();
  onTestFinished(() => cli.close());
  const first = await startReplica('first');
  await opened.sql(
    'UPDATE switchback_state SET epoch = (extract(epoch FROM clock_timestamp()) * 1000)::bigint, revision = revision + 1',
  );
  await expect.poll(() => healthOf(first), within).toMatchObject(wentBack);
  const env = { SWITCHBACK_URL: first.url, SWITCHBACK_ADMIN_TOKEN: operatorToken };
  const done = await cli.run(['acknowledge', '--reason', 'moved to another machine'], env);
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^epoch \d+ is acknowledged: revision \d+\n$/) });
  expect(await healthOf(first)).toMatchObject(well);
  expect((await opened.store.readAudit({ limit: 1 }))[0]).toMatchObject({
    action: 'epoch-acknowledged',
    source: 'cli',
    reason: 'moved to another machine',
  });
}, 60_000);

test('OFREP streams are counted by themselves, on all replicas', async () => {
  const [first, second] = [await startReplica('first'), await startReplica('second')];
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  for (const replica of [first, second, second])
    await fetch(`${replica.url}/ofrep/v1/events`, { signal: abort.signal });
  expect(await healthOf(second)).toMatchObject({ streams: 0, ofrepStreams: 2 });
  const status = async () => (await first.get('/api/health/rollback-status')).json();
  await expect.poll(status, within).toMatchObject({ streams: { connected: 0 }, ofrepStreams: 3 });
  abort.abort();
  await expect.poll(status, within).toMatchObject({ ofrepStreams: 0 });
});

test('a read-only replica is counted by nobody, and counts the others', async () => {
  const [first, readOnly] = [await startReplica('first'), await startReplica('second', true)];
  const status = async ({ get }: Running) => (await get('/api/health/rollback-status')).json();
  await expect.poll(() => status(readOnly), within).toMatchObject({ replicas: { total: 2, unreachable: 0 } });
  await readOnly.close();
  expect(await status(first)).toMatchObject({ replicas: { total: 1, applied: 1, unreachable: 0 } });
});
