import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../store.js';

/** The user that postgres runs as, because it refuses to run as root. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Finds a user for postgres when we are root: whoever owns the cluster already, else `postgres`, else `nobody`. No user is created.
 * @returns null when we are not root: postgres runs as we do
 */
export function findRunAs(clusterFolder: string): RunAs | null {
  if (process.getuid?.() !== 0) return null;
  try {
    const { uid, gid } = statSync(clusterFolder);
    if (uid !== 0) return { uid, gid };
  } catch {
    // There is no cluster yet.
  }
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => idOf(flag, name));
    if (uid && gid) return { uid, gid };
  }
  throw new StoreError(
    'unavailable',
    'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as: start the service as another user',
  );
}

function idOf(flag: string, name: string): number {
  try {
    return Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }).trim());
  } catch {
    return 0;
  }
}

/** Whether that user can get to a folder through all folders above it. */
export function canReach(path: string, runAs: RunAs | null): boolean {
  if (runAs === null) return true;
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const needed = uid === runAs.uid ? 0o100 : gid === runAs.gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
