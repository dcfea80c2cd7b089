import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { makeOnce } from './makeOnce.js';

/** What a finished command left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The command line as it is packed: built once, run by Node. */
export interface BuiltCli {
  /** The script itself. */
  readonly main: string;
  /** Runs a command to its end. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** Starts a command that goes on, such as `serve`. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): StartedCli;
  /** Kills what was started. */
  close(): Promise<void>;
}

export interface StartedCli {
  readonly child: ChildProcess;
  /** Waits for a line on stdout; the error shows stderr. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
}

/**
 * Builds the server part with the project's own settings, inside the project, so that the embedded database is found. Test files
 * share a build while the sources stay the same.
 */
export async function buildCli(): Promise<BuiltCli> {
  const cache = join(root, '.cache');
  const built = join(cache, `cli-built-${await stampOfSources()}`);
  await makeOnce(built, async (outDir) => {
    await removeOld(cache);
    await build({ root, mode: 'server', logLevel: 'error', build: { outDir, emptyOutDir: true, sourcemap: false } });
  });
  const main = join(built, 'cli/main.js');
  const folder = await mkdtemp(join(cache, 'cli-'));
  const started = new Set<ChildProcess>();

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): StartedCli => {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH, HOME, ...env },
      cwd: folder,
    });
    started.add(child);
    let [stdout, stderr] = ['', ''];
    let wake = (): void => {};
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      wake();
    });
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const finished = new Promise<Finished>((resolve) =>
      child.once('close', (code) => {
        started.delete(child);
        wake();
        resolve({ code, stdout, stderr });
      }),
    );
    const line = async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (const untilMs = Date.now() + 60_000; ;) {
        const found = pattern.exec(stdout);
        if (found !== null) return found;
        if (child.exitCode !== null || Date.now() > untilMs) throw new Error(`no ${pattern} in ${stdout} ${stderr}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 100);
        });
      }
    };
    return { child, line, finished };
  };

  return {
    main,
    start,
    run: (args, env) => start(args, env).finished,
    async close() {
      for (const child of started) child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Another one when a source was added, removed or written. */
async function stampOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(join(root, 'src'), { recursive: true })).map((name) => `src/${name}`).sort();
  for (const name of ['package.json', 'vite.config.ts', ...names]) {
    // oxlint-disable-next-line no-await-in-loop -- in their order
    const { mtimeMs, size } = await stat(join(root, name));
    hash.update(`${name} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

/** Removes builds of earlier sources, not those that a run beside this one may be using. */
async function removeOld(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith('cli-built-')) continue;
    // oxlint-disable-next-line no-await-in-loop -- there are few
    const found = await stat(join(cache, name)).catch(() => undefined);
    const isOld = found !== undefined && Date.now() - found.mtimeMs > 3_600_000;
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (isOld) await rm(join(cache, name), { recursive: true, force: true });
  }
}
