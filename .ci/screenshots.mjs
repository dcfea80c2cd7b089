// `node .ci/screenshots.mjs [name…]`: pictures of the real UIs for the documents, into docs/images. Each in light, in dark, and 320 px wide.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { runnerImport } from 'vite';
import { palettePng } from './palettePng.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const images = join(root, 'docs/images');
/** More would be felt by everybody who clones. */
const maxBytes = 80_000;

const looks = [
  { look: 'light', colorScheme: 'light' },
  { look: 'dark', colorScheme: 'dark' },
  { look: '320', colorScheme: 'light', narrow: { width: 320, height: 720 } },
];

/** What is in the pictures, and how it gets there. */
const pictures = [
  { name: 'demo', width: 1_008, height: 640, show: showDemo },
  { name: 'migrate', width: 760, height: 560, show: showMigration },
  { name: 'devtools', width: 560, height: 640, show: showDevtools },
  { name: 'settings', width: 720, height: 560, show: showSettings },
  { name: 'storybook', width: 900, height: 760, show: showStorybook },
];

const closers = [];
try {
  await main(process.argv.slice(2));
} finally {
  for (const close of closers.reverse()) await close();
}

async function main(names) {
  const unknown = names.find((name) => !pictures.some((picture) => picture.name === name));
  if (unknown !== undefined)
    throw new Error(
      `no picture ${JSON.stringify(unknown)}: there are ${pictures.map((picture) => picture.name).join(', ')}`,
    );
  const wanted = pictures.filter(({ name }) => names.length === 0 || names.includes(name));
  const isOf = (...uis) => wanted.some(({ name }) => uis.includes(name));
  await mkdir(images, { recursive: true });

  const { module } = await runnerImport(join(root, 'test/harness/chromium.ts'), {
    configFile: false,
    logLevel: 'error',
  });
  const browser = await chromium.launch({ executablePath: module.chromiumPath(), args: module.chromiumArgs });
  closers.push(() => browser.close());
  const urls = {
    demo: isOf('demo', 'migrate') ? await startDemo() : undefined,
    stories: isOf('devtools', 'settings', 'storybook') ? await startStories() : undefined,
  };

  for (const { name, width, height, show } of wanted)
    for (const { look, colorScheme, narrow } of looks) {
      const page = await browser.newPage({
        viewport: narrow ?? { width, height },
        colorScheme,
        reducedMotion: 'reduce',
        locale: 'en-GB',
        timezoneId: 'UTC',
      });
      page.setDefaultTimeout(60_000);
      await show(page, urls, { look, colorScheme });
      await page.evaluate(() => {
        document.activeElement?.blur();
        scrollTo(0, 0);
      });
      // What fades or comes late is there then.
      await page.waitForTimeout(500);
      const png = palettePng(await page.screenshot());
      await page.close();
      const file = `${name}-${look}.png`;
      console.log(`${file}  ${Math.round(png.length / 1_000)} kB`);
      if (png.length > maxBytes) throw new Error(`${file} has more than ${maxBytes} bytes: make its window smaller`);
      await writeFile(join(images, file), png);
    }
}

async function showDemo(page, { demo }) {
  await page.goto(demo);
  await page.locator('[data-testid=status][data-status=live]').waitFor();
  await page.getByLabel('Users on v2, in percent').fill('40');
  await page.getByText(/Memory panel: [34]\d on v2/).waitFor();
  await page.getByRole('button', { name: 'New visit', exact: true }).click();
  await page.locator('[data-testid=memory-v2]').waitFor();
}

async function showMigration(page, { demo }) {
  await page.goto(`${demo}?migrate`);
  await page.getByRole('button', { name: 'Next stage' }).click();
  await page.getByRole('button', { name: 'Copy and compare' }).click();
  await page
    .getByText(/verified/i)
    .first()
    .waitFor();
}

function story(id, colorScheme) {
  return `iframe.html?id=${id}&viewMode=story&globals=theme:${colorScheme}`;
}

async function showDevtools(page, { stories }, { colorScheme }) {
  await page.goto(stories + story('devtools--made-to-fail', colorScheme));
  await page.getByText('v1, in place of a v2 that failed').waitFor();
}

async function showSettings(page, { stories }, { colorScheme }) {
  await page.goto(stories + story('featuresettings--operator', colorScheme));
  await page.getByRole('button', { name: 'Disable' }).first().waitFor();
}

async function showStorybook(page, { stories }, { look, colorScheme }) {
  await page.goto(
    `${stories}?path=/story/storybook-addon--as-decided&nav=false&globals=theme:${colorScheme};switchback:both`,
  );
  const preview = page.frameLocator('#storybook-preview-iframe');
  await preview.getByRole('region', { name: 'Memory v2' }).waitFor();
  if (look === '320') await page.getByRole('button', { name: 'Open addon panel' }).click();
  await page.getByRole('tab', { name: /^Versions/ }).click();
  await page.getByRole('region', { name: 'memoryPanel' }).waitFor();
}

/** The demo as `npm start` starts it. @returns its address */
async function startDemo() {
  const child = spawn(process.execPath, [join(root, 'demo/start.mjs')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  closers.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  let said = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += text;
    const found = /App\s+(http:\S+)/.exec(said);
    if (found === null) continue;
    child.stdout.resume();
    return found[1].replace(/\/?$/, '/');
  }
  throw new Error(`the demo did not start:\n${said}`);
}

/** Our Storybook, built and served. @returns its address */
async function startStories() {
  const folder = await mkdtemp(join(tmpdir(), 'switchback-screenshots-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const cli = join(root, 'node_modules/storybook/dist/bin/dispatcher.js');
  execFileSync(process.execPath, [cli, 'build', '--quiet', '--output-dir', folder], {
    cwd: root,
    env: { ...process.env, STORYBOOK_DISABLE_TELEMETRY: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    readFile(join(folder, pathname === '/' ? 'index.html' : pathname)).then(
      (body) =>
        response.writeHead(200, { 'Content-Type': types[extname(pathname || '.html')] ?? 'text/html' }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  closers.push(() => server.closeAllConnections() ?? server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}
