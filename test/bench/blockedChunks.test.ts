import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium, servePage, type ServedPage } from '../../bench/page.mjs';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

let app: ServedPage;
let browser: Browser;
beforeAll(async () => {
  app = await servePage(fileURLToPath(new URL('blocked/page.tsx', import.meta.url)));
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** What the browser has to fetch before anything runs. */
function firstLoad(): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (name: string): void => {
    if (names.has(name)) return;
    names.add(name);
    app.chunks.find(({ fileName }) => fileName === name)?.imports.forEach(visit);
  };
  app.chunks.filter(({ isEntry }) => isEntry).forEach(({ fileName }) => visit(fileName));
  return names;
}

const laterChunks = () => app.chunks.filter(({ fileName }) => !firstLoad().has(fileName));
const isOurs = (chunk: ServedPage['chunks'][number]) => chunk.moduleIds.some((id) => id.startsWith(source));
const fileNames = (chunks: ServedPage['chunks']) => chunks.map(({ fileName }) => fileName);

/** Opens the app with some of its files out of reach. */
async function openWithout(blocked: readonly string[]) {
  const tab = await browser.newPage();
  const refused: string[] = [];
  const pageErrors: string[] = [];
  tab.on('pageerror', (error) => void pageErrors.push(error.message));
  await tab.route('**/*.js', async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (!blocked.includes(name)) return route.continue();
    refused.push(name);
    return route.abort();
  });
  // There is no service either: reports of the failures have nowhere to go.
  await tab.route('**/api/**', (route) => route.abort());
  await tab.goto(app.url);
  const shows = async (id: string, text: string) => {
    await tab.locator(`#${id}`, { hasText: new RegExp(`^${text}$`) }).waitFor({ timeout: 15_000 });
  };
  return { tab, refused, pageErrors, shows };
}

test('a failing v2 falls back with every chunk of ours that is loaded later out of reach', async ({ annotate }) => {
  const ours = fileNames(laterChunks().filter(isOurs));
  await annotate(
    ours.length === 0
      ? 'the package has no chunk that is loaded later, so nothing was blocked'
      : `blocked: ${ours.join(', ')}`,
  );
  const { tab, pageErrors, refused, shows } = await openWithout(ours);
  await shows('inEntry', 'v1');
  await shows('broken', 'v1');
  await shows('good', 'v2 works');
  // Whatever was to be loaded later is asked for by now; that it was refused concerns nobody.
  await tab.waitForTimeout(1_500);
  expect(refused.length > 0, 'blocking is felt where there is something to block').toBe(ours.length > 0);
  expect(pageErrors).toEqual([]);
  await shows('inEntry', 'v1');
  await shows('broken', 'v1');
  await shows('good', 'v2 works');
  await tab.close();
});

test('a v2 whose own chunk is out of reach leaves v1 on the screen, so blocking is felt', async () => {
  const good = fileNames(laterChunks().filter(({ moduleIds }) => moduleIds.some((id) => id.endsWith('Good.tsx'))));
  expect(good).toHaveLength(1);
  const { tab, refused, pageErrors, shows } = await openWithout(good);
  await shows('good', 'v1');
  await expect.poll(() => refused.length, { timeout: 10_000 }).toBeGreaterThan(0);
  await tab.waitForTimeout(1_500);
  await shows('good', 'v1');
  expect(pageErrors).toEqual([]);
  await tab.close();
});
