import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');
const blocksIn = (text: string) => [...text.matchAll(/```tsx?\n([\s\S]*?)```/g)].map(([, code]) => code!);
const blocks = blocksIn(readme);
const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md'));
const docBlocks = await Promise.all(
  docs.map(async (name) =>
    blocksIn(await readFile(join(root, 'docs', name), 'utf8')).map((code, at) => [at + 1, name, code] as const),
  ),
);

/** Type-checks one block as a program of its own, beside the two components it may import. */
async function compile(code: string): Promise<string> {
  const cache = join(root, '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'readme-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const panel = (name: string) =>
    `export const ${name} = (props: { session: string }) => props.session;\nexport default ${name};\n`;
  await writeFile(join(folder, 'MemoryPanel.tsx'), panel('MemoryPanel'));
  await writeFile(join(folder, 'MemoryPanelV2.tsx'), panel('MemoryPanelV2'));
  await writeFile(join(folder, 'block.tsx'), code);
  const compilerOptions = { module: 'esnext', moduleResolution: 'bundler', rootDir: root };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['.'], exclude: [] }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
}

test('the README shows code', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(2);
});

test.each(blocks.map((code, at) => [at + 1, code] as const))('block %i of the README compiles', async (_at, code) => {
  expect(await compile(code)).toBe('');
});

test.each(docBlocks.flat())('block %i of docs/%s compiles', async (_at, _name, code) => {
  expect(await compile(code)).toBe('');
});

test('the quick start is at most ten lines, and a typing mistake in it does not compile', async () => {
  const [quickStart = ''] = blocks;
  expect(quickStart.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  expect(await compile(quickStart.replace("versioned('memoryPanel'", "versioned('memoryPanle'"))).toContain(
    'memoryPanle',
  );
});

test('documents link only to files that are there', async () => {
  for (const name of ['README.md', 'CONTRIBUTING.md', ...docs.map((doc) => `docs/${doc}`)]) {
    const text = await readFile(join(root, name), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      await expect(stat(join(root, name, '..', target)), `${name} links to ${target}`).resolves.toBeDefined();
  }
});

test('the commands it names are the ones CI runs', async () => {
  const ci = await readFile(join(root, '.ci/run'), 'utf8');
  expect(readme).toContain('npm ci && npm test');
  expect(ci).toContain('npm ci && npm test');
});
