import type { Publication } from './publish.js';

/** Snapshots up to here travel in the stream; larger ones are fetched. */
const maxStreamedBytes = 16 * 1_024;

const encoder = new TextEncoder();

/** One server-sent event as bytes; `data` is one line of JSON. */
export function encodeFrame(event: string, id: string, data: string, retryMs?: number): Uint8Array {
  const retry = retryMs === undefined ? '' : `retry: ${retryMs}\n`;
  return encoder.encode(`${retry}event: ${event}\nid: ${id}\ndata: ${data}\n\n`);
}

/**
 * Says that something changed: the snapshot itself where it is small, else the kills and where to fetch the rest.
 * @param streams how many will fetch: they are spread over 1 ms each, at most 5 s
 */
export function encodeChange(publication: Publication, streams: number): Uint8Array {
  const { id, epoch, revision, kills, emergency, body, bodyBytes } = publication;
  if (bodyBytes <= maxStreamedBytes) return encodeFrame('snapshot', id, body);
  const spreadMs = Math.min(5_000, streams);
  return encodeFrame(
    'revision',
    id,
    JSON.stringify({ epoch, revision, kills, emergency: emergency !== null, spreadMs }),
  );
}

/** Says that the service lives, and what is newest. */
export const encodeHeartbeat = ({ id, epoch, revision }: Publication, nowMs: number): Uint8Array =>
  encodeFrame('heartbeat', id, JSON.stringify({ epoch, revision, now: nowMs }));
