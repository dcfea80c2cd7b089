// Comes in: a folder. Goes out: a PostgreSQL that runs in it, as a connection string. Who calls: serve, demo, tests.
import type { ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../store.js';
import { findBinaries } from './binaries.js';
import { isCode, lockFolder } from './folderLock.js';
import { databaseUser, initCluster } from './initCluster.js';
import { startPostmaster, stopLeftover, stopProcess } from './postmaster.js';
import { findRunAs } from './runAs.js';

/** Where the database lives. */
export interface EmbeddedPostgresOptions {
  /** Created when missing. Holds the cluster, its password (mode 600), its port, its log and our lock. */
  readonly dataDir: string;
  /** Told what happens, a line at a time. Default: nothing. */
  readonly log?: (line: string) => void;
  /** False: do not wait for the disk. For tests only: a power cut loses everything. Default true. */
  readonly durable?: boolean;
}

/** A PostgreSQL that runs beside this process. */
export interface EmbeddedPostgres {
  /** `postgresql://switchback:…@127.0.0.1:<port>/postgres`, for pg and psql; holds the password. */
  readonly connectionString: string;
  readonly port: number;
  /** Stops it gracefully and gives the folder back. */
  close(): Promise<void>;
}

const maxLogBytes = 5_000_000;

/**
 * Runs PostgreSQL in a folder, on 127.0.0.1. What a killed service left running there is stopped first; one that dies is started
 * again, on the same port. It ends with this process, unless that is killed.
 * @throws StoreError `conflict` when another process has the folder, `unavailable` when PostgreSQL cannot run here
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log = () => {}, durable = true } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const unlock = await lockFolder(dataDir);
  try {
    const cluster = join(dataDir, 'postgres');
    const runAs = findRunAs(cluster);
    const binaries = await findBinaries(runAs);
    const password = await keep(join(dataDir, 'postgres-password'), () => randomBytes(24).toString('base64url'));
    const leftover = await stopLeftover(cluster);
    if (leftover !== null) log(`stopped PostgreSQL (process ${leftover}), left behind by a service that was killed`);
    if (!(await exists(join(cluster, 'PG_VERSION')))) {
      log(`creating a database in ${cluster}`);
      await initCluster(binaries.initdb, cluster, password, runAs, durable);
    }
    const logFile = join(dataDir, 'postgres.log');
    await limitLog(logFile);
    const settings = durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
    const start = (port: number) =>
      startPostmaster({ postgres: binaries.postgres, cluster, runAs, port, logFile, settings });
    const { port, child } = await startOnFreePort(join(dataDir, 'postgres-port'), start);
    let closing: Promise<void> | undefined;
    const stop = supervise(child, () => start(port), log);
    return {
      connectionString: `postgresql://${databaseUser}:${password}@127.0.0.1:${port}/postgres`,
      port,
      close: () => (closing ??= stop().then(unlock)),
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Reads a small file, or writes it once. */
async function keep(path: string, make: () => string): Promise<string> {
  try {
    const kept = (await readFile(path, 'utf8')).trim();
    if (kept !== '') return kept;
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  const made = make();
  await writeFile(path, `${made}\n`, { mode: 0o600 });
  return made;
}

async function limitLog(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > maxLogBytes) await rename(logFile, `${logFile}.1`);
}

async function startOnFreePort(portFile: string, start: (port: number) => Promise<ChildProcess>) {
  const remembered = Number((await readFile(portFile, 'utf8').catch(() => '')).trim());
  for (let attempt = 0; ; attempt += 1) {
    // Below 32768 no outgoing connection takes it while postgres is restarting.
    const port = attempt === 0 && remembered > 0 ? remembered : randomInt(15_000, 32_000);
    if (!(await isFree(port)) && attempt < 50) continue;
    try {
      const child = await start(port);
      await writeFile(portFile, `${port}\n`, { mode: 0o644 });
      return { port, child };
    } catch (error) {
      if (attempt >= 50 || !String(error).includes('could not bind')) throw error;
    }
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((tell) => {
    const server = createServer();
    server.once('error', () => tell(false));
    server.listen(port, '127.0.0.1', () => server.close(() => tell(true)));
  });

const maxRetryMs = 30_000;

/** Starts it again when it dies by itself. @returns stop */
function supervise(
  first: ChildProcess,
  start: () => Promise<ChildProcess>,
  log: (line: string) => void,
): () => Promise<void> {
  let child: ChildProcess | null = first;
  let stopping = false;
  let restart = Promise.resolve();
  // The last moment to do something, and only synchronously: ask for a fast shutdown.
  const onExit = () => child?.kill('SIGINT');
  process.on('exit', onExit);

  const watch = (watched: ChildProcess) =>
    watched.once('exit', (code, signal) => {
      child = null;
      if (stopping) return;
      log(`PostgreSQL ended unexpectedly (${code ?? signal}), starting it again`);
      restart = revive();
    });
  async function revive(): Promise<void> {
    for (let delayMs = 200; !stopping; delayMs = Math.min(delayMs * 2, maxRetryMs)) {
      await delay(delayMs, undefined, { ref: false });
      if (stopping) return;
      try {
        child = await start();
        watch(child);
        return;
      } catch (error) {
        log(error instanceof StoreError ? error.message : String(error));
      }
    }
  }
  watch(first);

  return async () => {
    stopping = true;
    await Promise.race([restart, delay(maxRetryMs, undefined, { ref: false })]);
    const last = child;
    if (last?.pid !== undefined) await stopProcess(last.pid, () => last.exitCode !== null || last.signalCode !== null);
    process.off('exit', onExit);
  };
}
