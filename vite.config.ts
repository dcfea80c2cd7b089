import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { chromiumArgs, chromiumPath } from './test/harness/chromium.js';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig(async ({ command }) => ({
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^react-switchback$/, replacement: source('index.ts') },
      { find: /^react-switchback\/(client|service|testing)$/, replacement: `${source('')}$1/index.ts` },
    ],
  },
  build: {
    target: 'es2022',
    sourcemap: true,
    minify: false,
    lib: {
      formats: ['es' as const],
      entry: [source('index.ts'), source('client/index.ts'), source('testing/index.ts')],
    },
    rolldownOptions: {
      external: [/^node:/, /^react($|\/)/, /^react-dom($|\/)/, /^zustand($|\/)/],
      output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
    },
  },
  test: {
    watch: false,
    projects: [
      {
        extends: true as const,
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.browser.test.ts'],
          setupFiles: ['test/harness/quietConsole.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true as const,
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, only: true, include: ['test/types/**/*.test-d.{ts,tsx}'], tsconfig: './tsconfig.json' },
        },
      },
      {
        extends: true as const,
        test: {
          name: 'browser',
          include: ['test/**/*.browser.test.{ts,tsx}'],
          setupFiles: ['test/harness/quietConsole.ts'],
          testTimeout: 20_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: 'chromium' as const }],
            provider: playwright({
              launchOptions: {
                args: chromiumArgs,
                ...(command === 'serve' ? { executablePath: await chromiumPath() } : {}),
              },
            }),
          },
        },
      },
    ],
  },
}));
