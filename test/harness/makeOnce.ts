import { mkdir, mkdtemp, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

// Whoever holds the lock says so again and again; one that was killed does not.
const staleMs = 20_000;

/**
 * Makes a folder once for all processes: who comes second waits for the first, and uses what that one made.
 * @param make fills the folder it is given, which is then renamed into place
 */
export async function makeOnce(folder: string, make: (fresh: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const lock = `${folder}.lock`;
  while (!(await exists(folder))) {
    if (!(await take(lock))) {
      await delay(50);
      continue;
    }
    const held = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), staleMs / 4);
    try {
      if (await exists(folder)) return;
      const fresh = await mkdtemp(`${folder}-`);
      try {
        await make(fresh);
        await rename(fresh, folder).catch(async (error: unknown) => {
          if (!(await exists(folder))) throw error;
        });
      } finally {
        await rm(fresh, { recursive: true, force: true });
      }
    } finally {
      clearInterval(held);
      await rm(lock, { recursive: true, force: true });
    }
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const taken = await stat(lock).catch(() => undefined);
    if (taken !== undefined && Date.now() - taken.mtimeMs > staleMs) await rm(lock, { recursive: true, force: true });
    return false;
  }
}
