import { cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { runProgram, startProgram, type Finished, type Started } from './runProgram.js';

/** A project of somebody else's, with the packed package installed. */
export interface Fixture {
  readonly folder: string;
  /** Runs a command of its packages to the end. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** Runs a command that has to succeed. @returns what it printed @throws Error with what it printed */
  build(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  /** Starts a command of its packages that goes on; `remove` ends it. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Started;
  /** Runs a module's text under Node. */
  node(text: string): Promise<Finished>;
  /** Names of everything in `node_modules`, such as `react` or `@types/node`, sorted. */
  packages(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/**
 * Copies a fixture to a folder outside of the repository and installs it from the registry. No package runs a script.
 * @param variant which `package.<variant>.json` is its package.json
 */
export async function installFixture(name: string, variant?: string): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), `switchback-${name}-`));
  await cp(fileURLToPath(new URL(`fixtures/${name}/`, import.meta.url)), folder, { recursive: true });
  if (variant !== undefined) await rename(join(folder, `package.${variant}.json`), join(folder, 'package.json'));
  await cp(inject('tarball'), join(folder, 'react-switchback.tgz'));
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  const { code, stdout, stderr } = await runProgram('npm', install, folder);
  if (code !== 0) throw new Error(`npm install of ${name} failed:\n${stdout}${stderr}`);
  const started = new Set<Started>();

  return {
    folder,
    run: (args, env) => runProgram('npx', ['--no', '--', ...args], folder, env),
    async build(args, env) {
      const built = await runProgram('npx', ['--no', '--', ...args], folder, env);
      if (built.code !== 0) throw new Error(`${args.join(' ')} failed:\n${built.stdout}${built.stderr}`);
      return built.stdout + built.stderr;
    },
    start(args, env) {
      const program = startProgram('npx', ['--no', '--', ...args], folder, env);
      started.add(program);
      return program;
    },
    node: (text) => runProgram(process.execPath, ['--input-type=module', '--eval', text], folder),
    async packages() {
      const names: string[] = [];
      for (const entry of await readdir(join(folder, 'node_modules'))) {
        if (entry.startsWith('.')) continue;
        if (!entry.startsWith('@')) names.push(entry);
        else for (const scoped of await readdir(join(folder, 'node_modules', entry))) names.push(`${entry}/${scoped}`);
      }
      return names.sort();
    },
    async remove() {
      await Promise.all([...started].map((program) => program.stop('SIGKILL')));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
