// Before the tests: packs the built package once, as it would be published.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { runProgram } from './runProgram.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the packed package. */
    tarball: string;
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
  return () => rm(folder, { recursive: true, force: true });
}
