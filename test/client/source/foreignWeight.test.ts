import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';

const source = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../../src/${path}`, import.meta.url)));

/** The files of ours that end up in a host's bundle. */
async function bundled(code: string): Promise<readonly string[]> {
  const entry = '\0entry';
  const built = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? entry : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: {
      write: false,
      rolldownOptions: { input: 'entry', preserveEntrySignatures: 'strict', external: [/^react/] },
    },
  });
  const { output } = built as Rolldown.RolldownOutput;
  const chunks = output.filter((one) => one.type === 'chunk');
  return chunks.flatMap(({ modules }) =>
    Object.entries(modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : [])),
  );
}

const foreign = /\/(ofrep|unleash|foreign|refetch)\w+\.ts$/;

test('sources of other engines are in the bundles of those alone who import them', { timeout: 60_000 }, async () => {
  const main = await bundled(`export * from ${source('index.ts')};`);
  expect(main.some((id) => id.endsWith('/httpSource.ts'))).toBe(true);
  expect(main.filter((id) => foreign.test(id))).toEqual([]);
  const client = `export { createSwitchback, staticSource } from ${source('client/index.ts')};`;
  expect((await bundled(client)).filter((id) => foreign.test(id))).toEqual([]);
  const unleash = await bundled(`export { unleashSource } from ${source('client/index.ts')};`);
  expect(unleash.some((id) => foreign.test(id))).toBe(true);
  expect(unleash.filter((id) => /\/(ofrep|refetch)/.test(id))).toEqual([]);
});
