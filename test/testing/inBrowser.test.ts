// The mock service behind a real service worker, and the helper for Playwright, on a page of its own in Chromium.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright';
import { setFeature } from 'react-switchback/testing/playwright';
import { build } from 'vite';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { MockService } from '../../src/testing/msw/index.js';
import { chromiumArgs, chromiumPath } from '../harness/chromium.js';
import { serveFolder } from '../package/serveFolder.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
let browser: Browser;
let site: Awaited<ReturnType<typeof serveFolder>>;

beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, '.cache/page-'));
  const alias = [
    { find: /^react-switchback$/, replacement: join(root, 'src/index.ts') },
    { find: /^react-switchback\/(.+)$/, replacement: join(root, 'src/$1/index.ts') },
  ];
  await build({
    configFile: false,
    root: join(root, 'test/testing/page'),
    logLevel: 'error',
    resolve: { alias },
    build: {
      outDir: folder,
      target: 'es2022',
      rolldownOptions: { input: 'page.tsx', output: { entryFileNames: 'page.js' } },
    },
  });
  await writeFile(join(folder, 'index.html'), '<div id="root"></div><script type="module" src="page.js"></script>');
  await copyFile(join(root, 'node_modules/msw/lib/mockServiceWorker.js'), join(folder, 'mockServiceWorker.js'));
  site = await serveFolder(folder);
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs], headless: true });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await rm(folder, { recursive: true, force: true });
});

async function openPage(): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return context.newPage();
}

const shows = (page: Page, feature: string, version: string) =>
  page.locator(`#${feature}`, { hasText: version }).waitFor({ timeout: 20_000 });

declare const service: MockService;

test('a page behind the worker follows the stream, confirms and falls back', async () => {
  const page = await openPage();
  await page.goto(site.url);
  await shows(page, 'panel', 'v2');
  await shows(page, 'other', 'v1');
  await page.locator('#status', { hasText: 'live' }).waitFor({ timeout: 20_000 });
  await page.evaluate(() => service.show('other', 'v2'));
  await shows(page, 'other', 'v2');
  await page.evaluate(() => service.rollBack('panel'));
  await shows(page, 'panel', 'v1');
  await vi.waitFor(
    async () => expect(await page.evaluate(() => service.confirmations)).toMatchObject([{ revision: 3 }]),
    20_000,
  );
});

test('setFeature forces a version before the page opens, while it is open, and no more', async () => {
  const page = await openPage();
  await setFeature(page, 'panel', 'v1');
  await page.goto(site.url);
  await shows(page, 'panel', 'v1');
  await setFeature(page, 'panel', 'v2');
  await page.reload();
  await shows(page, 'panel', 'v2');
  await setFeature(page, 'other', 'v2');
  await shows(page, 'other', 'v2');
  await setFeature(page, 'other', null);
  await shows(page, 'other', 'v1');
  await page.reload();
  await shows(page, 'other', 'v1');
});

test('setFeature counts for every page of a context', async () => {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  await setFeature(context, 'other', 'v2');
  const page = await context.newPage();
  await page.goto(site.url);
  await shows(page, 'other', 'v2');
});

test.each([
  ['panel', 'v3', /version must be "v1", "v2" or null, found "v3"/],
  ['__proto__', 'v2', /feature must be a letter/],
] as const)('setFeature refuses %s %s', async (feature, version, message) => {
  const page = { addInitScript: () => Promise.reject(new Error('it was not refused')) };
  await expect(setFeature(page, feature, version as 'v1')).rejects.toThrow(message);
});
