// Comes in: publications, browsers that listen. Goes out: server-sent events, who got and confirmed what. Who calls: the handler.
import { compareOrder, type Order } from '../../evaluate/snapshot.js';
import type { ServiceClock } from '../clock.js';
import { unavailable } from './problem.js';
import type { Publication } from './publish.js';
import { encodeChange, encodeFrame, encodeHeartbeat } from './streamFrames.js';
import type { StreamSlots } from './streamSlots.js';

export interface StreamOptions {
  readonly clock: ServiceClock;
  /** 0–1. */
  readonly random: () => number;
  readonly heartbeatMs: number;
  /** Shared with other kinds of streams. */
  readonly slots: StreamSlots;
  /** A reader with more than this waiting is dropped; it comes back by itself. */
  readonly maxBufferedBytes: number;
}

export interface StreamRequest {
  readonly address: string;
  readonly lastEventId: string | null;
  /** Ends the connection at once, where the host can. */
  readonly disconnect: (() => void) | undefined;
}

/** How far a revision has come: of the streams that were open when it was published, and still are. */
export interface StreamProgress {
  readonly connected: number;
  readonly sent: number;
  readonly sampled: number;
  readonly confirmed: number;
}

export interface Streams {
  /** Opens a stream. @throws Problem 503 when there are too many, or after close; 429 when too many have this address */
  open(request: StreamRequest, publication: Publication): Response;
  publish(publication: Publication): void;
  /** Notes that a stream shows a revision; false when the stream is not known here. */
  confirm(streamId: string, order: Order): boolean;
  progress(target: Order): StreamProgress;
  count(): number;
  /** Says `bye` and ends every stream. */
  close(): void;
}

interface OpenStream {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly disconnect: (() => void) | undefined;
  readonly giveBack: () => void;
  readonly openedAt: Order;
  sent: Order;
  confirmed: Order | null;
}

/** The content type and what keeps proxies from holding events back. */
export const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/** Keeps the live streams of one replica. Every event is encoded once, however many listen. */
export function createStreams(options: StreamOptions): Streams {
  const { clock, random, heartbeatMs, slots, maxBufferedBytes } = options;
  const open = new Map<string, OpenStream>();
  let latest: Publication | null = null;
  let closed = false;
  let cancelHeartbeat = (): void => {};

  const forget = (id: string): void => {
    open.get(id)?.giveBack();
    open.delete(id);
  };
  const drop = (id: string, stream: OpenStream): void => {
    forget(id);
    if (stream.disconnect !== undefined) stream.disconnect();
    else stream.controller.error(new Error('the reader is too slow'));
  };
  const send = (id: string, stream: OpenStream, bytes: Uint8Array): boolean => {
    try {
      if ((stream.controller.desiredSize ?? 0) >= bytes.length) {
        stream.controller.enqueue(bytes);
        return true;
      }
      drop(id, stream);
    } catch {
      forget(id);
    }
    return false;
  };
  const beat = (): void => {
    if (latest !== null) {
      const bytes = encodeHeartbeat(latest, clock.now());
      for (const [id, stream] of open) send(id, stream, bytes);
    }
    cancelHeartbeat = clock.after(heartbeatMs, beat);
  };
  cancelHeartbeat = clock.after(heartbeatMs, beat);

  return {
    open({ address, lastEventId, disconnect }, publication) {
      if (closed) throw unavailable('this replica is stopping', 1);
      const giveBack = slots.take(address);
      latest ??= publication;
      const id = randomId();
      const hello = encodeFrame(
        'hello',
        publication.id,
        JSON.stringify({ streamId: id, now: clock.now() }),
        1_000 + Math.floor(random() * 4_000),
      );
      const change = lastEventId === publication.id ? null : encodeChange(publication, 1);
      const body = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            controller.enqueue(hello);
            if (change !== null) controller.enqueue(change);
            open.set(id, {
              controller,
              disconnect,
              giveBack,
              openedAt: publication,
              sent: publication,
              confirmed: null,
            });
          },
          cancel: () => forget(id),
        },
        new ByteLengthQueuingStrategy({ highWaterMark: maxBufferedBytes }),
      );
      return new Response(body, { headers: streamHeaders });
    },

    publish(publication) {
      latest = publication;
      const bytes = encodeChange(publication, open.size);
      for (const [id, stream] of open) if (send(id, stream, bytes)) stream.sent = publication;
    },

    confirm(streamId, order) {
      const stream = open.get(streamId);
      if (stream === undefined) return false;
      // A stream cannot show what it was not sent.
      const shown = compareOrder(order, stream.sent) > 0 ? stream.sent : order;
      if (stream.confirmed === null || compareOrder(shown, stream.confirmed) > 0) stream.confirmed = shown;
      return true;
    },

    progress(target) {
      let [sent, sampled, confirmed] = [0, 0, 0];
      for (const stream of open.values()) {
        if (compareOrder(stream.sent, target) >= 0) sent += 1;
        if (compareOrder(stream.openedAt, target) >= 0) continue;
        sampled += 1;
        if (stream.confirmed !== null && compareOrder(stream.confirmed, target) >= 0) confirmed += 1;
      }
      return { connected: open.size, sent, sampled, confirmed };
    },

    count: () => open.size,

    close() {
      closed = true;
      cancelHeartbeat();
      for (const [id, stream] of open) {
        const retryMs = Math.floor(random() * 5_000);
        if (!send(id, stream, encodeFrame('bye', latest?.id ?? '0-0', JSON.stringify({ retryMs })))) continue;
        forget(id);
        stream.controller.close();
      }
    },
  };
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
