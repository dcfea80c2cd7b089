import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';

/** Where tests keep what is dear to make and the same each time: beside the packages, gone with them. */
export const cacheFolder = (): string =>
  resolve(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), '..', '.cache', 'switchback');
