import { spawn, type ChildProcess } from 'node:child_process';

/** What a program left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, as somebody outside of this repository would. */
export async function runProgram(
  program: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return startProgram(program, args, folder, env).finished;
}

export interface Started {
  readonly finished: Promise<Finished>;
  /** Waits for text on stdout, at most a minute; the error shows everything that was printed. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal to it and to what it started. */
  stop(signal: NodeJS.Signals): Promise<Finished>;
}

/** Starts a program that goes on. */
export function startProgram(
  program: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Started {
  // A group of its own: npx and next start further processes.
  const child = spawn(program, args, { cwd: folder, env: { ...plainEnv(), ...env }, detached: true });
  let [stdout, stderr] = ['', ''];
  let wake = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      wake();
      resolve({ code, stdout, stderr });
    });
  });
  return {
    finished,
    async line(pattern) {
      for (const untilMs = Date.now() + 60_000; ;) {
        const found = pattern.exec(stdout);
        if (found !== null) return found;
        if (child.exitCode !== null || Date.now() > untilMs) throw new Error(`no ${pattern} in ${stdout}${stderr}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 100);
        });
      }
    },
    stop(signal) {
      signalGroup(child, signal);
      return finished;
    },
  };
}

function signalGroup({ pid, exitCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

/** The environment without what npm scripts, test runners and our own set-ups put there: `NODE_ENV=test` would build for development. */
function plainEnv(): NodeJS.ProcessEnv {
  const isOurs =
    /^(npm_(package|lifecycle|command|execpath|config_local_prefix)|INIT_CWD|NODE_ENV|NODE_OPTIONS|VITEST|VITE_|DEV|PROD|SSR|MODE|BASE_URL|TEST|SWITCHBACK_)/;
  const kept = Object.entries(process.env).filter(([name]) => !isOurs.test(name));
  return {
    ...Object.fromEntries(kept),
    CI: 'true',
    NO_COLOR: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    npm_config_loglevel: 'error',
  };
}
