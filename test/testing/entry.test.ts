import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, test } from 'vitest';

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

async function modulesOf(entry: string): Promise<readonly string[]> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry, formats: ['es'] },
      rolldownOptions: { external: [/^react($|\/)/, /^react-dom($|\/)/, /^msw($|\/)/, /^@?storybook($|\/)/] },
    },
  });
  return [built]
    .flat()
    .flatMap((one) =>
      'output' in one ? one.output.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : [])) : [],
    );
}

const tools = /\/src\/(testing|devtools|storybook|settings|render\/breaking)\//;

test.each(['index.ts', 'client/index.ts'])(
  'testing, devtools, storybook, settings and what breaks v2 on purpose add 0 bytes to %s and its later chunks',
  async (entry) => {
    const modules = await modulesOf(source(entry));
    expect(modules.length).toBeGreaterThan(40);
    expect(modules.filter((path) => tools.test(path))).toEqual([]);
  },
);

test.each([
  ['testing/index.ts', /\/src\/render\/breaking\/breakGates\.ts$/],
  ['devtools/production/index.ts', /\/src\/render\/breaking\/createStandIn\.tsx$/],
  ['storybook/annotations.ts', /\/src\/render\/breaking\/breakGates\.ts$/],
])('%s has them, and so would be seen', async (entry, module) => {
  const modules = await modulesOf(source(entry));
  expect(modules.filter((path) => tools.test(path)).length).toBeGreaterThan(5);
  expect(modules.some((path) => module.test(path))).toBe(true);
});

test.each(['msw', 'playwright', 'vitest', 'jest'])('/testing/%s brings no React along', async (name) => {
  const modules = await modulesOf(source(`testing/${name}/index.ts`));
  expect(modules.length).toBeGreaterThan(1);
  expect(modules.filter((path) => path.includes('/src/render/'))).toEqual([]);
});
