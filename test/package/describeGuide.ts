// What a guide for a framework with a server promises, shown on an app that is made of the guide's own files.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bucketOf } from '../../src/index.js';
import { startGuideHost, type GuideHost } from './guideHost.js';
import { guideFiles, writeGuide } from './guideFiles.js';
import { installFixture, type Fixture } from './installFixture.js';
import { readBundle, serverLibrariesIn } from './readBundle.js';
import { runProgram } from './runProgram.js';
import { launch, visit, type Visit } from './visit.js';
import { watchTexts } from './watchTexts.js';

export interface Guide {
  /** Its name under `docs/`. */
  readonly document: string;
  readonly fixture: string;
  /** Where the guide has the app's sources. */
  readonly appFolder: string;
  /** Commands that build the app, in their order. */
  readonly build: readonly (readonly string[])[];
  /** Where the scripts for browsers are then. */
  readonly bundle: string;
  /** The command that serves it on the port of the variable `PORT`. */
  readonly start: readonly string[];
}

// Whatever tried to load something while it builds or runs would fail here.
const offline = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
};

const versionOf = (user: string): string => (bucketOf('memoryPanel', user) < 5_000 ? 'v2' : 'v1');
const textOf = (user: string): string => `memory ${versionOf(user)} of s1`;
const users = Array.from({ length: 24 }, (_, at) => `user-${at}`);
const userOf = (version: string): string => users.find((user) => versionOf(user) === version)!;
const staff = Array.from({ length: 24 }, (_, at) => `staff-${at}`).find((user) => versionOf(user) === 'v1')!;
// Frameworks let robots wait for all of the HTML, and take Node and a headless browser for such.
const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36';
const forced = 'switchback=memoryPanel%3Av2';

/** The panels that HTML shows without its scripts. */
const panelsIn = (html: string): string[] =>
  [...html.matchAll(/<p data-testid="memory">(.*?)<\/p>/g)].map(([, text]) => text!.replace(/<!--.*?-->/g, ''));

export function describeGuide(guide: Guide): void {
  let browser: Browser;
  let fixture: Fixture;
  let host: GuideHost;

  beforeAll(async () => {
    [browser, fixture, host] = await Promise.all([launch(), installFixture(guide.fixture), startGuideHost()]);
    await writeGuide(fixture, guide.document, guide.appFolder);
    for (const args of guide.build) await fixture.build(args, offline);
    const env = { HOST: '127.0.0.1', PORT: String(host.appPort), SWITCHBACK_URL: host.serviceUrl };
    fixture.start(guide.start, { ...offline, ...env });
    // As a user of v1: the first one of v2 meets a server that has not loaded its code yet.
    const isUp = async () => expect(panelsIn(await ask(`user=${userOf('v1')}`))).toHaveLength(1);
    await vi.waitFor(isUp, { timeout: 60_000, interval: 100 });
  });
  afterAll(async () => {
    await browser?.close();
    await fixture?.remove();
    await host?.close();
  });

  const ask = async (cookie: string, path = '/'): Promise<string> =>
    (await fetch(host.url + path, { headers: { cookie, 'user-agent': userAgent } })).text();

  /** Asks anew where the server had no snapshot in time, which the HTML shows: the machine may have other things to do. */
  async function htmlFor(cookie: string, path?: string): Promise<string> {
    for (let tries = 0; ; tries += 1) {
      const html = await ask(cookie, path);
      if (html.includes('publishedAt') || tries === 5) return html;
    }
  }

  /** Opens a page in a fresh profile that has these cookies, if any, and watches it from its first paint on. */
  async function open(cookies: string, path = '/', lost?: RegExp) {
    const visited = await visit(browser, 'about:blank', lost);
    const pairs = cookies === '' ? [] : cookies.split('; ').map((cookie) => cookie.split('='));
    await visited.page
      .context()
      .addCookies(pairs.map(([name, value]) => ({ name: name!, value: value!, url: host.url })));
    await visited.page.setExtraHTTPHeaders({ 'user-agent': userAgent });
    const seen = await watchTexts(visited.page);
    await visited.page.goto(host.url + path);
    return { ...visited, seen };
  }

  /** The page has its stream: it hydrated, and heard of what is published now. */
  const isLive = ({ page }: Visit): Promise<unknown> =>
    page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('/api/')));

  /** Presses until it counts: a button of HTML that is not hydrated yet does nothing. */
  async function breakVersion({ page }: Visit, version: string): Promise<void> {
    const button = page.getByRole('button', { name: `Break ${version}` });
    const press = async (): Promise<void> => {
      if ((await button.count()) > 0) await button.click({ timeout: 1_000 });
      expect(await button.count()).toBe(0);
    };
    await vi.waitFor(press, { timeout: 30_000, interval: 100 });
  }

  test('every block of the guide is a file of the app, and all of them compile', async () => {
    const files = await guideFiles(guide.document);
    expect(files.size).toBeGreaterThanOrEqual(7);
    const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
    const { stdout } = await runProgram(process.execPath, [tsc, '-p', '.'], fixture.folder);
    expect(stdout).toBe('');
  });

  test('a user of v1 and one of v2 have it in the HTML, whole and at once', async () => {
    for (const user of [userOf('v1'), userOf('v2')]) {
      const html = await htmlFor(`user=${user}`);
      expect(panelsIn(html)).toEqual([textOf(user)]);
      // It is in the shell: frameworks stream data of their own behind it.
      expect(html.slice(0, html.indexOf('data-testid="memory"'))).not.toMatch(/<!--\$[?!]-->|<template/);
    }
  });

  test('users of the same moment never see each other', async () => {
    const asked = [...users, ...users];
    const htmls = await Promise.all(asked.map((user) => htmlFor(`user=${user}`)));
    for (const [at, html] of htmls.entries()) {
      const user = asked[at]!;
      expect(panelsIn(html)).toEqual([textOf(user)]);
      expect(html).toMatch(new RegExp(`\\b${user}\\b`));
      const others = users.filter((other) => other !== user);
      for (const other of others) expect(html).not.toMatch(new RegExp(`\\b${other}\\b`));
    }
  });

  test.each(['v1', 'v2'])('a user of %s sees nothing else from the first paint on', async (version) => {
    const visited = await open(`user=${userOf(version)}`);
    await isLive(visited);
    await visited.page.waitForTimeout(500);
    expect(await visited.seen()).toEqual({ memory: [`memory ${version} of s1`] });
    expect(visited.complaints).toEqual([]);
    // Alive: what the server sent is hydrated.
    await breakVersion(visited, version);
    await visited.page.getByText(version === 'v1' ? 'the panel v1 broke' : 'memory v1 of s1').waitFor();
  });

  test('somebody without a user sees one version from the first paint on, and the same one at the next visit', async () => {
    for (let visitors = 0; visitors < 3; visitors += 1) {
      const visited = await open('');
      await isLive(visited);
      await visited.page.waitForTimeout(500);
      const first = await visited.seen();
      expect([['memory v1 of s1'], ['memory v2 of s1']]).toContainEqual(first?.['memory']);
      await visited.page.reload();
      await isLive(visited);
      await visited.page.waitForTimeout(500);
      expect(await visited.seen()).toEqual(first);
      expect(visited.complaints).toEqual([]);
    }
  });

  test('a version that staff forced is in the HTML and stays; from others the cookie counts for nothing', async () => {
    expect(panelsIn(await htmlFor(`user=${staff}`))).toEqual(['memory v1 of s1']);
    expect(panelsIn(await htmlFor(`user=${staff}; ${forced}`))).toEqual(['memory v2 of s1']);
    expect(panelsIn(await htmlFor(`user=${userOf('v1')}; ${forced}`))).toEqual(['memory v1 of s1']);

    for (const [user, version] of [
      [staff, 'v2'],
      [userOf('v1'), 'v1'],
    ]) {
      const visited = await open(`user=${user}; ${forced}`);
      await isLive(visited);
      await visited.page.waitForTimeout(500);
      expect(await visited.seen()).toEqual({ memory: [`memory ${version} of s1`] });
      expect(visited.complaints).toEqual([]);
    }
  });

  test('a link that forces a version is kept for the server to see', async () => {
    const { page, text } = await open(`user=${staff}`, '/?switchback=memoryPanel:v2,keep');
    await text('memory', 'memory v2 of s1');
    const kept = async () => (await page.context().cookies()).find(({ name }) => name === 'switchback')?.value;
    await expect.poll(kept).toMatch(/^memoryPanel%3Av2/);
    expect(panelsIn(await htmlFor(`user=${staff}; switchback=${await kept()}`))).toEqual(['memory v2 of s1']);
  });

  test('v2 that breaks in use becomes v1; v1 that breaks is caught by the route', async () => {
    const visited = await open(`user=${userOf('v2')}`);
    const { page, text, complaints } = visited;
    await text('memory', 'memory v2 of s1');
    await breakVersion(visited, 'v2');
    await text('memory', 'memory v1 of s1');
    expect(await page.getByTestId('memory').count()).toBe(1);
    await breakVersion(visited, 'v1');
    await page.getByText('the panel v1 broke').waitFor();
    expect(complaints.filter((complaint) => !/the panel v[12] broke/.test(complaint))).toEqual([]);
  });

  test('v2 whose code never arrives becomes v1', async () => {
    const { page, text, complaints } = await open(`user=${userOf('v2')}`, '/', /MemoryPanelV2-/);
    await text('memory', 'memory v1 of s1');
    expect(await page.getByTestId('memory').count()).toBe(1);
    // The browser's own words about the lost request, and React's about HTML that could not be hydrated (#422).
    const expected = /net::ERR_FAILED|Failed to fetch dynamically imported module|React error #422/;
    expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
  });

  test('a loader decides as the gates do, on the server and when the browser goes there', async () => {
    for (const [version, path] of [
      ['v1', 'From /memories'],
      ['v2', 'From /memories/v2'],
    ] as const) {
      const html = await htmlFor(`user=${userOf(version)}`, '/memories');
      expect(html.replace(/<!--.*?-->/g, '')).toContain(`<p>${path}</p>`);
      const { page, complaints } = await open(`user=${userOf(version)}`, '/login');
      await page.getByRole('link', { name: 'Memories' }).click();
      await page.getByText(path, { exact: true }).waitFor();
      expect(complaints).toEqual([]);
    }
  });

  test('asks the server for no features at a navigation, and anew when somebody logs in', async () => {
    const { page, text, complaints } = await open(`user=${userOf('v1')}`, '/login');
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    const asked = host.asked();
    await page.getByRole('link', { name: 'Home' }).click();
    await text('memory', 'memory v1 of s1');
    expect(host.asked()).toBe(asked);

    await page.goBack();
    await page.getByLabel('User').fill(userOf('v2'));
    await page.getByRole('button', { name: 'Log in' }).click();
    await text('memory', 'memory v2 of s1');
    expect(host.asked()).toBeGreaterThan(asked);
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('sends no server library and nothing of the server to browsers', async () => {
    const bundle = await readBundle(join(fixture.folder, guide.bundle));
    expect(bundle).toContain('memory v2 of');
    expect(serverLibrariesIn(bundle)).toEqual([]);
    // What only `fetchSnapshot` and the guide's own server part say.
    expect(bundle).not.toMatch(/no snapshot from|SWITCHBACK_URL/);
  });

  describe('the service', () => {
    test('rolls back, and the open page follows', async () => {
      const visited = await open(`user=${userOf('v2')}`);
      await visited.text('memory', 'memory v2 of s1');
      await isLive(visited);
      await host.store.changeOutside('memoryPanel', { enabled: false });
      await visited.text('memory', 'memory v1 of s1');
      expect(await visited.seen()).toEqual({ memory: ['memory v2 of s1', 'memory v1 of s1'] });
      expect(visited.complaints).toEqual([]);
      await host.store.changeOutside('memoryPanel', { enabled: true });
      await expect.poll(async () => panelsIn(await htmlFor(`user=${userOf('v2')}`))).toEqual(['memory v2 of s1']);
    });

    test('is gone, and everybody has v1, soon', async () => {
      await host.stopService();
      const startedMs = performance.now();
      expect(panelsIn(await ask(`user=${userOf('v2')}`))).toEqual(['memory v1 of s1']);
      expect(performance.now() - startedMs).toBeLessThan(5_000);
    });
  });
}
