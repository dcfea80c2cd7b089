// What a test in the browser asks of Node: one source of events down two roads, WebSocket and SSE. Commands of Vitest's browser mode.
import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { BrowserCommand } from 'vitest/node';

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Starts the server; gives its address without a scheme. */
    startStreams(): Promise<string>;
    /** Sends one text down each road; null leaves a road out. */
    sendEvent(address: string, overWebSocket: string | null, overSse: string | null): Promise<void>;
    stopStreams(address: string): Promise<void>;
  }
}

interface Streams {
  readonly server: Server;
  readonly sockets: Set<Duplex>;
  readonly responses: Set<ServerResponse>;
}

const running = new Map<string, Streams>();
const acceptKey = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A text frame of a server: RFC 6455, 5.2. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 0xff_ff) throw new RangeError('too long for this server');
  const head = payload.length < 126 ? [0x81, payload.length] : [0x81, 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}

const startStreams: BrowserCommand<[]> = async () => {
  const sockets = new Set<Duplex>();
  const responses = new Set<ServerResponse>();
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'access-control-allow-origin': '*' });
    response.write(': here\n\n');
    responses.add(response);
  });
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${acceptKey}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => {});
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  running.set(address, { server, sockets, responses });
  return address;
};

const sendEvent: BrowserCommand<[address: string, overWebSocket: string | null, overSse: string | null]> = (
  _context,
  address,
  overWebSocket,
  overSse,
) => {
  const streams = running.get(address);
  if (overWebSocket !== null) for (const socket of streams?.sockets ?? []) socket.write(textFrame(overWebSocket));
  if (overSse !== null) for (const response of streams?.responses ?? []) response.write(`data: ${overSse}\n\n`);
};

const stopStreams: BrowserCommand<[address: string]> = (_context, address) => {
  const streams = running.get(address);
  running.delete(address);
  for (const socket of streams?.sockets ?? []) socket.destroy();
  streams?.server.closeAllConnections();
  streams?.server.close();
};

export const streamCommands = { startStreams, sendEvent, stopStreams };
