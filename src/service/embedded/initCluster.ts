import { spawn } from 'node:child_process';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../store.js';
import { openFolder } from './postmaster.js';
import type { RunAs } from './runAs.js';

/** The database user; owns everything. */
export const databaseUser = 'switchback';

/** Creates a cluster beside its place and moves it there when it is whole: an interrupted start leaves no half of one. */
export async function initCluster(
  initdb: string,
  cluster: string,
  password: string,
  runAs: RunAs | null,
  isDurable: boolean,
): Promise<void> {
  const fresh = `${cluster}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  const passwordFile = join(fresh, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (runAs !== null) for (const path of [fresh, passwordFile]) await chown(path, runAs.uid, runAs.gid);
  const folder = openFolder(fresh, runAs, 'pipe');
  const flags = [
    '--auth=scram-sha-256',
    `--username=${databaseUser}`,
    '--locale=C',
    '--encoding=UTF8',
    '--no-instructions',
  ];
  const child = spawn(
    initdb,
    [
      `--pgdata=${folder.path}/cluster`,
      `--pwfile=${folder.path}/password`,
      ...flags,
      ...(isDurable ? [] : ['--no-sync']),
    ],
    folder.spawnOptions,
  );
  folder.close();
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => (output = (output + String(chunk)).slice(-1_000)));
  const code = await new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  if (code !== 0)
    throw new StoreError(
      'unavailable',
      `PostgreSQL could not create its folder ${cluster} (${code}): ${output.trim()}`,
    );
  await rename(join(fresh, 'cluster'), cluster);
  await rm(fresh, { recursive: true, force: true });
}
