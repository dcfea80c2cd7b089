import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../store.js';
import { startOf } from './processIdentity.js';

interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly id: string;
}

const settleMs = 50;

/**
 * Takes a folder for this process, for as long as it lives.
 * @returns release
 * @throws StoreError `conflict` naming the process that has it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const own: Holder = { pid: process.pid, start: startOf(process.pid) ?? '', id: randomUUID() };
  const text = JSON.stringify(own);
  const release = async () => {
    if ((await readHolder(path))?.id === own.id) await rm(path, { force: true });
  };
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return release;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  refuseLiving(folder, await readHolder(path));
  // Left behind by a process that was killed. Of several that find it at once, the last to rename has it.
  await writeFile(`${path}.${own.id}`, text, { mode: 0o600 });
  refuseLiving(folder, await readHolder(path));
  await rename(`${path}.${own.id}`, path);
  await delay(settleMs);
  const holder = await readHolder(path);
  if (holder?.id !== own.id) refuseLiving(folder, holder);
  return release;
}

function refuseLiving(folder: string, holder: Holder | null): void {
  if (holder === null || startOf(holder.pid) !== holder.start) return;
  throw new StoreError(
    'conflict',
    `the folder ${folder} is in use by process ${holder.pid}: stop that one, or choose another folder (SWITCHBACK_DATA)`,
  );
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    if (!('pid' in value) || !('start' in value) || !('id' in value)) return null;
    const { pid, start, id } = value;
    return typeof pid === 'number' && typeof start === 'string' && typeof id === 'string' ? { pid, start, id } : null;
  } catch {
    return null;
  }
}

/** Whether an error of Node's carries this code, such as `EEXIST`. */
export const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
