// The devtools in Chromium, in an app whose policy forbids nearly everything.
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { SwitchbackClient } from '../../src/client/index.js';
import { launch } from '../package/visit.js';
import { buildApp, serveApp } from './buildApp.js';

declare const client: SwitchbackClient;
declare const snapshot: (revision: number, rest?: object) => unknown;
declare const pressed: string[];
declare const reactVersion: string;

type Served = Awaited<ReturnType<typeof serveApp>>;

let browser: Browser;
let served: Served;
let served18: Served;
beforeAll(async () => {
  browser = await launch();
  served = await serveApp(await buildApp('development'));
  served18 = await serveApp(await buildApp('development', 'devtools', 18));
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await served18?.close();
});

interface Opened {
  readonly page: Page;
  readonly launcher: Locator;
  readonly panel: Locator;
  readonly complaints: readonly string[];
  /** Opens a feature's details. */
  feature(name: string): Promise<Locator>;
}

async function open(path = '', options: BrowserContextOptions = {}, app = served): Promise<Opened> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    // React tells of what a boundary caught; in development React 18 does so in two ways.
    if (/fails on purpose|^The above error occurred in/.test(message.text())) return;
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => {
    if (app === served || !message.includes('fails on purpose')) complaints.push(`uncaught: ${message}`);
  });
  await page.goto(app.url + path);
  const launcher = page.getByRole('button', { name: /^Switchback/ });
  const panel = page.getByRole('region', { name: 'Switchback devtools' });
  await launcher.waitFor().catch((error: unknown) => {
    throw new Error(`no devtools: ${complaints.join('\n')}`, { cause: error });
  });
  return {
    page,
    launcher,
    panel,
    complaints,
    async feature(name) {
      const row = panel.getByRole('listitem').filter({ hasText: name }).first();
      const button = row.getByRole('button', { name });
      if ((await button.getAttribute('aria-expanded')) === 'false') await button.click();
      return row;
    },
  };
}

const shown = (page: Page) => page.getByTestId('panel');
const what = (row: Locator) => row.getByRole('combobox', { name: 'What v2 does' });
const delay = (row: Locator) => row.getByRole('spinbutton', { name: 'Delay of its code, in ms' });

test('is worked by keyboard: opens, closes by Escape and gives the focus back', async () => {
  const { page, launcher, panel } = await open();
  await launcher.focus();
  await page.keyboard.press('Enter');
  await panel.waitFor();
  await expect
    .poll(() => panel.evaluate((element) => (element.getRootNode() as ShadowRoot).activeElement === element))
    .toBe(true);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  expect(await launcher.evaluate((element) => (element.getRootNode() as ShadowRoot).activeElement === element)).toBe(
    true,
  );
  // The host's shortcuts hear none of it.
  expect(await page.evaluate(() => pressed)).toEqual([]);
});

describe('a hotkey', () => {
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.localName);

  test('opens the panel from wherever the focus is, closes it, and gives the focus back to where it was', async () => {
    const { page, launcher, panel, complaints } = await open('?hotkey=ctrl%2Bshift%2Bd');
    await page.getByRole('button', { name: 'Fail', exact: true }).focus();
    await page.keyboard.press('Control+Shift+D');
    await panel.waitFor();
    await expect.poll(() => focused(page)).toBe('switchback-devtools');
    await page.keyboard.press('Control+Shift+D');
    await panel.waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('fail');
    // By Escape, too.
    await page.keyboard.press('Control+Shift+D');
    await panel.waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('fail');
    expect(await launcher.getAttribute('aria-keyshortcuts')).toBe('Control+Shift+D');
    expect(complaints).toEqual([]);
  });

  test('does nothing while somebody types, on the page or in the panel, or where the page took the key', async () => {
    const { page, panel } = await open('?hotkey=ctrl%2Bshift%2Bd');
    for (const id of ['text', 'area', 'editable']) {
      await page.locator(`#${id}`).focus();
      await page.keyboard.press('Control+Shift+D');
    }
    await page.locator('#taken').focus();
    await page.keyboard.press('Control+Shift+D');
    await page.locator('#tick').focus();
    await page.keyboard.press('Control+D');
    expect(await panel.count()).toBe(0);
    await page.keyboard.press('Control+Shift+D');
    await panel.waitFor();
    await panel.getByLabel('Targeting key').focus();
    await page.keyboard.press('Control+Shift+D');
    await panel.getByRole('button', { name: 'Close' }).focus();
    expect(await panel.count()).toBe(1);
    await page.keyboard.press('Control+Shift+D');
    await panel.waitFor({ state: 'detached' });
  });

  test('that is none is told of, and the panel is there without it', async () => {
    const { launcher, complaints } = await open('?hotkey=shift%2Ba');
    expect(await launcher.getAttribute('aria-keyshortcuts')).toBeNull();
    expect(complaints.join()).toMatch(/hotkey must be such as "mod\+shift\+d": .*, found "shift\+a"/);
  });

  test('is none unless it is asked for', async () => {
    const { page, launcher, panel } = await open();
    await page.keyboard.press('Control+Shift+D');
    await page.keyboard.press('Shift+A');
    expect(await launcher.getAttribute('aria-keyshortcuts')).toBeNull();
    expect(await panel.count()).toBe(0);
  });
});

test('says which version is there and why, by bucket and percentage', async () => {
  const { launcher, panel, feature } = await open();
  await launcher.click();
  const row = await feature('memoryPanel');
  await row.getByText(/^Bucket \d+ of 10000 is below 10000 \(100 %\)\.$/).waitFor();
  await row.getByText('v2', { exact: true }).first().waitFor();
  await panel.getByText('revision 1 of the page').waitFor();
  await panel.getByText('static', { exact: true }).waitFor();
  await (await feature('a.very-long_key')).getByText('The snapshot does not have it.').waitFor();
  await (await feature('a.very-long_key')).getByText('no gate of it is on this page').waitFor();
});

test('forces a version, says so for as long as it holds, and lets go of all', async () => {
  const { page, launcher, panel, feature } = await open();
  await launcher.click();
  const row = await feature('memoryPanel');
  await row.getByRole('radio', { name: 'v1' }).check();
  await shown(page).getByText('version 1').waitFor();
  await row.getByText('Forced here, for another 1 d.').waitFor();
  await row.getByText(/^Without that: v2\. Bucket/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Switchback 1 override' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Switchback 1 override' }).click();
  await panel.getByRole('button', { name: 'Clear all' }).click();
  await shown(page).getByText('version 2').waitFor();
  await page.getByRole('button', { name: 'Switchback', exact: true }).waitFor();
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
});

test('does not force what the policy forbids, and no kill', async () => {
  const { page, launcher, feature } = await open();
  await launcher.click();
  const forbidden = await feature('a.very-long_key');
  expect(await forbidden.getByRole('radio', { name: 'v2' }).isDisabled()).toBe(true);
  const row = await feature('memoryPanel');
  await row.getByRole('radio', { name: 'v2' }).check();
  await page.evaluate(() => client.applySnapshot(snapshot(2, { kills: ['memoryPanel'] })));
  await shown(page).getByText('version 1').waitFor();
  await row.getByText(/^The feature is rolled back \(published\)/).waitFor();
});

describe.each([
  ['19', () => served],
  ['18', () => served18],
])('with React %s', (major, app) => {
  test('makes a mounted v2 fail as v2 fails: v1 at once, counted, on the way to the breaker; and tries it again', async () => {
    const { page, launcher, panel, feature } = await open('', {}, app());
    expect(await page.evaluate(() => reactVersion.split('.')[0])).toBe(major);
    await shown(page).getByText('version 2').waitFor();
    await launcher.click();
    const row = await feature('memoryPanel');
    await what(row).selectOption('throws while rendering');
    await shown(page).getByText('version 1').waitFor();
    await row.getByText('v1, in place of a v2 that failed').waitFor();
    await row.getByText('v2 render: Error: v2 of memoryPanel fails on purpose (fail: "render")').waitFor();
    await row.getByText('closed, 1 failure of late').waitFor();
    await what(row).selectOption('works');
    await shown(page).getByText('version 2').waitFor();
    // A forced one fails as well, is told of here, and is no incident.
    await row.getByRole('radio', { name: 'v2' }).check();
    await what(row).selectOption('throws while rendering');
    await shown(page).getByText('version 1').waitFor();
    await row.getByText('2 failed').waitFor();
    await row.getByText('closed, 1 failure of late').waitFor();
    expect(await panel.getByRole('group', { name: 'Event log' }).getByText('failure').count()).toBe(2);
  });

  test('has v2 fail in every way, one after the other, by keyboard', async () => {
    const { page, launcher, feature, complaints } = await open('', {}, app());
    await launcher.focus();
    await page.keyboard.press('Enter');
    const row = await feature('memoryPanel');
    await row.getByRole('radio', { name: 'v2' }).check();
    await what(row).focus();
    await page.keyboard.press('t');
    await row.getByText(/^v2 render: .*\(fail: "render"\)$/).waitFor();
    await page.keyboard.press('ArrowDown');
    // One that was tried again fails in the new way at once.
    await row.getByText(/^v2 (effect|render): .*\(fail: "effect"\)$/).waitFor();
    await page.keyboard.press('ArrowDown');
    await row.getByText(/^v2 load: .*\(fail: "load"\)$/).waitFor();
    await shown(page).getByText('version 1').waitFor();
    await page.keyboard.press('ArrowDown');
    await row.getByText('v1 while v2’s code comes').waitFor();
    expect(await what(row).inputValue()).toBe('hang');
    expect(await shown(page).getByText('version 1').isVisible()).toBe(true);
    await page.keyboard.press('Home');
    await shown(page).getByText('version 2').waitFor();
    expect(complaints).toEqual([]);
  });

  test('has the code of v2 come late, again whenever v2 is tried again', async () => {
    const { page, launcher, feature, complaints } = await open('', {}, app());
    await launcher.click();
    const row = await feature('memoryPanel');
    await delay(row).fill('600000');
    await page.keyboard.press('Enter');
    await row.getByText('v1 while v2’s code comes').waitFor();
    await shown(page).getByText('version 1').waitFor();
    await delay(row).fill('50');
    await page.keyboard.press('Enter');
    await shown(page).getByText('version 2').filter({ visible: true }).waitFor();
    await row.getByText('v2', { exact: true }).first().waitFor();
    // Asked in the turn of the click: 50 ms may be over before anybody looks.
    const isLateAgain = await row.getByRole('button', { name: 'Try v2 again' }).evaluate((button: HTMLElement) => {
      button.click();
      return client.internals.parts.read().standIns?.has('memoryPanel');
    });
    expect(isLateAgain).toBe(true);
    await expect.poll(() => page.evaluate(() => client.internals.parts.read().standIns?.size)).toBe(0);
    await shown(page).getByText('version 2').filter({ visible: true }).waitFor();
    // Late and broken at once.
    await what(row).selectOption('throws while rendering');
    await row.getByText(/^v2 render: .*\(fail: "render"\)$/).waitFor();
    await delay(row).fill('-5');
    await page.keyboard.press('Tab');
    await expect.poll(() => delay(row).inputValue()).toBe('0');
    expect(complaints).toEqual([]);
  });
});

test('trips the breaker and resets it', async () => {
  const { page, launcher, feature } = await open();
  await launcher.click();
  const row = await feature('memoryPanel');
  await row.getByRole('button', { name: 'Trip' }).click();
  await shown(page).getByText('version 1').waitFor();
  await row.getByText(/^v2 failed here and is not tried for another \d+ s\.$/).waitFor();
  await row.getByRole('button', { name: 'Reset' }).click();
  await shown(page).getByText('version 2').waitFor();
  await row.getByText('closed', { exact: true }).waitFor();
});

test('is another user in another region, and the app’s again', async () => {
  const { page, launcher, panel } = await open();
  const before = await page.evaluate(() => client.internals.parts.read().context);
  await launcher.click();
  await panel.getByLabel('Targeting key').fill('user X');
  await panel.getByLabel('Region').fill('eu');
  await page.keyboard.press('Enter');
  await panel.getByRole('button', { name: 'Be the app’s user again' }).waitFor();
  const during = await page.evaluate(() => client.internals.parts.read().context);
  expect(during).toEqual({ ...before, targetingKey: 'user X', region: 'eu' });
  await panel.getByRole('button', { name: 'Be the app’s user again' }).click();
  await expect.poll(() => page.evaluate(() => client.internals.parts.read().context)).toEqual(before);
});

test('logs what happens, and filters it', async () => {
  const { page, launcher, panel, complaints } = await open();
  await page.getByRole('button', { name: 'Fail', exact: true }).click();
  await page.evaluate(() => client.applySnapshot(snapshot(2, { kills: ['memoryPanel'] })));
  await launcher.click();
  const lines = panel.getByRole('group', { name: 'Event log' }).getByRole('listitem');
  await lines.filter({ hasText: 'v2 SPLIT → v1 ROLLED_BACK' }).waitFor();
  await panel.getByLabel('Filter by feature, kind or text').fill('memory FAILURE reported');
  await expect.poll(() => lines.count()).toBe(1);
  expect(await lines.textContent()).toContain('<img src=x onerror=');
  await panel.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect.poll(() => lines.count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('copies a link that forces the same, and JSON that says all; without leave it shows the text', async () => {
  const { page, launcher, panel, feature } = await open('?a=1', { permissions: ['clipboard-read', 'clipboard-write'] });
  await launcher.click();
  await (await feature('memoryPanel')).getByRole('radio', { name: 'v1' }).check();
  await panel.getByRole('button', { name: 'Copy link' }).click();
  await panel.getByText('Copied.').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(`${served.url}?a=1&switchback=memoryPanel:v1`);
  const other = await (await browser.newContext()).newPage();
  onTestFinished(() => other.context().close());
  await other.goto(link);
  await shown(other).getByText('version 1').waitFor();

  await panel.getByRole('button', { name: 'Copy JSON' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('"features"');
  const report = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(report.features.memoryPanel).toMatchObject({ version: 'v1', reason: 'OVERRIDE', override: { version: 'v1' } });

  await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))));
  await panel.getByRole('button', { name: 'Copy link' }).click();
  expect(await panel.getByRole('textbox', { name: 'Text to copy' }).inputValue()).toBe(link);
});

test('shows hostile keys and values as text, under a policy that forbids scripts, styles and markup', async () => {
  const { page, launcher, panel, feature, complaints } = await open();
  await page.getByRole('button', { name: 'Fail', exact: true }).click();
  await launcher.click();
  const row = await feature('memoryPanel');
  await feature('constructor');
  await row.getByText('<img src=x onerror=').first().waitFor();
  await panel.getByText('"\\"><svg onload=1>').or(panel.getByLabel('Region')).first().waitFor();
  expect(await panel.locator('img, script, svg, style, iframe, [onerror], [onload]').count()).toBe(0);
  expect(await page.title()).toBe('app');
  expect(await page.evaluate(() => ({}) as { polluted?: boolean }).then(({ polluted }) => polluted)).toBeUndefined();
  expect(complaints).toEqual([]);
  // The styles are there all the same.
  expect(await launcher.evaluate((element) => getComputedStyle(element).position)).toBe('fixed');
});

test('is not broken by the styles of the host', async () => {
  const { page, launcher, panel, complaints } = await open('hostile');
  await launcher.click();
  await panel.waitFor();
  const look = await panel.evaluate((element) => {
    const { display, color, fontSize } = getComputedStyle(element);
    return { display, color, fontSize, opacity: getComputedStyle((element.getRootNode() as ShadowRoot).host).opacity };
  });
  expect(look).toEqual({ display: 'block', color: 'rgb(23, 26, 33)', fontSize: '13px', opacity: '1' });
  expect(await page.locator('main').isVisible()).toBe(false);
  expect(complaints.filter((text) => !text.includes('icon'))).toEqual([]);
});

test('leaves nothing behind', async () => {
  const { page, launcher, feature } = await open();
  await launcher.click();
  const row = await feature('memoryPanel');
  await what(row).selectOption('throws while rendering');
  await shown(page).getByText('version 1').waitFor();
  await page.getByRole('button', { name: 'Devtools on or off' }).click();
  await launcher.waitFor({ state: 'detached' });
  const left = await page.evaluate(() => {
    const { inspect, standIns } = client.internals.parts.read();
    return {
      inspect: typeof inspect,
      standIns: standIns?.size,
      elements: document.querySelectorAll('switchback-devtools').length,
    };
  });
  expect(left).toEqual({ inspect: 'undefined', standIns: 0, elements: 0 });
  await page.getByRole('button', { name: 'Devtools on or off' }).click();
  await launcher.waitFor();
});

const axePath = createRequire(import.meta.url).resolve('axe-core');
const folder = process.env['SWITCHBACK_SCREENSHOTS'];

describe.each([
  ['light', { colorScheme: 'light', viewport: { width: 1_000, height: 900 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1_000, height: 900 } }],
  ['narrow', { colorScheme: 'light', viewport: { width: 320, height: 700 } }],
  ['narrow dark', { colorScheme: 'dark', viewport: { width: 320, height: 700 } }],
] as const)('%s', (name, options) => {
  test('has no fault that axe finds, and fits', async () => {
    const { page, launcher, panel, feature, complaints } = await open('', { ...options, bypassCSP: true });
    await launcher.click();
    const row = await feature('memoryPanel');
    await what(row).selectOption('cannot be imported');
    await row.getByText('2 failed').or(row.getByText('1 failed')).waitFor();
    await row.getByRole('radio', { name: 'v1' }).check();
    await panel.getByText('1 override', { exact: true }).waitFor();
    await page.addScriptTag({ path: axePath });
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(
            context: Element,
          ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
        };
      };
      const { violations: found } = await axe.run(document.querySelector('switchback-devtools')!);
      return found.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
      );
    });
    expect(violations).toEqual([]);
    const { scrollWidth, clientWidth, left, right } = await panel.evaluate((element) => {
      const box = element.getBoundingClientRect();
      return { scrollWidth: element.scrollWidth, clientWidth: element.clientWidth, left: box.left, right: box.right };
    });
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(options.viewport.width);
    expect(complaints).toEqual([]);
    if (folder) {
      await page.screenshot({ path: `${folder}/devtools-${name.replace(' ', '-')}.png` });
      await what(row).focus();
      await page.screenshot({ path: `${folder}/devtools-${name.replace(' ', '-')}-break.png` });
      await panel.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await page.screenshot({ path: `${folder}/devtools-${name.replace(' ', '-')}-end.png` });
    }
  });
});
