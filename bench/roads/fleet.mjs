// Two `switchback serve` on one PostgreSQL, built from source into a folder of their own.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { build } from 'vite';

const run = promisify(execFile);
const adminToken = 'a-token-of-the-bench-0123456789';
export const feature = 'memoryPanel';

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

/** Starts database and replicas, with the feature at 100 %. */
export async function startFleet() {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  await mkdir(join(root, '.cache'), { recursive: true });
  const folder = await mkdtemp(join(root, '.cache/roads-'));
  await build({
    root,
    mode: 'server',
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, sourcemap: false },
  });
  const { startEmbeddedPostgres } = await import(pathToFileURL(join(folder, 'service/index.js')).href);
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data') });
  const { connectionString } = postgres;
  const cli = join(folder, 'cli/main.js');
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, SWITCHBACK_DATABASE_URL: connectionString, SWITCHBACK_ADMIN_TOKEN: adminToken };

  const startReplica = (port) => {
    let child;
    const url = `http://127.0.0.1:${port}`;
    return {
      port,
      url,
      async start(extra = {}) {
        child = spawn(process.execPath, [cli, 'serve', '--port', `${port}`], {
          env: { ...env, ...extra },
          stdio: 'ignore',
        });
        for (const untilMs = Date.now() + 30_000; ;) {
          if (
            await fetch(`${url}/api/health`).then(
              ({ ok }) => ok,
              () => false,
            )
          )
            return;
          if (Date.now() > untilMs || child.exitCode !== null) throw new Error('a replica did not start');
          await delay(20);
        }
      },
      async stop(signal = 'SIGTERM') {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      },
      snapshot: async () => (await fetch(`${url}/api/snapshot`)).json(),
    };
  };
  const replicas = [startReplica(await freePort()), startReplica(await freePort())];
  for (const replica of replicas) await replica.start();
  const [first, second] = replicas;
  const sql = new pg.Client({ connectionString });
  await sql.connect();

  const send = async (method, path, body, headers = {}) => {
    const request = {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    };
    const response = await fetch(second.url + path, request);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  };
  await send('POST', '/api/features', { feature, enabled: true, percentage: 100, reason: 'bench' });

  return {
    /** Browsers are on the first, commands go to the second. */
    first,
    second,
    sql,
    connectionString,
    send,
    /** Any command; what it printed and its exit code. */
    ask: (...args) => run(process.execPath, [cli, ...args, '--url', second.url], { env }).catch((error) => error),
    command: (...args) =>
      // 4: done, and not confirmed by every page within the time to wait.
      run(process.execPath, [cli, ...args, '--url', second.url], { env }).catch((error) => {
        if (error.code !== 4) throw error;
      }),
    psql: (text) => run('psql', [connectionString, '-v', 'ON_ERROR_STOP=1', '-c', text]),
    /** v2 for everybody again, on both replicas. */
    async bringBack() {
      await sql.query(`BEGIN; UPDATE rollbacks SET ended_at = now() WHERE ended_at IS NULL;
        UPDATE feature_flags SET enabled = true, percentage = 100, denied_users = '[]' WHERE feature = '${feature}'; COMMIT`);
      const { rows } = await sql.query('SELECT revision::float8 AS revision FROM switchback_state');
      for (const replica of replicas)
        for (
          const untilMs = Date.now() + 20_000;
          (await replica.snapshot()).revision < rows[0].revision;
          await delay(10)
        )
          if (Date.now() > untilMs) throw new Error('a replica does not follow');
    },
    async close() {
      await sql.end();
      for (const replica of replicas) await replica.stop('SIGKILL');
      await postgres.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
