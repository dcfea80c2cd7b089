import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

// The demo uses the package as an app would, by its names; they lead to the sources, so that nothing has to be built first.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Apart from the tests', which may run at the same time.
  cacheDir: fileURLToPath(new URL('../node_modules/.cache/switchback/demo', import.meta.url)),
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^react-switchback$/, replacement: source('index.ts') },
      { find: /^react-switchback\/client$/, replacement: source('client/index.ts') },
      { find: /^react-switchback\/migrate$/, replacement: source('migrate/index.ts') },
    ],
  },
  build: { target: 'es2022', sourcemap: true },
});
