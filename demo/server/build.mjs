import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const cliFile = join(root, 'dist/cli/main.js');
export const serviceFile = join(root, 'dist/service/index.js');

/** Builds the service and the command line into `dist`, unless they are there and newer than their sources. */
export async function buildServer() {
  if (isFresh([cliFile, serviceFile], [join(root, 'src'), join(root, 'vite.config.ts')])) return false;
  await build({ root, configFile: join(root, 'vite.config.ts'), mode: 'server', logLevel: 'error' });
  return true;
}

/** Builds the demo's app. */
export async function buildApp(outDir) {
  const configFile = join(root, 'demo/vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
}

function isFresh(outputs, sources) {
  if (!outputs.every((path) => existsSync(path))) return false;
  const oldestOutput = Math.min(...outputs.map((path) => statSync(path).mtimeMs));
  return Math.max(...sources.map(newestOf)) < oldestOutput;
}

function newestOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestOf(join(path, name))));
}
