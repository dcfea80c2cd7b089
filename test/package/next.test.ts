// The packed package in an app of Next.js' App Router: built, started and driven in Chromium.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/index.js';
import { rulesSnapshot } from '../harness/snapshot.js';
import { installFixture, type Fixture } from './installFixture.js';
import { readBundle, serverLibrariesIn } from './readBundle.js';
import { launch, visit } from './visit.js';
import { watchTexts } from './watchTexts.js';

// Whatever tried to load something while it builds or runs would fail here.
const offline = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
};

const hostile = '</script><script>globalThis.isHostile = true</script><!--<script>';
const userSnapshot = rulesSnapshot({
  userPanel: { percentage: 50, config: { hostile } },
  chart: { percentage: 50 },
});
/** What a user gets of each feature. */
const expectedOf = (user: string) => {
  const versionOf = (feature: string) => (bucketOf(feature, user) < 5_000 ? 'v2' : 'v1');
  return {
    server: `server ${versionOf('userPanel')} SPLIT of ${user}`,
    details: `details ${versionOf('userPanel')} SPLIT ${bucketOf('userPanel', user)}`,
    panel: `panel ${versionOf('userPanel')} of ${user}`,
    chart: `chart ${versionOf('chart')} of ${user}`,
  };
};
const users = Array.from({ length: 24 }, (_, at) => `user-${at}`);
const userWith = (panel: string, chart: string) =>
  users.find((user) => expectedOf(user).panel.includes(panel) && expectedOf(user).chart.includes(chart))!;

let browser: Browser;
let fixture: Fixture;
let service: Server;
let url: string;
beforeAll(async () => {
  // Answers after a while of its own for each request, so that requests overtake each other.
  let asked = 0;
  service = createServer((_, response) => {
    setTimeout(() => response.end(JSON.stringify(userSnapshot)), (++asked * 37) % 50);
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  const env = { ...offline, SWITCHBACK_URL: `http://127.0.0.1:${port}/api` };
  [browser, fixture] = await Promise.all([launch(), installFixture('next')]);
  await fixture.build(['next', 'build'], offline);
  const started = fixture.start(['next', 'start', '--port', '0', '--hostname', '127.0.0.1'], env);
  url = (await started.line(/http:\/\/127\.0\.0\.1:\d+/))[0];
});
afterAll(async () => {
  service?.closeAllConnections();
  service?.close();
  await browser?.close();
  await fixture?.remove();
});

/** The texts by `data-testid`, as HTML without scripts shows them. */
function seenIn(html: string): Record<string, string> {
  const found = html.matchAll(/<p data-testid="(\w+)">(.*?)<\/p>/g);
  return Object.fromEntries([...found].map(([, id, text]) => [id, text!.replace(/<!--.*?-->/g, '')]));
}

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

describe('a page that a server decides for each user', () => {
  test.each([
    ['v2', 'v2'],
    ['v2', 'v1'],
    ['v1', 'v2'],
    ['v1', 'v1'],
  ])('a user of panel %s and chart %s has them in the HTML, whole and at once', async (panel, chart) => {
    const user = userWith(panel, chart);
    for (const asked of [
      fetch(`${url}/user?user=${user}`),
      fetch(`${url}/user`, { headers: { cookie: `user=${user}` } }),
    ]) {
      const html = await (await asked).text();
      expect(seenIn(html)).toMatchObject(expectedOf(user));
      // Nothing waits behind a fallback, and nothing is sent twice.
      expect(html).not.toMatch(/<!--\$[?!]-->|<template/);
      expect(html.split('data-testid="chart"')).toHaveLength(2);
    }
  });

  test('users of the same moment never see each other', async () => {
    const htmls = await Promise.all(
      [...users, ...users].map(async (user) => (await fetch(`${url}/user?user=${user}`)).text()),
    );
    for (const [at, html] of htmls.entries()) {
      const user = users[at % users.length]!;
      expect(seenIn(html)).toMatchObject(expectedOf(user));
      const others = users.filter((other) => other !== user);
      for (const other of others) expect(html).not.toMatch(new RegExp(`${other}\\b`));
    }
  });

  describe('in Chromium', () => {
    test.each([
      ['v2', 'v2'],
      ['v1', 'v2'],
      ['v2', 'v1'],
    ])('a user of panel %s and chart %s sees nothing else from the first paint on', async (panel, chart) => {
      const user = userWith(panel, chart);
      const { page, text, complaints } = await visit(browser, 'about:blank');
      const readTexts = await watchTexts(page);
      await page.goto(`${url}/user?user=${user}`, { waitUntil: 'networkidle' });
      await text('chart', expectedOf(user).chart);
      await page.waitForTimeout(300);

      const seen = await readTexts();
      const { server, details, panel: panelText, chart: chartText } = expectedOf(user);
      expect(seen).toMatchObject({ server: [server], details: [details], panel: [panelText], chart: [chartText] });
      expect(complaints).toEqual([]);
    });

    test('settings that would end a script stay settings', async () => {
      const { page, complaints } = await visit(browser, `${url}/user?user=${userWith('v2', 'v2')}`);
      const { isHostile, read } = await page.evaluate(() => ({
        isHostile: 'isHostile' in globalThis,
        read: JSON.parse(document.getElementById('snapshot')!.textContent) as unknown,
      }));
      expect(isHostile).toBe(false);
      expect(read).toEqual({ ...userSnapshot, now: expect.any(Number) });
      expect(complaints).toEqual([]);
    });
  });

  test('a reference to a client component is told of and does no harm', async () => {
    const html = await (await fetch(`${url}/user?user=${userWith('v1', 'v2')}`)).text();
    expect(seenIn(html).faults).toBe('load-failed');
  });

  test('without the service everybody has v1, soon', async () => {
    service.closeAllConnections();
    service.close();
    const startedMs = performance.now();
    const html = await (await fetch(`${url}/user?user=${userWith('v2', 'v2')}`)).text();
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(seenIn(html)).toMatchObject({ server: expect.stringContaining('server v1 DEFAULT') });
    expect(seenIn(html).panel).toContain('panel v1');
    expect(seenIn(html).chart).toContain('chart v1');
  });
});
