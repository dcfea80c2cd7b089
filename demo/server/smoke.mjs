import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import axe from 'axe-core';
import pg from 'pg';
import { chromium } from 'playwright';
import { runnerImport } from 'vite';
import { cliFile, root } from './build.mjs';

const execute = promisify(execFile);
const waitMs = 10_000;
// The stream comes back with a growing, random delay; polls happen every 15 s.
const recoveryMs = 30_000;
const accessRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const memory = 'kept through everything';

/**
 * Drives the demo headless and asserts what is on the screen, a line for each step.
 * @param onClose takes what has to be closed, also when the demo is interrupted
 * @returns whether all steps passed
 */
export async function smoke({ appUrl, service, dataDir, onClose }) {
  const { module } = await runnerImport(join(root, 'test/harness/chromium.ts'), {
    configFile: false,
    logLevel: 'error',
  });
  const browser = await chromium.launch({ executablePath: module.chromiumPath(), args: module.chromiumArgs });
  onClose(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  page.setDefaultTimeout(waitMs);
  const uncaught = [];
  page.on('pageerror', (error) => uncaught.push(String(error)));

  for (const { name, run: step } of steps({ page, appUrl, service, dataDir, uncaught })) {
    const startedMs = performance.now();
    try {
      await step();
      console.log(`ok      ${name} (${Math.round(performance.now() - startedMs)} ms)`);
    } catch (error) {
      console.log(`failed  ${name}: ${error instanceof Error ? error.message : String(error)}`);
      console.log(`        the page says: ${(await page.innerText('body').catch(() => '')).slice(0, 600)}`);
      return false;
    }
  }
  return true;
}

/** WCAG 2.2 AA as far as axe can tell, and no sideways scrolling, in each way the page can look. */
async function checkAccess(page) {
  const found = [];
  const before = page.viewportSize();
  for (const [look, colorScheme, width] of [
    ['light', 'light', before.width],
    ['dark', 'dark', before.width],
    ['320 px', 'light', 320],
  ]) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ ...before, width });
    // Colours fade over; axe has to see where they end.
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
    await page.addScriptTag({ content: axe.source });
    const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), accessRules);
    for (const { id, nodes } of violations) found.push(`${look}: ${id} at ${nodes[0]?.target}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (overflow > 0) found.push(`${look}: ${overflow} px wider than the window`);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
  if (found.length > 0) throw new Error(found.join('; '));
}

function steps({ page, appUrl, service, dataDir, uncaught }) {
  const panel = page.locator('[data-feature=memoryPanel]');
  const button = (name) => page.getByRole('button', { name, exact: true });
  const shows = (version, timeout = waitMs) =>
    page.locator(`[data-feature=memoryPanel] [data-testid=memory-${version}]`).waitFor({ timeout });
  const sees = (text, timeout = waitMs) => page.getByText(text).first().waitFor({ timeout });
  const remembers = () => panel.getByText(memory).first().waitFor();
  const newVisit = async () => {
    await button('New visit').click();
    await shows('v2');
  };
  const nothingMoved = async () => {
    const shifts = await page.evaluate(() => window.switchbackShifts);
    if (shifts.length > 0) throw new Error(`the switch moved panels: ${JSON.stringify(shifts)}`);
  };
  const command = async (...given) => {
    const { stdout } = await execute(process.execPath, [
      cliFile,
      ...given,
      '--json',
      '--url',
      service.info().url,
      '--data',
      dataDir,
    ]);
    return JSON.parse(stdout);
  };

  return [
    {
      name: 'the page is live and everything is v1',
      run: async () => {
        await page.goto(appUrl);
        await page.locator('[data-testid=status][data-status=live]').waitFor();
        await shows('v1');
        await sees('Memory panel: 0 on v2, 100 on v1');
      },
    },
    {
      name: 'v1 works: a memory is added',
      run: async () => {
        await panel.getByLabel('New memory').fill(memory);
        await panel.getByRole('button', { name: 'Add' }).click();
        await remembers();
      },
    },
    { name: 'v1 is accessible, in light, dark and at 320 px', run: () => checkAccess(page) },
    {
      name: 'the page where the data moves is a key away, accessible, and leads back',
      run: async () => {
        await page.getByRole('link', { name: 'Move the data' }).press('Enter');
        await page.getByRole('heading', { name: 'The memories move' }).waitFor();
        await button('Next stage').waitFor();
        await checkAccess(page);
        await page.getByRole('link', { name: 'Back to the workspace' }).press('Enter');
        await page.locator('[data-testid=status][data-status=live]').waitFor();
        await remembers();
      },
    },
    {
      name: 'a ramp to 25 % moves a part of the 100 users, and no open panel',
      run: async () => {
        await page.getByLabel('Users on v2, in percent').fill('25');
        await sees(/Memory panel: (1[5-9]|2\d|3[0-5]) on v2/);
        await button('Reopen with v2').waitFor();
        await shows('v1');
      },
    },
    {
      name: 'a ramp to 100 % moves everybody; a newly opened page shows v2 with what was written in v1',
      run: async () => {
        await button('100 %').click();
        await sees('Memory panel: 100 on v2, 0 on v1');
        await shows('v1');
        await page.reload();
        await shows('v2');
        await remembers();
      },
    },
    { name: 'v2 is accessible, in light, dark and at 320 px', run: () => checkAccess(page) },
    {
      name: 'v2 broken in render: v1 takes over, keeps everything and can be used',
      run: async () => {
        await button('Render').click();
        await shows('v1');
        await sees('v2 failed (render); v1 took over and works.');
        await remembers();
        await panel.getByLabel('Search memories').fill('kept');
        await remembers();
      },
    },
    {
      name: 'v2 mended: trying again shows v2',
      run: async () => {
        await button('Off').click();
        await button('Try v2 again').click();
        await shows('v2');
        await remembers();
      },
    },
    {
      name: 'v2 broken in its chunk: v1 shows on the next visit',
      run: async () => {
        await button('Chunk').click();
        await sees('v2 failed (load); v1 took over and works.');
        await shows('v1');
        await button('Off').click();
        await newVisit();
      },
    },
    {
      name: 'an emergency rollback from the command line turns the page to v1, and no panel moves',
      run: async () => {
        await page.evaluate(watchForShifts);
        const answer = command('emergency-rollback', '--reason', 'smoke');
        await shows('v1');
        await sees('Emergency rollback:');
        await answer;
        await remembers();
        await nothingMoved();
      },
    },
    {
      name: 'undone, and v2 is back on the next visit',
      run: async () => {
        await button('Undo').click();
        await sees('Memory panel: 100 on v2, 0 on v1');
        await newVisit();
      },
    },
    {
      name: 'a plain SQL UPDATE turns a narrow page to v1, and no panel moves',
      run: async () => {
        const { width, height } = page.viewportSize();
        await page.setViewportSize({ width: 400, height });
        await page.evaluate(watchForShifts);
        const client = new pg.Client({ connectionString: service.info().databaseUrl });
        await client.connect();
        try {
          await client.query("UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'");
        } finally {
          await client.end();
        }
        await shows('v1');
        await sees(/Rolled back by sql:/);
        await nothingMoved();
        await page.setViewportSize({ width, height });
        await button('Undo rollback').click();
        await sees('Memory panel: 100 on v2, 0 on v1');
        await newVisit();
      },
    },
    {
      name: 'the service killed with -9: the page stays, with a half-typed search in v2',
      run: async () => {
        await panel.getByLabel('Search memories').pressSequentially('kept thr');
        await page.evaluate(watchForBlank);
        await service.kill();
        await page.locator('[data-testid=status]:not([data-status=live])').waitFor();
        await page.waitForTimeout(1_000);
        await stays(page);
      },
    },
    {
      name: 'started again: nothing was lost, and the next change arrives',
      run: async () => {
        await service.start();
        const { features } = await command('features', 'status');
        const state = JSON.stringify(features);
        if (!/memoryPanel/.test(state) || !/100/.test(state)) throw new Error(`the service says ${state}`);
        await stays(page);
        await command('rollback', 'memoryPanel', '--reason', 'smoke', '--wait', '0');
        await shows('v1', recoveryMs);
        const blankFrames = await page.evaluate(() => window.switchbackBlankFrames);
        if (blankFrames !== 0) throw new Error(`the page was blank for ${blankFrames} frames`);
        await remembers();
        if (uncaught.length > 0) throw new Error(`uncaught in the page: ${uncaught.join('; ')}`);
      },
    },
  ];
}

async function stays(page) {
  const search = page.locator('[data-testid=memory-v2] input[type=search]');
  const typed = await search.inputValue({ timeout: 1_000 });
  if (typed !== 'kept thr') throw new Error(`the search field says ${JSON.stringify(typed)}`);
}

// Runs in the page: lists layout shifts of panels. The demo's own notice above them moves all of the page, which is no switch's doing.
function watchForShifts() {
  window.switchbackShifts = [];
  window.switchbackShiftObserver?.disconnect();
  const observer = new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      const panels = sources.flatMap(({ node }) => (node?.matches?.('[data-feature]') ? [node.dataset.feature] : []));
      if (!hadRecentInput && panels.length > 0) window.switchbackShifts.push({ value, panels });
    }
  });
  observer.observe({ type: 'layout-shift' });
  window.switchbackShiftObserver = observer;
}

// Runs in the page: counts the frames in which one of the three panels shows nothing.
function watchForBlank() {
  window.switchbackBlankFrames = 0;
  const look = () => {
    const panels = [...document.querySelectorAll('[data-feature]')];
    const isBlank =
      panels.length !== 3 ||
      panels.some((panel) => panel.querySelector('[data-testid$=-v1], [data-testid$=-v2]') === null);
    if (isBlank) window.switchbackBlankFrames += 1;
    requestAnimationFrame(look);
  };
  look();
}
