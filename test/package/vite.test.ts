// The packed package in apps that Vite builds, driven in Chromium.
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { installFixture, type Fixture } from './installFixture.js';
import { readBundle, serverLibrariesIn } from './readBundle.js';
import { serveFolder } from './serveFolder.js';
import { launch, visit, type Visit } from './visit.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

describe.each([
  ['19.3.1', 'react-19'],
  ['18.3.1', 'react-18'],
])('Vite and React %s', (reactVersion, variant) => {
  let fixture: Fixture;
  let output: string;
  let served: Awaited<ReturnType<typeof serveFolder>>;
  beforeAll(async () => {
    fixture = await installFixture('vite', variant);
    output = await fixture.build(['vite', 'build']);
    served = await serveFolder(join(fixture.folder, 'dist'));
  });
  afterAll(async () => {
    await served?.close();
    await fixture?.remove();
  });

  test('shows each version by the snapshot, without a complaint, and v1 when v2 breaks in use', async () => {
    const { page, text, complaints } = await visit(browser, served.url);
    await text('memory', 'memory v2 of s1, 50 a page');
    await text('sessions', 'sessions v1');
    await text('reason', /* bucket of memoryPanel */ '8109');
    expect(await page.locator('[data-testid="reason"]').textContent()).toMatch(/^v1 SPLIT \d+ 8109$/);
    await text('fragile', 'fragile v2');
    expect(complaints).toEqual([]);

    await page.getByRole('button', { name: 'Break' }).click();
    await text('fragile', 'fragile v1');
    expect(await page.locator('[data-testid="fragile"]').count()).toBe(1);
    await text('memory', 'memory v2');
    expect(await page.locator('html').getAttribute('data-react')).toBe(reactVersion);
  });

  test('shows v1 where v2 never renders', async () => {
    const { page, text, complaints } = await visit(browser, `${served.url}?broken`);
    await text('broken', 'broken v1');
    await text('memory', 'memory v2');
    // React reports what a boundary caught; nobody says anything else.
    expect(complaints.filter((complaint) => !complaint.includes('the broken v2 broke'))).toEqual([]);
    expect(complaints.some((complaint) => complaint.startsWith('uncaught'))).toBe(false);
    expect(await page.locator('[data-testid="broken"]').count()).toBe(1);
  });

  test('lets nobody force a version in production', async () => {
    const { text } = await visit(browser, `${served.url}?switchback=sessionsList:v2`);
    await text('memory', 'memory v2');
    await text('sessions', 'sessions v1');
  });

  test('is built without a warning', () => {
    expect(output).toMatch(/MemoryPanelV2-/);
    expect(output).not.toMatch(/warn|"use client"/i);
  });

  test('sends no server library to browsers', async () => {
    const bundle = await readBundle(join(fixture.folder, 'dist'));
    expect(bundle).toContain('memory v2 of');
    expect(serverLibrariesIn(bundle)).toEqual([]);
  });

  describe('the devtools', () => {
    const sentinel = 'switchback-devtools';

    async function openPanel({ page, text }: Visit) {
      await page.getByRole('button', { name: 'Switchback' }).click();
      const panel = page.getByRole('region', { name: 'Switchback devtools' });
      const row = panel.getByRole('listitem').filter({ hasText: 'fragilePanel' });
      await row.getByRole('button', { name: 'fragilePanel' }).click();
      await text('fragile', 'fragile v2');
      await row.getByLabel('What v2 does').selectOption('cannot be imported');
      await text('fragile', 'fragile v1');
      await row.getByText('v2 of fragilePanel fails on purpose (fail: "load")').first().waitFor();
      return panel;
    }
    const complaintsBut = ({ complaints }: Visit) => complaints.filter((text) => !text.includes('fails on purpose'));

    test('are nowhere in a production build, but where a page imports them for production', async () => {
      const page = await visit(browser, served.url);
      await page.text('memory', 'memory v2');
      const scripts = await page.page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => name)
          .filter((name) => name.endsWith('.js')),
      );
      expect(scripts.length).toBeGreaterThan(1);
      const texts = await Promise.all(scripts.map(async (script) => (await fetch(script)).text()));
      expect(texts.join('')).toContain('memory v2 of');
      expect(texts.join('')).not.toContain(sentinel);
      expect(await page.page.locator(sentinel).count()).toBe(0);

      const staff = await visit(browser, `${served.url}staff.html`);
      await openPanel(staff);
      expect(await staff.page.locator('html').getAttribute('data-react')).toBe(reactVersion);
      expect(complaintsBut(staff)).toEqual([]);
    });

    test('are there in a build for development, and open by their hotkey too', async () => {
      await fixture.build(['vite', 'build', '--mode', 'development', '--outDir', 'dist-development'], {
        NODE_ENV: 'development',
      });
      const folder = await serveFolder(join(fixture.folder, 'dist-development'));
      onTestFinished(() => folder.close());
      const app = await visit(browser, folder.url);
      const panel = await openPanel(app);
      await panel.getByRole('button', { name: 'Close' }).focus();
      await app.page.keyboard.press('ControlOrMeta+Shift+D');
      await panel.waitFor({ state: 'detached' });
      await app.page.keyboard.press('ControlOrMeta+Shift+D');
      await panel.waitFor();
      // In development React 18 tells of what a boundary caught once more, and with its place.
      expect(complaintsBut(app).filter((text) => !text.startsWith('The above error occurred'))).toEqual([]);
    });
  });

  test('loads v2 from a chunk of its own', async () => {
    const { page, text } = await visit(browser, served.url);
    await text('memory', 'memory v2');
    const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    expect(loaded.filter((name) => /MemoryPanelV2-.*\.js$/.test(name))).toHaveLength(1);
  });

  test('shows v1 when the chunk of v2 never arrives', async () => {
    const { page, text, complaints } = await visit(browser, served.url, /MemoryPanelV2-/);
    await text('sessions', 'sessions v1');
    await expect.poll(() => complaints.length).toBeGreaterThan(0);
    await text('memory', 'memory v1 of s1');
    expect(await page.locator('[data-testid="memory"]').count()).toBe(1);
    // The browser's own words about the lost request; nobody says anything else.
    expect(complaints.filter((complaint) => !complaint.includes('net::ERR_FAILED'))).toEqual([]);
  });

  test('compiles with registered features, and not with an unknown one', async () => {
    expect(await fixture.run(['tsc', '-p', '.'])).toMatchObject({ code: 0, stdout: '' });
    const wrong = await fixture.run(['tsc', '-p', 'tsconfig.wrong.json']);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stdout.match(/src\/wrongKey\.tsx\(\d+,\d+\): error TS/g), wrong.stdout).toHaveLength(2);
    expect(wrong.stdout.match(/error TS/g)).toHaveLength(2);
    expect(wrong.stdout.match(/memoryPanle/g)).toHaveLength(2);
  });

  test('has types of the service that need only those of Node', async () => {
    expect(await fixture.run(['tsc', '-p', 'tsconfig.service.json'])).toMatchObject({ code: 0, stdout: '' });
  });
});
