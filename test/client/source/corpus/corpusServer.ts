import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { snapshotOf } from '../recordingListener.js';

/** What comes on one connection. */
export interface Connection {
  /** Default: 200 and `text/event-stream`. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bytes?: Uint8Array;
  /** Bytes that are written at a time; default: all. */
  readonly chunk?: number;
  /** How it ends after its bytes; default: it stays open. */
  readonly end?: 'cut' | 'finished';
}

export interface CorpusServer {
  readonly url: string;
  /** Streams that were asked for, below any path. */
  readonly streams: string[];
  close(): void;
}

const later = (run: () => void) => setTimeout(run, 0);

// A pause there sends what comes before by itself. Between letters, of which there are thousands, a cut changes nothing.
const isTelling = (bytes: Uint8Array): boolean => bytes.some((byte) => byte < 0x20 || byte === 0x3a || byte > 0x7f);

async function write(response: ServerResponse, bytes: Uint8Array, chunk: number): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at += chunk) {
    response.write(bytes.subarray(at, at + chunk));
    if (isTelling(bytes.subarray(at, at + chunk + 1))) await new Promise<void>(later);
  }
}

/**
 * Serves one page: revision 1 at first, revision 50 to whoever asks again, and streams byte by byte.
 * @param connections one after the other; the last one again and again
 */
export async function startCorpusServer(connections: readonly Connection[]): Promise<CorpusServer> {
  let gets = 0;
  let written = Promise.resolve();
  const streams: string[] = [];
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*');
    const path = request.url ?? '';
    if (path.startsWith('/api/snapshot')) {
      const isFirst = path !== '/api/snapshot' || ++gets === 1;
      const answer = () => response.end(JSON.stringify(snapshotOf(isFirst ? 1 : 50)));
      if (isFirst) answer();
      // Not before the page has read its stream.
      else void written.then(() => setTimeout(answer, 200));
      return;
    }
    if (request.method !== 'GET') return void response.writeHead(204).end();
    const { status = 200, headers, bytes, chunk, end } = connections[Math.min(streams.length, connections.length - 1)]!;
    streams.push(path);
    response.socket?.setNoDelay(true);
    response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
    if (bytes === undefined) return void response.end();
    written = write(response, bytes, chunk ?? bytes.length);
    void written.then(() => {
      if (end === 'cut') response.socket?.destroy();
      if (end === 'finished') response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    streams,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
