import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SentBatch } from '../sinkHarness.js';

/** The other end of `POST /api/metrics`: takes each number of a sender once, as the service does, and can be away. */
export interface Receiver {
  readonly url: string;
  readonly origin: string;
  isAway: boolean;
  /** How often each feature was counted. */
  readonly counted: ReadonlyMap<string, number>;
  /** Features of which a user was exposed and silent. */
  readonly silent: readonly string[];
  /** All requests that came while it was there: the road they took, the sender, the number. */
  readonly requests: {
    readonly road: string;
    readonly senderId: string;
    readonly seq: number;
    readonly bytes: number;
  }[];
  close(): void;
}

/** @returns one that answers at `/<road>/metrics`, for pages of any origin */
export async function startReceiver(): Promise<Receiver> {
  const seen = new Map<string, Set<number>>();
  const counted = new Map<string, number>();
  const silent: string[] = [];
  const requests: Receiver['requests'] = [];
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'content-type');
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (receiver.isAway) return void response.writeHead(503).end();
      const text = Buffer.concat(parts).toString();
      const { senderId, seq, buckets } = JSON.parse(text) as SentBatch;
      requests.push({ road: request.url?.split('/')[1] ?? '', senderId, seq, bytes: text.length });
      const seqs = seen.get(senderId) ?? new Set<number>();
      seen.set(senderId, seqs);
      const isNew = !seqs.has(seq);
      seqs.add(seq);
      for (const { feature, counts, units } of isNew ? buckets : []) {
        counted.set(feature, (counted.get(feature) ?? 0) + counts.attempts);
        if (units.exposed && units.silent) silent.push(feature);
      }
      const missing = Array.from({ length: Math.max(...seqs) }, (_, at) => at + 1).filter((one) => !seqs.has(one));
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ status: isNew ? 'accepted' : 'duplicate', gaps: missing.map((one) => [one, one]) }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receiver: Receiver = {
    url: `${origin}/api`,
    origin,
    isAway: false,
    counted,
    silent,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}
