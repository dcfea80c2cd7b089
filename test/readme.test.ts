import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { guideFiles } from './package/guideFiles.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');
const blocksIn = (text: string) => [...text.matchAll(/```tsx?\n([\s\S]*?)```/g)].map(([, code]) => code!);
const blocks = blocksIn(readme);
const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md'));
// These need packages that only their fixtures install; test/package compiles them there, and runs them.
const compiledInFixtures = ['react-router.md', 'tanstack-start.md'];
const docBlocks = await Promise.all(
  docs.map(async (name) =>
    blocksIn(await readFile(join(root, 'docs', name), 'utf8')).map((code, at) => [at + 1, name, code] as const),
  ),
);
// A block whose first line is a path is a file of an app: those of one document are compiled as one program.
const pathOf = (code: string) => /^\/\/ (\S+\.tsx?)\n/.exec(code)?.[1];
const aloneBlocks = docBlocks.flat().filter(([, , code]) => pathOf(code) === undefined);
const apps = docBlocks
  .map((all) => all.filter(([, , code]) => pathOf(code) !== undefined))
  .filter((named) => named.length > 0 && !compiledInFixtures.includes(named[0]![1]))
  .map((named) => [named[0]![1], new Map(named.map(([, , code]) => [pathOf(code)!, code]))] as const);

const panel = (name: string) =>
  `export const ${name} = (props: { session: string }) => props.session;\nexport default ${name};\n`;
/** What documents import and do not show. */
const standIns = {
  'features.ts': `import { defineFeatures } from 'react-switchback/rsc';\nexport const features = defineFeatures({ memoryPanel: {}, header: {} });\n`,
  'Header.tsx': `export const Header = () => 'v1';\n`,
  'HeaderV2.tsx': `export const HeaderV2 = () => 'v2';\n`,
  'MemoryPanel.tsx': panel('MemoryPanel'),
  'MemoryPanelV2.tsx': panel('MemoryPanelV2'),
};
/** As much of Next.js' types as documents need. */
const nextTypes = `declare module 'next/headers' {
  export function cookies(): Promise<{ get(name: string): { name: string; value: string } | undefined }>;
}
interface RequestInit { next?: { revalidate?: number | false } }
`;

/** Type-checks files as a program of their own, with what they may import beside each of them. */
async function compile(files: Iterable<readonly [path: string, code: string]>): Promise<string> {
  const cache = join(root, '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'readme-'));
  try {
    return await compileIn(folder, files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compileIn(folder: string, files: Iterable<readonly [path: string, code: string]>): Promise<string> {
  const given = [...files];
  const all = new Map(given);
  for (const [path] of given)
    for (const [name, code] of Object.entries(standIns)) {
      const beside = join(dirname(path), name);
      if (!all.has(beside)) all.set(beside, code);
    }
  for (const [path, code] of all) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), code);
  }
  await writeFile(join(folder, 'next.d.ts'), nextTypes);
  const compilerOptions = { module: 'esnext', moduleResolution: 'bundler', moduleDetection: 'force', rootDir: root };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['.'], exclude: [] }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', folder, '--pretty', 'false']).then(
    () => '',
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr || String(error),
  );
}

// What a block declares for all modules holds for its whole program, so it has a program of its own.
const isForAll = (code: string): boolean => /^\s*declare (module|global)/m.test(code);

/** By block. */
const complaints = new Map<string, string>();
beforeAll(async () => {
  const codes = [...new Set([...blocks, ...aloneBlocks.map(([, , code]) => code)])];
  for (const program of [codes.filter((code) => !isForAll(code)), ...codes.filter(isForAll).map((code) => [code])]) {
    // oxlint-disable-next-line no-await-in-loop -- each takes what cores there are
    const said = await compile(program.map((code, at) => [`block-${at}/block.tsx`, code]));
    // A complaint begins at the margin; what follows indented belongs to it. One about no block is about all.
    const all = said.split(/\n(?=\S)/);
    for (const [at, code] of program.entries()) {
      const isItsOwn = (text: string) => text.includes(`/block-${at}/`) || !/\/block-\d+\//.test(text);
      complaints.set(code, all.filter(isItsOwn).join('\n'));
    }
  }
});

test('the README shows code', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(2);
});

test.each(blocks.map((code, at) => [at + 1, code] as const))('block %i of the README compiles', (_at, code) => {
  expect(complaints.get(code)).toBe('');
});

test.each(aloneBlocks)('block %i of docs/%s compiles', (_at, _name, code) => {
  expect(complaints.get(code)).toBe('');
});

test.each(apps)('the files that docs/%s shows compile together', async (_name, files) => {
  expect(await compile(files)).toBe('');
});

test.each(compiledInFixtures)('every block of docs/%s is a file, which its fixture compiles', async (name) => {
  const own = docBlocks.flat().filter(([, document]) => document === name);
  expect(own.length).toBeGreaterThan(0);
  expect(own.filter(([, , code]) => pathOf(code) === undefined)).toEqual([]);
  expect(own.map(([, , code]) => code)).toEqual([...(await guideFiles(name)).values()]);
  const tests = (await readdir(join(root, 'test/package'))).filter((file) => file.endsWith('.test.ts'));
  const texts = await Promise.all(tests.map((file) => readFile(join(root, 'test/package', file), 'utf8')));
  expect(texts.filter((text) => text.includes(`document: '${name}'`))).toHaveLength(1);
});

test('the quick start is at most ten lines, and a typing mistake in it does not compile', async () => {
  const [quickStart = ''] = blocks;
  expect(quickStart.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  const wrong = quickStart.replace("versioned('memoryPanel'", "versioned('memoryPanle'");
  expect(await compile([['block.tsx', wrong]])).toContain('memoryPanle');
});

test('documents link only to files that are there, and show every picture', async () => {
  const shown = new Set<string>();
  for (const name of ['README.md', 'CONTRIBUTING.md', ...docs.map((doc) => `docs/${doc}`)]) {
    const text = await readFile(join(root, name), 'utf8');
    for (const [, link, picture = link!] of text.matchAll(
      /\]\((?!https?:|#)([^)#]+)|\bsrc(?:set)?="(?!https?:)([^"]+)"/g,
    )) {
      const target = join(root, name, '..', picture);
      await expect(stat(target), `${name} links to ${picture}`).resolves.toBeDefined();
      shown.add(target);
    }
  }
  const pictures = await readdir(join(root, 'docs/images'));
  // A clone is to stay small.
  for (const picture of pictures)
    expect((await stat(join(root, 'docs/images', picture))).size, picture).toBeLessThan(80_000);
  expect(pictures.filter((picture) => !shown.has(join(root, 'docs/images', picture)))).toEqual([]);
});

test('the commands it names are the ones CI runs', async () => {
  const ci = await readFile(join(root, '.ci/run'), 'utf8');
  expect(readme).toContain('npm ci && npm test');
  expect(ci).toContain('npm ci && npm test');
});
