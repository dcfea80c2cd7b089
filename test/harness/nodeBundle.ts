import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/**
 * Bundles a TypeScript program of the tests, so that a Node of its own can run it; packages stay outside.
 * @returns its path, and what removes it
 */
export async function bundleForNode(entry: URL): Promise<{ path: string; remove(): Promise<void> }> {
  // Inside the project, so that its packages are found.
  const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
  await mkdir(cache, { recursive: true });
  const outDir = await mkdtemp(join(cache, 'node-'));
  const source = fileURLToPath(entry);
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: source,
      outDir,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: '[name].mjs' } },
    },
  });
  return {
    path: join(outDir, basename(source).replace(/\.ts$/, '.mjs')),
    remove: () => rm(outDir, { recursive: true, force: true }),
  };
}
