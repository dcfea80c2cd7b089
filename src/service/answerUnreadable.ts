import type { Duplex } from 'node:stream';
import { rawSecurityHeaders } from './http/securityHeaders.js';

const answers: Readonly<Record<string, readonly [string, string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'invalid-request', 'the headers are larger than 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'body-too-large', 'the chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'invalid-request', 'the request did not arrive in time'],
};

const lingerMs = 500;

/** Answers what is no HTTP, too large or too slow with a problem document, and closes the connection. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const unreadable = ['400 Bad Request', 'invalid-request', 'this is not a request that can be read'] as const;
  const code = error.code ?? '';
  const [status, kind, detail] = (Object.hasOwn(answers, code) ? answers[code] : undefined) ?? unreadable;
  const title = status.slice(4);
  const body = JSON.stringify({ type: `/problems/${kind}`, title, status: Number(status.slice(0, 3)), detail });
  const headers = {
    ...rawSecurityHeaders,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  // Not destroyed at once: what is still unread here would turn the answer into a reset.
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () =>
    setTimeout(() => socket.destroy(), lingerMs).unref(),
  );
}
