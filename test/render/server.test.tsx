// Rows 34 and 35, on a server: boundaries do nothing there and effects never run.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/index.js';
import { expectConsole } from '../harness/expectedConsole.js';
import { startStopwatch } from '../harness/stopwatch.js';
import type * as serverKit from './serverKit.js';

type Kit = typeof serverKit;

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The kit with one React inside, since packages that require React would find the other one. */
async function bundleKit(major: '18' | '19', nodeEnv: string, outDir: string): Promise<Kit> {
  const name = `kit-${major}-${nodeEnv}`;
  const alias = [
    { find: /^react(?=$|\/)/, replacement: 'react-18' },
    { find: /^react-dom(?=$|\/)/, replacement: 'react-dom-18' },
  ];
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: major === '18' ? alias : [] },
    define: { 'process.env.NODE_ENV': JSON.stringify(nodeEnv) },
    oxc: { jsx: { development: false } },
    ssr: { noExternal: true },
    build: {
      ssr: path('serverKit.tsx'),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  });
  return (await import(/* @vite-ignore */ pathToFileURL(join(outDir, `${name}.mjs`)).href)) as Kit;
}

let folder: string;
beforeAll(async () => {
  await mkdir(path('../../.cache'), { recursive: true });
  folder = await mkdtemp(join(path('../../.cache'), 'server-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// React's markers say what the client does with a part; what people see is the rest, without what is hidden.
const seen = (html: string) =>
  html.replace(
    /<div hidden[\s\S]*$|<script[\s\S]*?<\/script>|<template[^>]*><\/template>|<!--[^>]*-->|<link[^>]*>/g,
    '',
  );
const page = (inner: string) => `<main><b>before</b>${inner}<i>after</i></main>`;

describe.each([
  ['18', 'development'],
  ['18', 'production'],
  ['19', 'development'],
  ['19', 'production'],
] as const)('React %s in %s', (major, nodeEnv) => {
  let kit: Kit;
  beforeAll(async () => {
    kit = await bundleKit(major, nodeEnv, folder);
  });

  // Two servers of React's in one process, which no host has.
  beforeEach(() => expectConsole(/multiple renderers concurrently rendering/));

  test('it is that React', () => {
    expect(kit.reactVersion).toMatch(new RegExp(`^${major}\\.`));
  });

  describe.each(['string', 'pipeable', 'readable'] as const)('to a %s', (way) => {
    const render: Kit['renderers']['string'] = (...given) => kit.renderers[way](...given);

    describe.each(['FeatureGate', 'VersionSwitcher', 'FallbackBoundary'])('%s', (face) => {
      const gate = (...given: Parameters<Kit['eagerFaces'][string]>) => kit.eagerFaces[face]!(...given);

      test('the first paint is right', async () => {
        const { V1, V2 } = kit.versions;
        const { html, errors } = await render(kit.request().page(gate(V1, V2)));
        expect(seen(html)).toBe(page('<p>v2</p>'));
        expect(html).not.toMatch(/<!--\$[?!]-->/);
        expect(errors).toEqual([]);
      });

      test('34: a v2 that throws gives the HTML of v1, no spinner and no error of the shell', async () => {
        const { V1, thrower } = kit.versions;
        const boom = new Error('v2 broke on the server');
        const { sink, faults, page: pageOf } = kit.request();
        const { html, errors, shellErrors } = await render(pageOf(gate(V1, thrower(boom))));
        expect(seen(html)).toBe(page('<p>v1</p>'));
        // The browser tries v2 itself.
        expect(html).toContain('<!--$!-->');
        expect(errors).toEqual(way === 'string' ? [] : [boom]);
        expect(shellErrors).toEqual([]);
        expect(sink.observations).toEqual([]);
        expect(faults).toEqual([]);
      });

      test('35: where v1 throws as well, its own error is the shell’s', async () => {
        const { thrower } = kit.versions;
        const [one, two] = [new Error('v1 broke'), new Error('v2 broke')];
        const { html, shellErrors } = await render(kit.request().page(gate(thrower(one), thrower(two))));
        expect(html).toBe('');
        expect(shellErrors).toEqual([one]);
      });
    });

    test('34: v1’s own error is the shell’s where the feature is off', async () => {
      const { V2, thrower } = kit.versions;
      const boom = new Error('v1 broke');
      const { page: pageOf } = kit.request({ initial: undefined });
      const { shellErrors } = await render(pageOf(kit.eagerFaces.FeatureGate!(thrower(boom), V2)));
      expect(shellErrors).toEqual([boom]);
    });

    describe.each(['FeatureGate', 'FeatureGate, deeper inside', 'VersionSwitcher', 'versioned'])('%s', (face) => {
      const lazy = (...given: Parameters<Kit['lazyFaces'][string]>) => kit.lazyFaces[face]!(...given);

      test('35: code that was preloaded is v2 directly', async () => {
        const { gate, preloadable } = lazy(kit.versions.V1, kit.versions.load());
        expect(await kit.preloadPanel(preloadable)).toEqual([]);
        const { html, errors } = await render(kit.request().page(gate));
        expect(seen(html).replace(/<\/?section>/g, '')).toBe(page('<p>v2</p>'));
        expect(html).not.toMatch(/<!--\$[?!]-->/);
        expect(errors).toEqual([]);
      });

      test('35: code that is not there yet is v1 in what is sent first', async () => {
        const { gate } = lazy(kit.versions.V1, kit.versions.load());
        const { html, errors, shellErrors } = await render(kit.request().page(gate));
        expect(seen(html)).toBe(page('<p>v1</p>'));
        // A stream brings v2 behind it.
        expect(html.includes('<p>v2</p>')).toBe(way !== 'string');
        expect([...errors, ...shellErrors]).toEqual([]);
      });

      test('35: code that cannot be loaded is v1, without further attempts', async () => {
        let imports = 0;
        const load = async () => {
          imports++;
          throw new Error('404');
        };
        const { gate, preloadable } = lazy(kit.versions.V1, load);
        expect(await kit.preloadPanel(preloadable)).toEqual([expect.objectContaining({ code: 'load-failed' })]);
        const tookMs = startStopwatch();
        const { html, shellErrors } = await render(kit.request().page(gate));
        expect(tookMs()).toBeLessThan(5_000);
        expect(seen(html)).toBe(page('<p>v1</p>'));
        expect(html).not.toContain('v2');
        expect(shellErrors).toEqual([]);
        expect(imports).toBe(2);
      });

      test('35: code that never comes is v1 when the server gives up', async () => {
        const { gate } = lazy(kit.versions.V1, () => new Promise(() => {}));
        const { html, shellErrors } = await render(kit.request().page(gate), 30);
        expect(seen(html)).toBe(page('<p>v1</p>'));
        expect(shellErrors).toEqual([]);
      });

      test('35: the code of a feature that is off is not preloaded', async () => {
        let imports = 0;
        const load = async () => {
          imports++;
          return { default: kit.versions.V2 };
        };
        const { gate, preloadable } = lazy(kit.versions.V1, load);
        await kit.preloadPanel(preloadable, null);
        const { html } = await render(kit.request({ initial: undefined }).page(gate));
        expect(seen(html)).toBe(page('<p>v1</p>'));
        expect(imports).toBe(0);
      });
    });

    test('35: requests of the same moment never see each other’s users', async () => {
      const users = Array.from({ length: 20 }, (_, at) => `user-${at}`);
      const rendered = await Promise.all(users.map((user, at) => render(kit.slowPageOf(user, (at * 7) % 23))));
      for (const [at, { html, shellErrors }] of rendered.entries()) {
        const user = users[at]!;
        expect(shellErrors).toEqual([]);
        const bucket = bucketOf('panel', user);
        const version = bucket < 5_000 ? 'v2' : 'v1';
        expect(html).toContain(`<em>panel ${version} ${bucket}</em>`);
        expect(html).toContain(`panel ${version} of ${user}`);
        const listBucket = bucketOf('list', user);
        if (listBucket < 5_000 && way !== 'string') expect(html).toContain(`<em>list v2 ${listBucket}</em>`);
        for (const other of users) if (other !== user) expect(html).not.toMatch(new RegExp(`${other}\\b`));
      }
    });
  });
});
