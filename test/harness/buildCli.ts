import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** What a finished command left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as it is packed: built once, run by Node. */
export interface BuiltCli {
  /** The script itself. */
  readonly main: string;
  /** Runs a command to its end. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** Starts a command that goes on, such as `serve`. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): StartedCli;
  /** Kills what was started and removes the build. */
  close(): Promise<void>;
}

export interface StartedCli {
  readonly child: ChildProcess;
  /** Waits for a line on stdout; the error shows stderr. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
}

/** Builds the server part with the project's own settings, inside the project, so that the embedded database is found. */
export async function buildCli(): Promise<BuiltCli> {
  const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
  await mkdir(cache, { recursive: true });
  const outDir = await mkdtemp(join(cache, 'cli-'));
  const root = fileURLToPath(new URL('../../', import.meta.url));
  await build({ root, mode: 'server', logLevel: 'error', build: { outDir, emptyOutDir: true, sourcemap: false } });
  const main = join(outDir, 'cli/main.js');
  const started = new Set<ChildProcess>();

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): StartedCli => {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH, HOME, ...env },
      cwd: outDir,
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
      await rm(outDir, { recursive: true, force: true });
    },
  };
}
