import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildApp, type BuiltFile } from './buildApp.js';

const sentinel = 'switchback-devtools';
const withPanel = (files: readonly BuiltFile[]) => files.filter(({ text }) => text.includes(sentinel));

test('a production build has nothing of the devtools', async () => {
  const files = await buildApp('production');
  expect(files.some(({ text }) => text.includes('version 2'))).toBe(true);
  expect(withPanel(files)).toEqual([]);
  expect(files.some(({ text }) => text.includes('Break v2 on purpose'))).toBe(false);
});

test('a production build that asks for them has them in a chunk of its own, of at most 25 kB', async () => {
  const files = await buildApp('production', 'devtools/production');
  const [panel, ...others] = withPanel(files);
  expect(others).toEqual([]);
  expect(panel?.name).not.toMatch(/main/);
  const entry = files.find(({ name }) => /main/.test(name));
  expect(entry?.text).toContain('version 2');
  const gzip = gzipSync(panel?.text ?? '', { level: 9 }).length;
  expect(gzip).toBeGreaterThan(2_000);
  expect(gzip).toBeLessThanOrEqual(25_000);
});

test('a development build has them', async () => {
  expect(withPanel(await buildApp('development'))).toHaveLength(1);
});
