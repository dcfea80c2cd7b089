import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTokenSecret } from './tokenSecret.js';

/** Where the service keeps the admin token it made: for whoever can read the folder, and nobody else. */
export const adminTokenPath = (dataDir: string): string => join(dataDir, 'admin-token');

/** The token kept in this folder; undefined when there is none, or it may not be read. */
export async function readAdminToken(dataDir: string): Promise<string | undefined> {
  const text = await readFile(adminTokenPath(dataDir), 'utf8').catch(() => '');
  return text.trim() === '' ? undefined : text.trim();
}

/** The token kept in this folder; a new one of 256 bit, readable by this user only, when there is none. */
export async function keepAdminToken(dataDir: string): Promise<string> {
  const kept = await readAdminToken(dataDir);
  if (kept !== undefined) return kept;
  await mkdir(dataDir, { recursive: true });
  const token = makeTokenSecret();
  await writeFile(adminTokenPath(dataDir), `${token}\n`, { mode: 0o600 });
  return token;
}
