// A page built as an app would build it, served over HTTP, for a Chromium of the tests.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { build, createServer as createVite } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const html =
  '<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/page.js"></script>';

/**
 * Builds `entry` against the package's source and serves it, with `<div id="app">` to render into.
 * @returns the URL, the chunks that were built (as rolldown describes them), and what ends it
 */
export async function servePage(entry) {
  const outDir = await mkdtemp(join(tmpdir(), 'switchback-page-'));
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^react-switchback$/, replacement: here('../src/index.ts') },
        { find: /^react-switchback\/(client|testing)$/, replacement: `${here('../src')}/$1/index.ts` },
      ],
    },
    build: {
      outDir,
      emptyOutDir: true,
      rolldownOptions: { input: entry, output: { entryFileNames: 'page.js', chunkFileNames: '[name]-[hash].js' } },
    },
  });
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://page');
    if (extname(pathname) !== '.js') {
      response.setHeader('content-type', 'text/html');
      response.end(html);
      return;
    }
    const file = createReadStream(join(outDir, basename(pathname)));
    file.on('error', () => response.writeHead(404).end());
    response.setHeader('content-type', 'text/javascript');
    file.pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    chunks: output.filter(({ type }) => type === 'chunk'),
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

/** Starts the Chromium that the tests use. */
export async function launchChromium() {
  const vite = await createVite({ configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false } });
  const { chromiumArgs, chromiumPath } = await vite.ssrLoadModule(here('../test/harness/chromium.ts'));
  await vite.close();
  return chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs });
}
