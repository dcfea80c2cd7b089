// The packed package in an app of Next.js' App Router: built, started and driven in Chromium.
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installFixture, type Fixture } from './installFixture.js';
import { readBundle, serverLibrariesIn } from './readBundle.js';
import { launch, visit } from './visit.js';

// Whatever tried to load something while it builds or runs would fail here.
const offline = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
};

let browser: Browser;
let fixture: Fixture;
let url: string;
beforeAll(async () => {
  [browser, fixture] = await Promise.all([launch(), installFixture('next')]);
  await fixture.build(['next', 'build'], offline);
  const started = fixture.start(['next', 'start', '--port', '0', '--hostname', '127.0.0.1'], offline);
  url = (await started.line(/http:\/\/127\.0\.0\.1:\d+/))[0];
});
afterAll(async () => {
  await browser?.close();
  await fixture?.remove();
});

test('sends the right version of each feature in its HTML', async () => {
  const html = await (await fetch(url)).text();
  const seen = html.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<!--[\s\S]*?-->/g, '');
  expect(seen).toContain('sessions v2');
  expect(seen).not.toContain('sessions v1');
  expect(seen).toContain('search v1');
  expect(seen).not.toContain('search v2');
  expect(seen).toContain('fragile v2');
});

test('shows each version by the snapshot, hydrates without a complaint, and shows v1 when v2 breaks in use', async () => {
  const { page, text, complaints } = await visit(browser, url);
  await text('memory', 'memory v2 of s1, 50 a page');
  await text('sessions', 'sessions v2');
  await text('search', 'search v1');
  await text('fragile', 'fragile v2');
  expect(complaints).toEqual([]);

  await page.getByRole('button', { name: 'Break' }).click();
  await text('fragile', 'fragile v1');
  await text('sessions', 'sessions v2');
  expect(await page.locator('[data-testid="fragile"]').count()).toBe(1);
  expect(complaints.filter((complaint) => !complaint.includes('the fragile v2 broke'))).toEqual([]);
});

test('shows v1 where v2 breaks in the browser and on the server', async () => {
  const { text, complaints, page } = await visit(browser, `${url}/broken`);
  await text('broken', 'broken v1');
  expect(await page.locator('[data-testid="broken"]').count()).toBe(1);
  // React reports what a boundary caught, and that it rendered anew (#419) what the server could not; nobody says anything else.
  const expected = /the broken v2 broke|React error #419/;
  expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
});

test('sends no server library to browsers', async () => {
  const bundle = await readBundle(join(fixture.folder, '.next/static'));
  expect(bundle).toContain('memory v2 of');
  expect(serverLibrariesIn(bundle)).toEqual([]);
});
