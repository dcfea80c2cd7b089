import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import {
  decodeByExcerpt,
  encodePartialSuccess,
  type Decode,
  type DecodedPoint,
  type DecodedRequest,
  type PartialSuccess,
} from './otlpMessages.js';

export interface ReceivedRequest extends DecodedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
}

/** A receiver of OTLP/HTTP protobuf on a real socket. */
export interface Receiver {
  readonly url: string;
  /** What it took, and what it refused. */
  readonly taken: ReceivedRequest[];
  readonly turnedAway: ReceivedRequest[];
  /** `cut`: takes the points, and the connection breaks before it says so. */
  answer: number | 'cut' | 'silence';
  /** What a 200 says of the points: a partial success, or bytes. */
  said: PartialSuccess | Uint8Array | null;
  /** All points taken. */
  points(): readonly DecodedPoint[];
}

export async function startReceiver(decode: Decode = decodeByExcerpt): Promise<Receiver> {
  const taken: ReceivedRequest[] = [];
  const turnedAway: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const received = { ...decode(bytes), path: request.url ?? '', headers: request.headers, bytes };
      const { answer } = receiver;
      if (answer === 'silence') return;
      (answer === 200 || answer === 'cut' ? taken : turnedAway).push(received);
      if (answer === 'cut') request.socket.destroy();
      else response.writeHead(answer, { 'content-type': 'application/x-protobuf' }).end(answerOf(receiver));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    turnedAway,
    answer: 200,
    said: null,
    points: () => taken.flatMap(({ points }) => points),
  };
  return receiver;
}

const answerOf = ({ answer, said }: Receiver): Uint8Array | undefined => {
  if (answer !== 200 || said === null) return undefined;
  return said instanceof Uint8Array ? said : encodePartialSuccess(said);
};
