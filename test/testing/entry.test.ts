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
      rolldownOptions: { external: [/^react($|\/)/, /^react-dom($|\/)/, /^msw($|\/)/] },
    },
  });
  return [built]
    .flat()
    .flatMap((one) =>
      'output' in one ? one.output.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : [])) : [],
    );
}

test('nothing of the testing kit is in the main entry or in that without React', async () => {
  for (const entry of ['index.ts', 'client/index.ts']) {
    const modules = await modulesOf(source(entry));
    expect(modules.length).toBeGreaterThan(40);
    expect(modules.filter((path) => path.includes('/src/testing/'))).toEqual([]);
  }
});

test.each(['msw', 'playwright', 'vitest', 'jest'])('/testing/%s brings no React along', async (name) => {
  const modules = await modulesOf(source(`testing/${name}/index.ts`));
  expect(modules.length).toBeGreaterThan(1);
  expect(modules.filter((path) => path.includes('/src/render/'))).toEqual([]);
});
