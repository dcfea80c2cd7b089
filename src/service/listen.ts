import { createAdaptorServer } from '@hono/node-server';
import { createServer, type ServerOptions } from 'node:http';
import { answerUnreadable } from './answerUnreadable.js';
import { limitPipelining } from './limitPipelining.js';
import type { Handler } from './http/createHandler.js';

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** Connections still open after this are cut at close. Default 3,000. */
  readonly drainMs?: number;
  /** Connections at the same time; more are closed at once. Default: no bound. */
  readonly maxConnections?: number;
  /** How long a caller may take to send its headers. Default 10,000. */
  readonly headersTimeoutMs?: number;
  /** How long it may take to send the whole request. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** A connection over which nothing moves for so long is closed: answers that nobody reads. Default 120,000; more than a heartbeat. */
  readonly idleTimeoutMs?: number;
}

/** Connections that wait to be taken: of a herd that comes back, those beyond it are tried again by TCP only seconds later. */
const backlog = 4_096;

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
export async function listen(handler: Handler, options: ListenOptions): Promise<Listener> {
  const { port, host, drainMs = 3_000, headersTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = options;
  const { idleTimeoutMs = 120_000 } = options;
  const serverOptions: ServerOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(2_000, headersTimeoutMs / 2),
    // Longer than the idle time of common proxies, so that it is they who close.
    keepAliveTimeout: 65_000,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    noDelay: true,
  };
  const countRequest = limitPipelining();
  const server = createAdaptorServer({
    createServer,
    serverOptions,
    // A library must not replace the host's Request and Response.
    overrideGlobalObjects: false,
    fetch: (request, { incoming, outgoing }) => {
      if (!countRequest(incoming.socket, outgoing)) return new Response(null, { status: 429 });
      const address = incoming.socket.remoteAddress;
      const disconnect = (): void => void outgoing.destroy();
      return handler.fetch(request, address === undefined ? { disconnect } : { address, disconnect });
    },
  });
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  if ('timeout' in server) server.timeout = idleTimeoutMs;
  server.on('clientError', answerUnreadable);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)));
    server.listen(port, host, backlog, resolve);
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
