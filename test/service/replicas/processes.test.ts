import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/service/embedded/startEmbeddedPostgres.js';
import { buildCli, type BuiltCli, type StartedCli } from '../../harness/buildCli.js';
import { runSql } from '../../harness/postgres.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { openStream } from '../http/running.js';

const adminToken = 'admin-token-0123456789';
const within = { timeout: 20_000, interval: 20 };
let cli: BuiltCli;
let folder: string;
let postgres: EmbeddedPostgres;

interface Process {
  readonly url: string;
  readonly started: StartedCli;
  readonly snapshot: () => Promise<{ epoch: number; revision: number; kills: string[] }>;
  readonly health: () => Promise<{ status: string; writable: boolean; alarms: string[] }>;
  readonly send: (method: string, path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
}

async function serve(): Promise<Process> {
  const started = cli.start(['serve', '--port', '0'], {
    SWITCHBACK_DATABASE_URL: postgres.connectionString,
    SWITCHBACK_ADMIN_TOKEN: adminToken,
  });
  const url = (await started.line(/ready at (http:\S+)/))[1]!;
  const read = async (path: string) => (await fetch(url + path)).json();
  return {
    url,
    started,
    snapshot: () => read('/api/snapshot') as ReturnType<Process['snapshot']>,
    health: () => read('/api/health') as ReturnType<Process['health']>,
    send(method, path, body, headers = {}) {
      const init = {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      };
      return fetch(url + path, init);
    },
  };
}

let first: Process;
let second: Process;
const sql = (text: string) => runSql(postgres.connectionString, text);

beforeAll(async () => {
  cli = await buildCli();
  folder = await mkdtemp(join(tmpdir(), 'switchback-replicas-'));
  postgres = await startEmbeddedPostgres({ dataDir: folder, durable: false });
});
afterAll(async () => {
  await cli.close();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  [first, second] = [await serve(), await serve()];
  await sql('DROP TABLE IF EXISTS backup; UPDATE rollbacks SET ended_at = now() WHERE ended_at IS NULL');
  await sql(`INSERT INTO feature_flags (feature, enabled, percentage) VALUES ('memoryPanel', true, 100)
    ON CONFLICT (feature) DO UPDATE SET enabled = true, percentage = 100`);
  const isPublished = async (one: Process) => {
    if ((await kills(one)).length > 0) throw new Error('not yet');
  };
  for (const one of [first, second]) await vi.waitFor(() => isPublished(one), within);
});
afterEach(async () => {
  for (const { started } of [first, second]) {
    started.child.kill('SIGKILL');
    await started.finished;
  }
});

const kills = async ({ snapshot }: Process): Promise<string[]> => (await snapshot()).kills;

test('a rollback through one process is on the streams of the other at once, also right after LISTEN was terminated', async () => {
  const stream = await openStream(first.url);
  await stream.next('snapshot');
  expect((await second.send('POST', '/api/features/disable', { feature: 'memoryPanel' })).status).toBe(200);
  expect(await stream.next('snapshot')).toMatchObject({ data: { kills: ['memoryPanel'] } });

  await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'switchback-listen'");
  const enabled = { feature: 'memoryPanel', reason: 'a test' };
  expect((await second.send('POST', '/api/features/enable', enabled)).status).toBe(200);
  expect(await stream.next('snapshot')).toMatchObject({ data: { kills: [] } });
  stream.close();
});

test('a change with the triggers disabled by hand is noticed by both', { timeout: 60_000 }, async () => {
  await sql('ALTER TABLE feature_flags DISABLE TRIGGER USER');
  try {
    // One look at the content has to come before: the first question, without an answer to which nobody is well.
    for (const one of [first, second]) await expect.poll(async () => (await one.health()).status, within).toBe('ok');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const elapsedMs = startStopwatch();
    await sql("UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'");
    for (const one of [first, second]) await expect.poll(() => kills(one), within).toEqual(['memoryPanel']);
    // Every 10 s there is a look, asked about at most every 2 s.
    expect(elapsedMs()).toBeLessThan(15_000);
  } finally {
    await sql('ALTER TABLE feature_flags ENABLE TRIGGER USER');
  }
});

test('kill -9 of one under writes loses nothing that was acknowledged', { timeout: 60_000 }, async () => {
  let acknowledged = 0;
  let isKilled = false;
  const write = async (at: number): Promise<void> => {
    for (let round = 0; !isKilled; round += 1) {
      const feature = `load${at}x${round}`;
      const response = await first.send('POST', '/api/features', { feature }).catch(() => undefined);
      if (response?.status !== 201) continue;
      created.push(feature);
      acknowledged += 1;
    }
  };
  const created: string[] = [];
  const writers = Array.from({ length: 8 }, (_, at) => write(at));
  await expect.poll(() => acknowledged, within).toBeGreaterThan(50);
  first.started.child.kill('SIGKILL');
  await first.started.finished;
  isKilled = true;
  await Promise.all(writers);
  const rows = await sql("SELECT feature FROM feature_flags WHERE feature LIKE 'load%'");
  const stored = new Set(rows.map(({ feature }) => feature));
  expect(created.filter((feature) => !stored.has(feature))).toEqual([]);
  // The other one goes on, and knows all of it.
  await expect
    .poll(async () => Object.keys(((await second.snapshot()) as unknown as { features: object }).features), within)
    .toEqual(expect.arrayContaining(created));
  expect((await second.send('POST', '/api/features/disable', { feature: 'memoryPanel' })).status).toBe(200);
  await sql("DELETE FROM feature_flags WHERE feature LIKE 'load%'");
});

test(
  'without PostgreSQL both read from memory and refuse writes in time; with it they go on alone',
  { timeout: 90_000 },
  async () => {
    const stream = await openStream(first.url);
    await stream.next('snapshot');
    const before = await first.snapshot();
    await postgres.close();
    for (const one of [first, second]) {
      await expect.poll(async () => (await one.health()).status, within).toBe('degraded');
      expect(await one.snapshot()).toEqual(before);
      const startedAtMs = Date.now();
      const refused = await one.send('PATCH', '/api/features/memoryPanel', { percentage: 5 }, { 'if-match': '*' });
      expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true]);
      // Within 2 s; the rest is for a machine that is busy.
      expect(Date.now() - startedAtMs).toBeLessThan(4_000);
      expect((await one.send('POST', '/api/emergency/rollback', {})).status).toBe(503);
    }
    const late = await openStream(second.url);
    expect(await late.next('snapshot')).toMatchObject({ data: { revision: before.revision } });
    late.close();

    postgres = await startEmbeddedPostgres({ dataDir: folder, durable: false });
    // Nothing of what was refused is there.
    expect(
      await sql("SELECT percentage::float8 AS percentage FROM feature_flags WHERE feature = 'memoryPanel'"),
    ).toEqual([{ percentage: 100 }]);
    expect(await sql('SELECT 1 FROM rollbacks WHERE ended_at IS NULL')).toEqual([]);
    await sql("UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'");
    for (const one of [first, second]) {
      await expect.poll(() => kills(one), within).toEqual(['memoryPanel']);
      await expect.poll(async () => (await one.health()).status, within).toBe('ok');
    }
    for (;;) if (JSON.stringify((await stream.next('snapshot')).data['kills']) === '["memoryPanel"]') break;
    stream.close();
  },
);
