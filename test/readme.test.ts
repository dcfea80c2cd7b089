import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```tsx?\n([\s\S]*?)```/g)].map(([, code]) => code!);

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

test('the quick start is at most ten lines, and a typing mistake in it does not compile', async () => {
  const [quickStart = ''] = blocks;
  expect(quickStart.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  expect(await compile(quickStart.replace("versioned('memoryPanel'", "versioned('memoryPanle'"))).toContain(
    'memoryPanle',
  );
});

test('the commands it names are the ones CI runs', async () => {
  const ci = await readFile(join(root, '.ci/run'), 'utf8');
  expect(readme).toContain('npm ci && npm test');
  expect(ci).toContain('npm ci && npm test');
});
