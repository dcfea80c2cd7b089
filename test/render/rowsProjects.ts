// The four builds of React under which the behaviour table holds, each a project of its own in vite.config.ts.
import type { playwright } from '@vitest/browser-playwright';
import { mutationPlugin } from '../mutations/mutationPlugin.js';

const react18 = [
  { find: /^react(?=$|\/)/, replacement: 'react-18' },
  { find: /^react-dom(?=$|\/)/, replacement: 'react-dom-18' },
];
// As the optimizer has to know them: after the aliases.
const react18Modules = [
  'react-18',
  'react-18/jsx-runtime',
  'react-18/jsx-dev-runtime',
  'react-dom-18',
  'react-dom-18/client',
  'react-dom-18/server',
];
const production = { 'process.env.NODE_ENV': '"production"' };

function rowsProject(major: 18 | 19, build: 'dev' | 'production', provider: ReturnType<typeof playwright>) {
  const isProduction = build === 'production';
  return {
    extends: true as const,
    // Set here and not in the environment, which all projects share.
    define: isProduction ? production : {},
    oxc: { jsx: { development: !isProduction } },
    plugins: [mutationPlugin()],
    resolve: { alias: major === 18 ? react18 : [] },
    optimizeDeps: {
      include: major === 18 ? react18Modules : [],
      rolldownOptions: { transform: { define: isProduction ? production : {} } },
    },
    test: {
      name: `rows-${major}-${build}`,
      include: ['test/render/rows/*.browser.test.tsx'],
      setupFiles: ['test/harness/quietConsole.ts', 'test/harness/patience.ts'],
      testTimeout: 60_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        instances: [{ browser: 'chromium' as const }],
        provider,
      },
    },
  };
}

/** @param createProvider each project has a browser of its own */
export const rowsProjects = (createProvider: () => ReturnType<typeof playwright>) => [
  rowsProject(19, 'dev', createProvider()),
  rowsProject(19, 'production', createProvider()),
  rowsProject(18, 'dev', createProvider()),
  rowsProject(18, 'production', createProvider()),
];
