// The packed package as an addon of a fresh Storybook, by one line in `addons`, driven in Chromium.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { bucketOf } from '../../src/index.js';
import { chromiumPath } from '../harness/chromium.js';
import { installFixture, type Fixture } from './installFixture.js';
import { serveFolder } from './serveFolder.js';
import { launch } from './visit.js';

const env = { STORYBOOK_DISABLE_TELEMETRY: '1', NO_COLOR: '1', CI: '1' };

let browser: Browser;
// One for all: what the first page loaded, the others have.
let context: BrowserContext;
let fixture: Fixture;
let served: Awaited<ReturnType<typeof serveFolder>>;
beforeAll(async () => {
  [browser, fixture] = await Promise.all([launch(), installFixture('storybook')]);
  context = await browser.newContext({ viewport: { width: 1200, height: 1000 } });
  await fixture.build(['storybook', 'build', '--quiet', '--disable-telemetry'], env);
  served = await serveFolder(join(fixture.folder, 'storybook-static'));
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await fixture?.remove();
});

interface Opened {
  readonly page: Page;
  readonly story: FrameLocator;
  shows(testId: string, text: string): Promise<void>;
  /** Waits until the panel's part about a feature has this text. */
  tells(text: string | RegExp, feature?: string): Promise<void>;
}

/** Opens a story, its panel in front. */
async function open(path: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  const page = await context.newPage();
  onTestFinished(() => page.close());
  await page.emulateMedia({ colorScheme });
  page.setDefaultTimeout(30_000);
  await page.goto(served.url + path);
  const story = page.frameLocator('#storybook-preview-iframe');
  await page.getByRole('tab', { name: /^Versions/ }).click();
  return {
    page,
    story,
    shows: (testId, text) => story.getByTestId(testId).filter({ hasText: text }).first().waitFor(),
    tells: (text, feature = 'memoryPanel') =>
      page.getByRole('region', { name: feature, exact: true }).filter({ hasText: text }).waitFor(),
  };
}

const plain = '?path=/story/memorypanel--plain';

test('the toolbar shows v1, v2, both side by side, and what is decided', async () => {
  const { page, story, shows } = await open(plain);
  const choose = async (title: string): Promise<void> => {
    await page
      .getByRole('button', { name: /Version/ })
      .first()
      .click();
    await page.getByRole('option', { name: title }).click();
  };
  await shows('panel', 'memory v1');
  await choose('v2 for all');
  await shows('panel', 'memory v2');
  await choose('Side by side');
  await story.getByRole('group', { name: 'Version v1' }).getByText('memory v1').waitFor();
  await story.getByRole('group', { name: 'Version v2' }).getByText('memory v2').waitFor();
  expect(page.url()).toContain('switchback:both');
  await choose('As decided');
  await shows('panel', 'memory v1');
});

test('the percentage decides, names its hundred users, and is in the link', async () => {
  const { page, shows, tells } = await open(plain);
  await tells('v1, SPLIT: bucket 81.09 of 0 %');
  await page.getByLabel('Percentage of memoryPanel, as a number').fill('90');
  await shows('panel', 'memory v2');
  await tells('v2, SPLIT: bucket 81.09 of 90 %');
  const users = Array.from({ length: 100 }, (_, at) => bucketOf('memoryPanel', `user-${at + 1}`) < 9_000);
  await tells(`${users.filter(Boolean).length} of 100 users`);
  await page.waitForURL(/switchbackFeatures:/);

  const link = new URL(page.url());
  const other = await open(link.search);
  await other.shows('panel', 'memory v2');
  await other.tells('v2, SPLIT: bucket 81.09 of 90 %');
  await other.page.getByRole('button', { name: 'Clear changes' }).click();
  await other.shows('panel', 'memory v1');
  await other.page.getByLabel('User (targeting key)').fill('user-9');
  await other.page.getByRole('button', { name: 'Show as this user' }).click();
  await other.tells(`bucket ${(bucketOf('memoryPanel', 'user-9') / 100).toFixed(2)} of 0 %`);
});

test('the config is edited as JSON, and what is none is refused', async () => {
  const { page, shows } = await open(plain);
  await shows('size', '20 a page');
  const feature = page.getByRole('region', { name: 'memoryPanel', exact: true });
  const editor = feature.getByLabel('Settings, as JSON');
  await editor.fill('{"pageSize": ');
  await feature.getByRole('button', { name: 'Apply config' }).click();
  expect(await editor.getAttribute('aria-invalid')).toBe('true');
  await editor.fill('{"pageSize": 50}');
  await feature.getByRole('button', { name: 'Apply config' }).click();
  await shows('size', '50 a page');
});

test('v2 fails as the panel says, until it works again', async () => {
  const { page, shows, tells } = await open(`${plain}&globals=switchback:v2`);
  const feature = page.getByRole('region', { name: 'memoryPanel', exact: true });
  const select = feature.getByLabel('What v2 does');
  await shows('panel', 'memory v2');
  for (const [kind, phase] of [
    ['render', 'render'],
    ['effect', 'effect'],
    ['load', 'load'],
  ] as const) {
    await select.selectOption(kind);
    await shows('panel', 'memory v1');
    await tells(`fails on purpose (fail: "${kind}")`);
    await page
      .getByRole('region', { name: 'Events' })
      .filter({ hasText: `failed (${phase})` })
      .waitFor();
  }
  await select.selectOption('hang');
  await shows('panel', 'memory is loading');
  await select.selectOption('works');
  await shows('panel', 'memory v2');
  await feature.getByLabel('Delay of its code, in ms').fill('600000');
  await feature.getByLabel('Delay of its code, in ms').press('Enter');
  await shows('panel', 'memory is loading');
});

test('the breaker opens after three failures, and is closed again from the start', async () => {
  const { page, tells } = await open(`${plain}&globals=switchback:v2`);
  await page.getByLabel('What v2 does').first().selectOption('render');
  await tells('closed, 1 failure so far');
  await page.getByRole('button', { name: 'Mount again' }).click();
  await tells('closed, 2 failures so far');
  await page.getByRole('button', { name: 'Mount again' }).click();
  await tells('open until');
  await tells('v1, CIRCUIT_OPEN');
  await page.getByRole('button', { name: 'Start over' }).click();
  await tells('closed, 1 failure so far');
});

test('a story that pins its version says so', async () => {
  const { page, shows } = await open('?path=/story/memorypanel--pinned-v-2&globals=switchback:v1');
  await shows('panel', 'memory v2');
  await page.getByText('Pinned by story.').waitFor();
});

test('a story breaks its v2 by parameters', async () => {
  const { shows, tells } = await open('?path=/story/memorypanel--broken');
  await shows('panel', 'memory v1');
  await tells('fails on purpose (fail: "load")');
});

test('the docs block shows one story in every state', async () => {
  const page = await context.newPage();
  onTestFinished(() => page.close());
  await page.goto(`${served.url}iframe.html?viewMode=docs&id=memorypanel--docs`);
  for (const [state, text] of [
    ['v1', 'memory v1'],
    ['v2', 'memory v2'],
    ['v2 is loading', 'memory is loading'],
    ['v2 failed', 'memory v1'],
  ])
    await page.locator(`[data-story="${state}"]`).getByText(text!).waitFor({ timeout: 30_000 });
});

describe('the panel', () => {
  test.each(['light', 'dark'] as const)('has no violation that axe finds (%s)', async (colorScheme) => {
    const { page, tells } = await open(`${plain}&globals=switchback:v2`, colorScheme);
    await page.getByLabel('What v2 does').first().selectOption('render');
    await tells('fails on purpose');
    const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(source);
    const violations = await page.evaluate(`axe.run('.switchback-panel').then(({ violations }) => violations)`);
    expect(violations).toEqual([]);
    expect(await page.locator('.switchback-panel').getAttribute('data-theme')).toBe(colorScheme);
  });

  test('is whole in 320 px and reached with the keyboard', async () => {
    const { page, tells, shows } = await open(plain);
    await tells('SPLIT');
    const panel = page.locator('.switchback-panel');
    // As wide as a narrow window leaves it.
    await panel.evaluate((element) => (element.style.width = '320px'));
    const { scrollWidth, clientWidth } = await panel.evaluate((element) => ({
      scrollWidth: element.scrollWidth,
      clientWidth: element.clientWidth,
    }));
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);

    const slider = page.getByLabel('Percentage of memoryPanel', { exact: true });
    await slider.focus();
    await page.keyboard.press('End');
    await shows('panel', 'memory v2');
    for (const name of ['Percentage of memoryPanel, as a number', 'What v2 does', 'Delay of its code, in ms']) {
      await page.keyboard.press('Tab');
      await page.getByLabel(name).and(page.locator(':focus')).waitFor();
    }
  });
});

test('its stories are tests of the vitest addon, with their play functions and axe', async () => {
  const browserEnv = { ...env, CHROMIUM_PATH: chromiumPath() };
  const { code, stdout, stderr } = await fixture.run(
    ['vitest', 'run', '--reporter=json', '--outputFile=report.json'],
    browserEnv,
  );
  expect(code, stdout + stderr).toBe(0);
  const report = JSON.parse(await readFile(join(fixture.folder, 'report.json'), 'utf8')) as unknown;
  expect(report).toMatchObject({ success: true, numPassedTests: 3, numTotalTests: 3 });
});

test('its stories compile', async () => {
  await fixture.build(['tsc', '-p', '.']);
});
