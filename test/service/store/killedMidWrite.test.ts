import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/service/embedded/startEmbeddedPostgres.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { runSql } from '../../harness/postgres.js';
import { byAda } from './openStore.js';

const rounds = 6;
let dataDir: string;
let postgres: EmbeddedPostgres;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchback-killed-'));
  postgres = await startEmbeddedPostgres({ dataDir });
});
afterAll(async () => {
  await postgres.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function killPostgres(round: number): Promise<void> {
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  const postmaster = Number((await readFile(file, 'utf8')).split('\n')[0]);
  if (round % 2 === 0) return void process.kill(postmaster, 'SIGKILL');
  // One that writes is enough to end them all.
  const [backend] = await runSql<{ pid: number }>(
    postgres.connectionString,
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'switchback' ORDER BY state = 'active' DESC",
  );
  process.kill(backend?.pid ?? postmaster, 'SIGKILL');
}

test('a database that is killed while it writes keeps what was acknowledged, and nothing by halves', async () => {
  const { connectionString } = postgres;
  const store = await createPostgresStore({ connectionString, onInternalFault: () => {} });
  await store.createFeature('panel', { enabled: true, percentage: 50 }, byAda);
  const acknowledged: string[] = [];
  const unheard: string[] = [];
  let rolledBack: number[] = [];

  for (let round = 0; round < rounds; round += 1) {
    let isOver = false;
    const write = async (writer: number): Promise<void> => {
      for (let at = 0; !isOver; at += 1) {
        // Ten features, all or none; some of what nobody heard of is there all the same, and whole.
        const name = `r${round}w${writer}n${at}`;
        const made = { patch: {}, ifRowRevision: 0 };
        const changes = Array.from({ length: 10 }, (_, part) => ({ ...made, feature: `${name}.${part}` }));
        await store.changeFeatures(changes, byAda).then(
          () => acknowledged.push(name),
          () => unheard.push(name),
        );
      }
    };
    const toggle = async (): Promise<void> => {
      while (!isOver) {
        const { rollbackId } = (await store.rollback('panel', byAda).catch(() => null)) ?? { rollbackId: null };
        if (rollbackId !== null) rolledBack.push(rollbackId);
        await store.changeFeature('panel', { enabled: true }, null, byAda).catch(() => {});
      }
    };
    const writers = [...Array.from({ length: 6 }, (_, writer) => write(writer)), toggle()];
    await delay(150 + 40 * round);
    await killPostgres(round);
    await delay(100);
    isOver = true;
    await Promise.all(writers);
    await vi.waitFor(() => store.readState(), { timeout: 20_000, interval: 50 });

    const rows = await runSql<{ name: string; parts: number }>(
      connectionString,
      "SELECT split_part(feature, '.', 1) AS name, count(*)::int AS parts FROM feature_flags WHERE feature <> 'panel' GROUP BY 1",
    );
    const stored = new Map(rows.map(({ name, parts }) => [name, parts]));
    expect(acknowledged.filter((name) => stored.get(name) !== 10)).toEqual([]);
    expect(unheard.filter((name) => stored.has(name) && stored.get(name) !== 10)).toEqual([]);
    // One revision and one set of audit entries for each transaction that is there.
    const [counted] = await runSql(
      connectionString,
      `SELECT (SELECT revision FROM switchback_state)::int AS revision, (SELECT count(DISTINCT xid) FROM flag_audit)::int AS audited,
        (SELECT count(*) FROM flag_audit WHERE action = 'create')::int AS created, (SELECT count(*) FROM feature_flags)::int AS features`,
    );
    expect(counted).toEqual({
      revision: counted!['audited'],
      audited: counted!['revision'],
      created: counted!['features'],
      features: counted!['created'],
    });
    const kept = await runSql<{ id: number }>(connectionString, 'SELECT id::int AS id FROM rollbacks');
    const ids = new Set(kept.map(({ id }) => id));
    expect(rolledBack.filter((id) => !ids.has(id))).toEqual([]);
    rolledBack = [];
  }
  expect(acknowledged.length).toBeGreaterThan(rounds);
  await store.close();
}, 120_000);
