import { cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { makeOnce } from '../harness/makeOnce.js';
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

/** Fixtures that begin with the packages of another, of which npm then takes and adds what differs: it unpacks the rest once. */
const similarTo: Readonly<Record<string, readonly [name: string, variant?: string]>> = {
  jest: ['kit', 'react-19'],
  'react-router': ['vite', 'react-19'],
  'tanstack-start': ['vite', 'react-19'],
  'kit react-18': ['kit', 'react-19'],
  'kit react-19': ['kit', 'react-19'],
  'vite react-18': ['vite', 'react-19'],
  'vite react-19': ['vite', 'react-19'],
};

/**
 * Copies a fixture to a folder outside of the repository and installs it from the registry. No package runs a script.
 * @param variant which `package.<variant>.json` is its package.json
 */
export async function installFixture(name: string, variant?: string): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), `switchback-${name}-`));
  await copyFixture(folder, name, variant);
  const similar = similarTo[variant === undefined ? name : `${name} ${variant}`];
  if (similar !== undefined) await copyPackages(similar, folder);
  if (similar?.[0] !== name || similar[1] !== variant) await install(folder);
  const started = new Set<Started>();
  const commandOf = (args: readonly string[]): [program: string, args: readonly string[], folder: string] => {
    const [name = '', ...others] = args;
    // Ours as people run it; npx takes its time, and of others' tools it shows nothing.
    if (name === 'switchback') return ['npx', ['--no', '--', ...args], folder];
    return [join(folder, 'node_modules/.bin', name), others, folder];
  };

  return {
    folder,
    run: (args, env) => runProgram(...commandOf(args), env),
    async build(args, env) {
      const built = await runProgram(...commandOf(args), env);
      if (built.code !== 0) throw new Error(`${args.join(' ')} failed:\n${built.stdout}${built.stderr}`);
      return built.stdout + built.stderr;
    },
    start(args, env) {
      const program = startProgram(...commandOf(args), env);
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

async function copyFixture(folder: string, name: string, variant?: string): Promise<void> {
  await cp(fileURLToPath(new URL(`fixtures/${name}/`, import.meta.url)), folder, { recursive: true });
  if (variant !== undefined) await rename(join(folder, `package.${variant}.json`), join(folder, 'package.json'));
  await cp(inject('tarball'), join(folder, 'react-switchback.tgz'));
}

async function install(folder: string): Promise<void> {
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  const { code, stdout, stderr } = await runProgram('npm', args, folder);
  if (code !== 0) throw new Error(`npm install in ${folder} failed:\n${stdout}${stderr}`);
}

/** Copies what another fixture installs, which is done once for all: files are linked, and npm replaces them whole. */
async function copyPackages([name, variant]: readonly [name: string, variant?: string], folder: string): Promise<void> {
  const installed = join(dirname(inject('tarball')), `${name}-${variant}`);
  await makeOnce(installed, async (fresh) => {
    await copyFixture(fresh, name, variant);
    await install(fresh);
  });
  const { code, stderr } = await runProgram('cp', ['-a', '-l', join(installed, 'node_modules'), folder], folder);
  if (code !== 0) throw new Error(`copying the packages of ${name} failed:\n${stderr}`);
}
