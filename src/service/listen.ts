import { createAdaptorServer } from '@hono/node-server';
import type { Handler } from './http/createHandler.js';

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** Connections still open after this are cut at close. Default 3,000. */
  readonly drainMs?: number;
}

/** The port cannot be had; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface Listener {
  readonly url: string;
  readonly port: number;
  /** Takes no new connections, lets requests under way finish, cuts what is left after `drainMs`. */
  close(): Promise<void>;
}

/**
 * Serves a handler over HTTP on Node.
 * @throws ListenError when the port is taken or not allowed
 */
export async function listen(handler: Handler, { port, host, drainMs = 3_000 }: ListenOptions): Promise<Listener> {
  const server = createAdaptorServer({
    // A library must not replace the host's Request and Response.
    overrideGlobalObjects: false,
    fetch: (request, { incoming, outgoing }) => {
      const address = incoming.socket.remoteAddress;
      const disconnect = (): void => void outgoing.destroy();
      return handler.fetch(request, address === undefined ? { disconnect } : { address, disconnect });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const shownHost = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        // Connections that become idle meanwhile would be kept alive for seconds.
        const sweep = setInterval(() => 'closeIdleConnections' in server && server.closeIdleConnections(), 20);
        const cut = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), drainMs);
        server.close(() => {
          clearInterval(sweep);
          clearTimeout(cut);
          resolve();
        });
      }),
  };
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
  const why =
    error.code === 'EADDRINUSE'
      ? 'something listens there already: choose another port'
      : error.code === 'EACCES'
        ? 'not allowed: choose a port above 1023'
        : error.message;
  return new ListenError(`cannot listen on ${host}:${port}: ${why}`, { cause: error });
}
