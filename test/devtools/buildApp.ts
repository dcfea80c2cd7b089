import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const source = (path: string) => `${root}src/${path}`;

const react18 = [
  { find: /^react(?=$|\/)/, replacement: 'react-18' },
  { find: /^react-dom(?=$|\/)/, replacement: 'react-dom-18' },
];

export interface BuiltFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Builds the app as a host does.
 * @param mode what `process.env.NODE_ENV` says in it
 * @param devtools the subpath it takes the devtools from
 * @param react which major of React it has
 */
export async function buildApp(
  mode: 'development' | 'production',
  devtools: 'devtools' | 'devtools/production' = 'devtools',
  react: 18 | 19 = 19,
): Promise<readonly BuiltFile[]> {
  const nodeEnv = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = mode;
  try {
    const built = await build({
      configFile: false,
      root,
      mode,
      logLevel: 'error',
      define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
      resolve: {
        alias: [
          { find: 'virtual:devtools', replacement: source(`${devtools}/index.ts`) },
          { find: /^react-switchback$/, replacement: source('index.ts') },
          ...(react === 18 ? react18 : []),
        ],
      },
      build: {
        write: false,
        target: 'es2022',
        modulePreload: { polyfill: false },
        rolldownOptions: { input: fileURLToPath(new URL('app/main.tsx', import.meta.url)) },
      },
    });
    return [built].flat().flatMap((one) =>
      'output' in one
        ? one.output.map((file) => ({
            name: file.fileName,
            text: file.type === 'chunk' ? file.code : String(file.source),
          }))
        : [],
    );
  } finally {
    process.env['NODE_ENV'] = nodeEnv;
  }
}

// Nothing but scripts of its own: no styles, no inline script, no markup from text.
const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

// What a host's styles may do at worst.
const hostile =
  '#root, switchback-devtools { display: none !important } * { color: red !important; font-size: 40px !important } switchback-devtools { opacity: 0 !important }';

/** Serves a built app under a strict policy; `/hostile` allows styles, and has bad ones. */
export async function serveApp(files: readonly BuiltFile[]): Promise<{ url: string; close(): Promise<void> }> {
  const entry = files.find(({ name }) => /main/.test(name));
  const page = (styles: string) =>
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>app</title><meta name="viewport" content="width=device-width">${styles}</head><body><div id="root"></div><script type="module" src="/${entry?.name}"></script></body></html>`;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = files.find(({ name }) => `/${name}` === pathname);
    if (file) return void response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(file.text);
    const isHostile = pathname === '/hostile';
    response
      .writeHead(200, {
        'Content-Type': 'text/html',
        'Content-Security-Policy': isHostile
          ? policy.replace("default-src 'none'", "default-src 'none'; style-src 'unsafe-inline'")
          : policy,
      })
      .end(page(isHostile ? `<style>${hostile}</style>` : '<link rel="icon" href="data:,">'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
