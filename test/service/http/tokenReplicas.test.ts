import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedPostgres } from '../../../src/service/embedded/startEmbeddedPostgres.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { runSql } from '../../harness/postgres.js';
import { startStopwatch } from '../../harness/stopwatch.js';
import { startRunning, type Running } from './running.js';

const reads = async ({ send }: Running, token: string): Promise<number> =>
  (await send('GET', '/api/features', undefined, { token })).status;

async function msUntil(isSo: () => Promise<boolean>): Promise<number> {
  const elapsedMs = startStopwatch();
  while (!(await isSo())) {
    if (elapsedMs() > 10_000) throw new Error('not within 10 s');
    await new Promise((wait) => setTimeout(wait, 20));
  }
  return elapsedMs();
}

test('two replicas on one PostgreSQL end a token that psql revokes, and keep the others while it is down', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchback-tokens-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false });
  onTestFinished(() => postgres.close());
  const { connectionString } = postgres;
  const replicas: Running[] = [];
  for (let at = 0; at < 2; at += 1) {
    const store = await createPostgresStore({ connectionString });
    onTestFinished(() => store.close());
    replicas.push(await startRunning(store));
  }
  const [first, second] = replicas as [Running, Running];
  const make = async (name: string): Promise<string> => {
    const made = await first.send('POST', '/api/tokens', { name, role: 'operator' });
    return ((await made.json()) as { secret: string }).secret;
  };
  const [kept, revoked] = [await make('kept'), await make('revoked')];
  for (const replica of replicas) for (const secret of [kept, revoked]) expect(await reads(replica, secret)).toBe(200);

  await runSql(connectionString, `UPDATE tokens SET revoked_at = now() WHERE name = 'revoked'`);
  const took = await Promise.all(replicas.map((one) => msUntil(async () => (await reads(one, revoked)) === 401)));
  expect(Math.max(...took)).toBeLessThan(2_000);

  await postgres.close();
  for (const replica of replicas) {
    expect(await reads(replica, kept)).toBe(200);
    expect(await reads(replica, revoked)).toBe(401);
    const change = await replica.send('POST', '/api/emergency/rollback', {}, { token: kept });
    expect([change.status, change.headers.get('retry-after')]).toEqual([503, '1']);
  }

  const again = await startEmbeddedPostgres({ dataDir, durable: false });
  onTestFinished(() => again.close());
  await runSql(again.connectionString, `UPDATE tokens SET revoked_at = now() WHERE name = 'kept'`);
  await Promise.all(replicas.map((one) => msUntil(async () => (await reads(one, kept)) === 401)));
  expect(await reads(second, 'sbt_nobody-knows-this-one')).toBe(401);
}, 60_000);
