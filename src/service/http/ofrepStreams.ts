// Comes in: publications, OFREP clients that listen. Goes out: events that say "evaluate again". Who calls: the handler.
import type { ServiceClock } from '../clock.js';
import { unavailable } from './problem.js';
import type { Publication } from './publish.js';
import { encodeFrame } from './streamFrames.js';
import { streamHeaders, type StreamRequest } from './streams.js';
import type { StreamSlots } from './streamSlots.js';

export interface OfrepStreamOptions {
  readonly clock: ServiceClock;
  /** 0–1. */
  readonly random: () => number;
  readonly heartbeatMs: number;
  /** Shared with our own streams. */
  readonly slots: StreamSlots;
  readonly maxBufferedBytes: number;
}

/** The event streams of OFREP: they carry no rules, only word that an evaluation would now give something else. */
export interface OfrepStreams {
  /** Opens a stream. @throws Problem 503 when there are too many, or after close; 429 when too many have this address */
  open(request: StreamRequest, publication: Publication): Response;
  publish(publication: Publication): void;
  count(): number;
  close(): void;
}

interface OpenStream {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly disconnect: (() => void) | undefined;
  readonly giveBack: () => void;
}

const encoder = new TextEncoder();
const comment = encoder.encode(': heartbeat\n\n');

/** What names a published configuration on the stream and in `flagConfigEtag`: `epoch-revision` first. */
export const configEtagOf = ({ etag }: Publication): string => etag.replace(/^W\/|"/g, '');

/** Keeps the OFREP streams of one replica. */
export function createOfrepStreams(options: OfrepStreamOptions): OfrepStreams {
  const { clock, random, heartbeatMs, slots, maxBufferedBytes } = options;
  const open = new Map<symbol, OpenStream>();
  let latest: Publication | null = null;
  let latestId = '';
  let beatAtMs = clock.now();
  let closed = false;
  let cancelHeartbeat = (): void => {};

  const forget = (id: symbol): void => {
    open.get(id)?.giveBack();
    open.delete(id);
  };
  const send = (id: symbol, { controller, disconnect }: OpenStream, bytes: Uint8Array): void => {
    try {
      if ((controller.desiredSize ?? 0) >= bytes.length) return controller.enqueue(bytes);
      forget(id);
      if (disconnect !== undefined) disconnect();
      else controller.error(new Error('the reader is too slow'));
    } catch {
      forget(id);
    }
  };
  const sendAll = (bytes: Uint8Array): void => {
    for (const [id, stream] of open) send(id, stream, bytes);
  };
  const refetch = (publication: Publication): Uint8Array =>
    encodeFrame('message', latestId, JSON.stringify({ type: 'refetchEvaluation', etag: configEtagOf(publication) }));
  const become = (publication: Publication, id: string): void => {
    latest = publication;
    latestId = id;
  };

  const beat = (): void => {
    const nowMs = clock.now();
    sendAll(comment);
    // A window that opens or closes changes evaluations without a change of the rules.
    if (latest !== null && hasBoundary(latest, beatAtMs, nowMs)) {
      become(latest, `${configEtagOf(latest)}@${nowMs}`);
      sendAll(refetch(latest));
    }
    beatAtMs = nowMs;
    cancelHeartbeat = clock.after(heartbeatMs, beat);
  };
  cancelHeartbeat = clock.after(heartbeatMs, beat);

  return {
    open({ address, lastEventId, disconnect }, publication) {
      if (closed) throw unavailable('this replica is stopping', 1);
      const giveBack = slots.take(address);
      if (latest === null) become(publication, configEtagOf(publication));
      const id = Symbol('stream');
      const body = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            controller.enqueue(encoder.encode(`retry: ${1_000 + Math.floor(random() * 4_000)}\n\n`));
            // Whoever evaluated before it listened may have missed a change in between.
            if (lastEventId !== latestId) controller.enqueue(refetch(publication));
            open.set(id, { controller, disconnect, giveBack });
          },
          cancel: () => forget(id),
        },
        new ByteLengthQueuingStrategy({ highWaterMark: maxBufferedBytes }),
      );
      return new Response(body, { headers: streamHeaders });
    },

    publish(publication) {
      become(publication, configEtagOf(publication));
      sendAll(refetch(publication));
    },

    count: () => open.size,

    close() {
      closed = true;
      cancelHeartbeat();
      for (const [id, stream] of open) {
        // Spread, so that they do not all come back together.
        send(id, stream, encoder.encode(`retry: ${Math.floor(random() * 5_000)}\n\n`));
        if (!open.has(id)) continue;
        forget(id);
        stream.controller.close();
      }
    },
  };
}

// A clock that was set back goes over them as well.
function hasBoundary({ features }: Publication, oneMs: number, otherMs: number): boolean {
  const [afterMs, untilMs] = [Math.min(oneMs, otherMs), Math.max(oneMs, otherMs)];
  const isPast = (time: string | null): boolean =>
    time !== null && Date.parse(time) > afterMs && Date.parse(time) <= untilMs;
  return [...features.values()].some(({ from, until }) => isPast(from) || isPast(until));
}
