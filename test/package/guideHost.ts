// A page's origin as it is in production: a proxy in front, which passes `/api` on to the service and the rest to the app.
import { createServer, request as send, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandler } from '../../src/service/http/createHandler.js';
import { listen } from '../../src/service/listen.js';
import { createMemoryStore, type MemoryStore } from '../harness/memoryStore.js';

export interface GuideHost {
  /** The origin that browsers see. */
  readonly url: string;
  /** Where the app's server finds the service. */
  readonly serviceUrl: string;
  /** Where the app's server is to listen. */
  readonly appPort: number;
  readonly store: MemoryStore;
  /** How often the app's server asked for the snapshot. */
  readonly asked: () => number;
  /** Ends the service alone. */
  stopService(): Promise<void>;
  close(): Promise<void>;
}

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Starts the service, with the quick start's feature for half of the users, and the proxy. */
export async function startGuideHost(): Promise<GuideHost> {
  const store = createMemoryStore({ memoryPanel: { enabled: true, percentage: 50 } });
  const handler = createHandler({ store, tokens: [] });
  let asked = 0;
  const listener = await listen(
    {
      ...handler,
      async fetch(request, origin) {
        // Node's own fetch names no page: this is the app's server. It waits differently long, so that requests overtake each other.
        if (request.url.endsWith('/api/snapshot') && !request.headers.has('sec-fetch-site'))
          await new Promise((resolve) => setTimeout(resolve, (++asked * 37) % 50));
        return handler.fetch(request, origin);
      },
    },
    { port: 0, host: '127.0.0.1', drainMs: 500 },
  );
  await handler.ready;
  const appPort = await freePort();

  const front = createServer((incoming, outgoing) => {
    if (incoming.url === '/favicon.ico') return outgoing.writeHead(204).end();
    const port = incoming.url!.startsWith('/api/') ? listener.port : appPort;
    const { method, headers, url: path } = incoming;
    const passed = send({ host: '127.0.0.1', port, method, headers, path }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    return incoming.pipe(passed);
  });
  const url = `http://127.0.0.1:${await listening(front)}`;

  let stopping: Promise<void> | undefined;
  const stopService = (): Promise<void> => {
    handler.close();
    return (stopping ??= listener.close());
  };
  return {
    url,
    serviceUrl: `${listener.url}/api`,
    appPort,
    store,
    asked: () => asked,
    stopService,
    close: async () => void (await Promise.all([stopService(), closed(front)])),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await closed(server);
  return port;
}
