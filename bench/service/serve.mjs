// A `switchback serve` of its own process, on two cores where the system can pin one, with its embedded PostgreSQL.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const canPin = cpus().length >= 4 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** How a command is kept on some of the cores: `service` has two, `generator` has the others, null any. */
export function pinned(part, command, args) {
  if (!canPin || part === null) return [command, args];
  return ['taskset', ['-c', part === 'service' ? '0,1' : `2-${cpus().length - 1}`, command, ...args]];
}

export const pinning = canPin
  ? 'the service and its database pinned to 2 cores, the generator to the others'
  : 'nothing pinned';

/**
 * Starts the service in a folder.
 * @returns its URL, what its database says, its memory, and two ways to end it
 */
export async function startServe({ cli, dataDir, isPinned, port = 0, args = [] }) {
  const [command, given] = pinned(isPinned ? 'service' : null, process.execPath, [
    cli,
    'serve',
    '--json',
    '--data',
    dataDir,
    '--port',
    String(port),
    // One machine plays all of them.
    '--max-metrics-per-address',
    '1000000',
    '--max-confirmations-per-address',
    '1000000',
    ...args,
  ]);
  const child = spawn(command, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data) => (stderr += data));
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    ended.then(([code]) => Promise.reject(new Error(`serve ended with ${code}: ${stderr}`))),
  ]);
  const { url, psql } = JSON.parse(line);
  const password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim();
  const token = (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim();
  const sql = new pg.Client({
    connectionString: /postgresql:\S+/.exec(psql)[0].replace('switchback@', `switchback:${password}@`),
  });
  await sql.connect();
  // It breaks when the database is killed under it.
  sql.on('error', () => {});
  return {
    url,
    port: Number(new URL(url).port),
    sql,
    stderr: () => stderr,
    rssKib: () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })),
    async post(path, body) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await ended;
      await sql.end().catch(() => {});
      return code;
    },
    /** No farewell: the service at once, and with `database` every process of PostgreSQL too, as a power cut would. */
    async kill({ database = false } = {}) {
      const postmaster = Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
      child.kill('SIGKILL');
      if (database) await killAll([postmaster, ...childrenOf(postmaster)]);
      await ended;
      await sql.end().catch(() => {});
    },
  };
}

const childrenOf = (parent) =>
  execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, of]) => (of === parent ? [pid] : []));

/** Until they are gone: what starts again in their folder must find none of them. */
async function killAll(pids) {
  const signal = (pid, name) => {
    try {
      return process.kill(pid, name);
    } catch {
      return false;
    }
  };
  for (const pid of pids) signal(pid, 'SIGKILL');
  while (pids.some((pid) => signal(pid, 0))) await delay(10);
}
