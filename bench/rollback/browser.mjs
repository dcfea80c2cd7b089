// Twenty users, each in a profile and so with connections of their own, looking at the page.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { build, createServer as createVite } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Builds the page as an app would and serves it. */
export async function servePage() {
  const outDir = await mkdtemp(join(tmpdir(), 'switchback-bench-'));
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { 'react-switchback': here('../../src/index.ts') } },
    build: {
      outDir,
      emptyOutDir: true,
      rolldownOptions: { input: here('./page.tsx'), output: { entryFileNames: 'page.js' } },
    },
  });
  const html =
    '<!doctype html><meta charset="utf-8"><title>bench</title><div id="app"></div><script type="module" src="/page.js"></script>';
  const script = await readFile(join(outDir, 'page.js'));
  const server = createServer((request, response) => {
    const isScript = extname(new URL(request.url, 'http://page').pathname) === '.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

/** Opens the page for `count` users. */
export async function openTabs(count, pageUrl, apiUrl, stream) {
  const vite = await createVite({ configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false } });
  const { chromiumArgs, chromiumPath } = await vite.ssrLoadModule(here('../../test/harness/chromium.ts'));
  await vite.close();
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args: chromiumArgs });
  const tabs = await Promise.all(
    Array.from({ length: count }, async (_, user) => {
      const context = await browser.newContext();
      const tab = await context.newPage();
      const query = new URLSearchParams({ api: apiUrl, user: `user-${user}`, stream: stream ? 'on' : 'off' });
      await tab.goto(`${pageUrl}?${query}`);
      return tab;
    }),
  );
  return {
    version: browser.version(),
    /** Waits until every tab shows a version; returns when each began to, ms since 1970. */
    async shown(version, timeoutMs) {
      return Promise.all(
        tabs.map(async (tab) => {
          const handle = await tab.waitForFunction(
            (wanted) => (window.lastShown?.version === wanted ? window.lastShown : null),
            version,
            { timeout: timeoutMs, polling: 50 },
          );
          return (await handle.jsonValue()).atMs;
        }),
      );
    },
    close: () => browser.close(),
  };
}
