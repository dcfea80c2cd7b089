// Bundling: the adapter as it runs, its metadata alone, and the size entry.
import { build } from 'esbuild';
import path from 'node:path';
import { gzipSync, brotliCompressSync, constants } from 'node:zlib';

const REACT = ['react', 'react-dom', 'react/jsx-runtime', 'react/jsx-dev-runtime', 'react-dom/*'];
const define = { 'process.env.NODE_ENV': '"production"' };

/** Bare imports that stand for a path given in the environment. */
const aliases = { 'switchback-under-test': 'SWITCHBACK_DIST' };
const alias = {
  name: 'env-alias',
  setup(b) {
    b.onResolve({ filter: /^switchback-under-test$/ }, (a) => {
      const p = process.env[aliases[a.path]];
      return p ? { path: path.resolve(p) } : { errors: [{ text: aliases[a.path] + ' is not set' }] };
    });
  },
};

export async function loadMeta(root, file) {
  const out = path.join(root, '.work', 'meta', path.basename(file));
  await build({
    stdin: { contents: `export { meta } from ${JSON.stringify(file)};`, resolveDir: root },
    bundle: true,
    format: 'esm',
    outfile: out,
    logLevel: 'error',
    plugins: [
      {
        name: 'drop-imports',
        setup(b) {
          b.onResolve({ filter: /^[^./]/ }, (a) =>
            path.isAbsolute(a.path)
              ? { path: a.path, sideEffects: false }
              : { path: a.path, external: true, sideEffects: false },
          );
        },
      },
    ],
  });
  return (await import(out + '?' + Date.now())).meta;
}

export async function buildAdapter(root, file, platform) {
  const out = path.join(root, '.work', platform, path.basename(file));
  await build({
    entryPoints: [file],
    outfile: out,
    bundle: true,
    format: 'esm',
    platform,
    target: 'node20',
    external: REACT,
    define,
    logLevel: 'error',
    plugins: [alias],
    legalComments: 'none',
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
  });
  return out;
}

/** What the hash process compares of the package under test; null without one. */
export async function buildOurs(root) {
  if (!process.env.SWITCHBACK_DIST) return null;
  const out = path.join(root, '.work', 'ours.mjs');
  await build({
    stdin: { contents: `export { bucketOf, createSwitchback } from 'switchback-under-test';`, resolveDir: root },
    outfile: out,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    external: REACT,
    define,
    logLevel: 'error',
    plugins: [alias],
  });
  return out;
}

export async function measureSize(root, source) {
  const r = await build({
    stdin: { contents: source, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: REACT,
    define,
    logLevel: 'error',
    plugins: [alias],
    legalComments: 'none',
  });
  const buf = r.outputFiles[0].contents;
  return {
    min: buf.length,
    gzip: gzipSync(buf, { level: 9 }).length,
    brotli: brotliCompressSync(buf, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
  };
}
