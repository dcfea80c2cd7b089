// Before the tests: packs the built package once, as it would be published.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { runProgram } from './runProgram.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the packed package. */
    tarball: string;
    /** Sources that are newer than the build that was packed. */
    newerSources: readonly string[];
  }
}

export default async function pack(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'switchback-pack-'));
  const root = fileURLToPath(new URL('../../', import.meta.url));
  // The build ran already, and others may be reading it.
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { code, stdout, stderr } = await runProgram('npm', args, root);
  if (code !== 0) throw new Error(`npm pack failed: ${stdout}${stderr}`);
  project.provide('tarball', join(folder, stdout.trim().split('\n').at(-1)!));
  project.provide('newerSources', await newerSources(root));
  return () => rm(folder, { recursive: true, force: true });
}

async function newerSources(root: string): Promise<readonly string[]> {
  const builtMs = await changedMs(join(root, 'dist/index.js'));
  const names = (await readdir(join(root, 'src'), { recursive: true })).filter((name) => /\.tsx?$/.test(name));
  const changes = await Promise.all(names.map((name) => changedMs(join(root, 'src', name))));
  return names.filter((_, at) => changes[at]! > builtMs);
}

const changedMs = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
