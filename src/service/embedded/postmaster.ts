import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../store.js';
import { isPostgresIn, startOf } from './processIdentity.js';
import type { RunAs } from './runAs.js';

/** A folder as the database's programs name it, and how to start them so that the name holds. */
export interface OpenedFolder {
  readonly path: string;
  readonly spawnOptions: SpawnOptions;
  close(): void;
}

/**
 * Opens a folder for a child process. When root starts postgres as another user, the folder goes along as an open file, so that
 * folders above it with mode 700 (such as /root) do not matter.
 */
export function openFolder(folder: string, runAs: RunAs | null, output: number | 'pipe'): OpenedFolder {
  const base: SpawnOptions = { env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' }, windowsHide: true };
  if (runAs === null || process.platform !== 'linux')
    return {
      path: folder,
      spawnOptions: { ...base, ...runAs, stdio: ['ignore', output, output] },
      close: () => {},
    };
  const fd = openSync(folder, 'r');
  return {
    path: '/proc/self/fd/3',
    spawnOptions: { ...base, ...runAs, cwd: '/', stdio: ['ignore', output, output, fd] },
    close: () => closeSync(fd),
  };
}

const startTimeoutMs = 60_000;
const fastStopMs = 10_000;
const immediateStopMs = 5_000;

export interface PostmasterOptions {
  readonly postgres: string;
  readonly cluster: string;
  readonly runAs: RunAs | null;
  readonly port: number;
  readonly logFile: string;
  /** `name=value` for `-c`, after ours. */
  readonly settings: readonly string[];
}

/** Starts postgres in its folder and waits until it takes connections. @throws StoreError `unavailable` with its last words */
export async function startPostmaster(options: PostmasterOptions): Promise<ChildProcess> {
  const { postgres, cluster, runAs, port, logFile, settings } = options;
  const log = openSync(logFile, 'a', 0o600);
  const before = (await readFile(logFile)).length;
  const folder = openFolder(cluster, runAs, log);
  const flags = [...fixedSettings, ...settings].flatMap((setting) => ['-c', setting]);
  // A group of its own: Ctrl-C in the terminal must reach the service first, not the database.
  const child = spawn(postgres, ['-D', folder.path, '-p', String(port), ...flags], {
    ...folder.spawnOptions,
    detached: true,
  });
  let failure: Error | null = null;
  child.once('error', (error) => (failure = error));
  folder.close();
  closeSync(log);
  child.unref();
  for (const endMs = Date.now() + startTimeoutMs; Date.now() < endMs; await delay(20)) {
    if (failure !== null || child.exitCode !== null || child.signalCode !== null) break;
    const status = await readStatus(cluster);
    if (status !== null && status.pid === child.pid && status.isReady) return child;
  }
  child.kill('SIGQUIT');
  const words = (await readFile(logFile)).subarray(before).toString('utf8').trim().split('\n').slice(-5).join(' | ');
  throw new StoreError('unavailable', `PostgreSQL did not start: ${words || String(failure)} (see ${logFile})`, {
    cause: failure,
  });
}

const fixedSettings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'fsync=on',
  'synchronous_commit=on',
  'max_connections=60',
  'shared_buffers=32MB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'jit=off',
  'timezone=UTC',
  'log_timezone=UTC',
  // Refused values are the caller's to hear, not the log's.
  'log_min_messages=log',
  'log_checkpoints=off',
];

interface PostmasterStatus {
  readonly pid: number;
  readonly isReady: boolean;
}

async function readStatus(cluster: string): Promise<PostmasterStatus | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), isReady: lines[7]?.trim() === 'ready' };
}

/** Stops the postgres that a killed service left running in this folder, without losing anything. @returns its pid, or null */
export async function stopLeftover(cluster: string): Promise<number | null> {
  const status = await readStatus(cluster);
  if (status === null) return null;
  if (isPostgresIn(status.pid, cluster)) {
    await stopProcess(status.pid, () => !isPostgresIn(status.pid, cluster));
    return status.pid;
  }
  // Its number now belongs to another process, and postgres would take that for a living postmaster. A dead one it sees itself.
  if (startOf(status.pid) !== null) await rm(join(cluster, 'postmaster.pid'), { force: true });
  return null;
}

/** Fast shutdown, then an immediate one. @throws StoreError `unavailable` when it survives both */
export async function stopProcess(pid: number, isGone: () => boolean): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', fastStopMs],
    ['SIGQUIT', immediateStopMs],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (isGone()) return;
      throw new StoreError('unavailable', `PostgreSQL (process ${pid}) cannot be stopped: ${String(error)}`, {
        cause: error,
      });
    }
    for (const endMs = Date.now() + waitMs; Date.now() < endMs; await delay(10)) if (isGone()) return;
  }
  throw new StoreError('unavailable', `PostgreSQL (process ${pid}) does not stop`);
}
