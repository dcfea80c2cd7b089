import { join } from 'node:path';
import { createServer, preview } from 'vite';
import { root } from './build.mjs';
import { demoProxy } from './proxy.mjs';

const configFile = join(root, 'demo/vite.config.ts');

/**
 * Serves the app beside the service's routes.
 * @param outDir the built app; with `isDev` its sources instead, with hot reload
 */
export async function serveApp({ port, service, outDir, isDev }) {
  const plugins = [demoProxy(service)];
  const listen = { port, strictPort: true, host: '127.0.0.1' };
  if (isDev) {
    const server = await createServer({ configFile, plugins, logLevel: 'warn', server: listen });
    await server.listen();
    return { url: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
  }
  const server = await preview({ configFile, plugins, logLevel: 'warn', build: { outDir }, preview: listen });
  return { url: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

function closeServer(server) {
  const closed = server.close();
  // Live streams would keep it open.
  server.httpServer?.closeAllConnections?.();
  return closed;
}
